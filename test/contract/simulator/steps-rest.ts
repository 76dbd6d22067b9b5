/** What the other chapters leave out: failed builds, backups, rules without a range, what only administrators see. */
import { type Step, saving, verbs } from "./step.ts";
import { world } from "./steps-server.ts";

const nova = verbs("compute", "2.93");
const admin = verbs("compute", "2.93", "admin");
const neutron = verbs("network");
const neutronAdmin = verbs("network", undefined, "admin");
const cinder = verbs("block-storage", "3.70");
const own = "/v2.1/servers/{server}";

const failed: readonly Step[] = [
  nova.post(
    "/v2.1/servers",
    {
      server: {
        name: "parity-failed",
        imageRef: "{image}",
        flavorRef: "1",
        networks: [{ uuid: "{net}", fixed_ip: "10.99.0.9" }],
      },
    },
    saving("server", "server"),
  ),
  nova.get(own, { until: { path: ["server", "status"], is: "ERROR" } }),
  verbs("compute", "2.1").get(own),
  admin.get(own),
  nova.post(`${own}/action`, { "os-start": null }),
  nova.post(`${own}/action`, { "os-getConsoleOutput": {} }),
  nova.get("/v2.1/servers/detail?name=parity-failed&status=ERROR"),
  nova.del(own),
  nova.get(own, { until: { status: 404 } }),
];

const rule = (more: object) => ({
  security_group_rule: { security_group_id: "{group}", direction: "egress", ...more },
});
const rules: readonly Step[] = [
  neutron.post("/v2.0/security-groups", { security_group: { name: "parity-rest" } }, saving("group", "security_group")),
  neutron.post("/v2.0/security-group-rules", rule({ protocol: "udp" }), saving("rule", "security_group_rule")),
  neutron.get("/v2.0/security-group-rules/{rule}"),
  neutron.get("/v2.0/security-group-rules?security_group_id={group}&protocol=udp"),
  neutron.post("/v2.0/security-group-rules", rule({ protocol: "tcp", remote_group_id: "{group}" })),
  neutron.post("/v2.0/security-group-rules", rule({ protocol: "6", remote_group_id: "{group}" })),
  neutron.get("/v2.0/security-groups/{group}?fields=name&fields=shared"),
  neutron.del("/v2.0/security-groups/{group}"),
];

const outside: readonly Step[] = [
  neutronAdmin.get("/v2.0/networks?name=public"),
  neutronAdmin.get("/v2.0/network-ip-availabilities?network_id={net}"),
  neutronAdmin.get("/v2.0/network-ip-availabilities/{net}"),
  neutron.get("/v2.0/network-ip-availabilities/{net}"),
  neutron.get("/v2.0/network-ip-availabilities"),
  neutron.get("/v2.0/quotas/{member.project}/details.json"),
  neutron.post(
    "/v2.0/subnets",
    { subnet: { network_id: "{net}", ip_version: 6, cidr: "fd91::/64", enable_dhcp: false } },
    saving("six", "subnet"),
  ),
  neutron.post(
    "/v2.0/ports",
    { port: { network_id: "{net}", fixed_ips: [{ ip_address: "fd91::9" }], name: "parity-six" } },
    saving("port", "port"),
  ),
  neutron.get("/v2.0/ports?name=parity-six"),
  neutron.del("/v2.0/ports/{port}"),
];

const backup = "/v3/backups/{backup}";
const backups: readonly Step[] = [
  cinder.post("/v3/volumes", { volume: { size: 1, name: "parity-rest" } }, saving("volume", "volume")),
  cinder.get("/v3/volumes/{volume}", { until: { path: ["volume", "status"], is: "available" } }),
  ...[{}, { backup: {} }, { backup: { volume_id: "x" } }, { backup: { volume_id: "{volume}", nope: 1 } }].map((body) =>
    cinder.post("/v3/backups", body),
  ),
  cinder.post("/v3/backups", { backup: { volume_id: "{volume}", name: "parity" } }, saving("backup", "backup")),
  cinder.get(backup, { until: { path: ["backup", "status"], is: "error" } }),
  ...["3.0", "3.9", "3.18", "3.43", "3.56"].map((version) => verbs("block-storage", version).get(backup)),
  cinder.get("/v3/backups?name=parity"),
  cinder.get("/v3/backups/detail?name=parity"),
  cinder.get("/v3/backups/nope"),
  verbs("block-storage", "3.70", "stranger").get(backup),
  cinder.put(backup, { backup: { name: "parity-two" } }),
  cinder.post(`${backup}/restore`, { restore: {} }),
  cinder.del(backup),
  cinder.get(backup, { until: { status: 404 } }),
  ...["3.27", "3.44"].flatMap((version): Step[] => [
    verbs("block-storage", version).post(
      "/v3/attachments",
      { attachment: { volume_uuid: "{volume}", instance_uuid: "11111111-1111-4111-8111-111111111111" } },
      saving("attachment", "attachment"),
    ),
    verbs("block-storage", version).get("/v3/attachments/{attachment}"),
    verbs("block-storage", version).get("/v3/attachments/detail"),
    verbs("block-storage", version).del("/v3/attachments/{attachment}"),
    cinder.get("/v3/volumes/{volume}", { until: { path: ["volume", "status"], is: "available" } }),
  ]),
  verbs("block-storage", "3.54").post(
    "/v3/attachments",
    { attachment: { volume_uuid: "{volume}", instance_uuid: "11111111-1111-4111-8111-111111111111", mode: "ro" } },
    saving("attachment", "attachment"),
  ),
  cinder.del("/v3/attachments/{attachment}"),
  cinder.get("/v3/volumes/{volume}", { until: { path: ["volume", "status"], is: "available" } }),
  cinder.del("/v3/volumes/{volume}"),
  cinder.get("/v3/volumes/{volume}", { until: { status: 404 } }),
];

export const rest: readonly Step[] = [
  neutron.get("/v2.0/extensions"),
  neutron.get("/v2.0/extensions/extraroute-atomic"),
  ...world,
  ...failed,
  ...rules,
  ...outside,
  ...backups,
  neutron.del("/v2.0/networks/{net}", { until: { status: 204 } }),
];
