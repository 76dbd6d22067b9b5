/** What old clients ask Nova for, what hosts alone find wrong, and moves from hosts that are lost. */
import { type Step, saving, verbs } from "./step.ts";
import { world } from "./steps-server.ts";

const nova = verbs("compute", "2.93");
const old = verbs("compute", "2.1");
const admin = verbs("compute", "2.93", "admin");
const neutron = verbs("network");
const own = "/v2.1/servers/{server}";
const absent = "00000000-0000-0000-0000-000000000000";
const attach = (interfaceAttachment: object): Step => nova.post(`${own}/os-interface`, { interfaceAttachment });

export const odds: readonly Step[] = [
  old.get("/v2.1/os-floating-ip-pools"),
  nova.get("/v2.1/os-floating-ip-pools"),
  ...world,
  nova.post(
    "/v2.1/servers",
    {
      server: {
        name: "parity-odds",
        imageRef: "{image}",
        flavorRef: "1",
        networks: [{ uuid: "{net}", fixed_ip: "10.91.0.9" }],
      },
    },
    saving("server", "server"),
  ),
  nova.get(own, { until: { path: ["server", "status"], is: "ACTIVE" } }),
  neutron.post("/v2.0/networks", { network: { name: "parity-bare" } }, saving("bare", "network")),
  attach({ net_id: "{bare}" }),
  attach({ net_id: absent }),
  attach({ port_id: absent }),
  attach({ net_id: "{net}", fixed_ips: [{ ip_address: "198.51.100.9" }] }),
  nova.get(`${own}/os-instance-actions`),
  neutron.del("/v2.0/networks/{bare}"),
  ...[{}, { evacuate: { nope: 1 } }, { evacuate: { host: "nowhere" } }].map((body) =>
    admin.post(`${own}/action`, body),
  ),
  admin.post(`${own}/action`, { evacuate: {} }),
  nova.post(`${own}/action`, { evacuate: {} }),
  verbs("compute", "2.1", "admin").post(`${own}/action`, { evacuate: {} }),
  admin.post("/v2.1/os-aggregates", { aggregate: { name: "parity-odds" } }, saving("aggregate", "aggregate", "id")),
  ...[{}, { cache: [] }, { cache: [{ id: "x" }] }, { cache: [{ id: "{image}" }, { id: "{image}" }] }].map((body) =>
    admin.post("/v2.1/os-aggregates/{aggregate}/images", body),
  ),
  admin.post("/v2.1/os-aggregates/{aggregate}/images", { cache: [{ id: "{image}" }] }),
  admin.post("/v2.1/os-aggregates/999999/images", { cache: [{ id: "{image}" }] }),
  nova.post("/v2.1/os-aggregates/{aggregate}/images", { cache: [{ id: "{image}" }] }),
  admin.del("/v2.1/os-aggregates/{aggregate}"),
  nova.del(own),
  nova.get(own, { until: { status: 404 } }),
  neutron.del("/v2.0/networks/{net}", { until: { status: 204 } }),
];
