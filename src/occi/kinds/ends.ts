import { CloudError } from "../../cloud/index.ts";
import { invalid } from "../check.ts";
import type { Context } from "../table.ts";
import { SOURCE } from "./core.ts";

/** What links of both kinds say of their ends. */

export const COMPUTES = "/compute/";
export const NETWORKS = "/network/";
export const STORAGES = "/storage/";
export const SECURITY_GROUPS = "/securitygroup/";
export const RESERVATIONS = "/ipreservation/";

/** An end that is not there is the client's mistake, not a missing page. */
export async function mustExist<Found>(field: string, found: Promise<Found>): Promise<Found> {
  try {
    return await found;
  } catch (thrown) {
    if (CloudError.is(thrown, "NOT_FOUND")) throw invalid(field, "it does not exist");
    throw thrown;
  }
}

/** The server that a link starts from. */
export async function sourceServer(context: Context, source: string): Promise<string> {
  const serverId = context.idAt(source, COMPUTES);
  if (serverId === undefined) throw invalid(SOURCE.name, `"${source}" is no compute of this server`);
  await mustExist(SOURCE.name, context.call.cloud.servers.get(serverId));
  return serverId;
}
