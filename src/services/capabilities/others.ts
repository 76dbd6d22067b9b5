/** The product services, and what passes through to OpenStack with a surprise in it. */
import { ALWAYS, needs, type Row, rowsOf } from "./row.ts";

const V1 = "vimana.v1";

export const OTHER_ROWS: readonly Row[] = [
  ...rowsOf(`${V1}.IdentityService/GetCaller`, ALWAYS),
  ...rowsOf(`${V1}.IdentityService/ListClouds`, ALWAYS),
  ...rowsOf(`${V1}.CapabilitiesService/GetCapabilities`, ALWAYS),
  ...rowsOf(`${V1}.RecoveryService/ListUnfinishedWrites`, ALWAYS),
  ...rowsOf("openstack/network POST /v2.0/ports", needs("port.create"), { "port.tags": needs("port.create.tags") }),
];
