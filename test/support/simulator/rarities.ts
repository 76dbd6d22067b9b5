import { at, type Rig } from "../../unit/simulator/rig.ts";
import { versions, type Write } from "./tenants.ts";

/** What tenants seldom have, one of each kind: path and body. `$port` is the id of the port made last. */
const RARITIES: readonly (readonly [string, unknown])[] = [
  ["/network/v2.0/qos/policies", { policy: { name: "q" } }],
  ["/network/v2.0/qos/policies/$policy/bandwidth_limit_rules", { bandwidth_limit_rule: { max_kbps: 10 } }],
  ["/network/v2.0/qos/policies/$policy/dscp_marking_rules", { dscp_marking_rule: { dscp_mark: 8 } }],
  ["/network/v2.0/address-scopes", { address_scope: { name: "scope", ip_version: 4 } }],
  ["/network/v2.0/address-groups", { address_group: { name: "group", addresses: ["10.5.0.0/24"] } }],
  ["/network/v2.0/subnetpools", { subnetpool: { name: "pool", prefixes: ["10.99.0.0/16"], default_prefixlen: 26 } }],
  ["/network/v2.0/networks", { network: { name: "trunks" } }],
  ["/network/v2.0/ports", { port: { network_id: "$network" } }],
  ["/network/v2.0/trunks", { trunk: { port_id: "$port" } }],
  [
    "/network/v2.0/rbac-policies",
    { rbac_policy: { object_type: "network", object_id: "$network", action: "access_as_shared", target_tenant: "*" } },
  ],
  ["/compute/v2.1/os-aggregates", { aggregate: { name: "aggregate" } }],
  [
    "/compute/v2.1/flavors",
    { flavor: { name: "own", ram: 64, vcpus: 1, disk: 1, "os-flavor-access:is_public": false } },
  ],
  ["/identity/v3/groups", { group: { name: "group" } }],
  ["/identity/v3/credentials", { credential: { type: "cert", blob: "x", user_id: "$user" } }],
  ["/identity/v3/users", { user: { name: "somebody", password: "secret" } }],
  ["/volume/v3/qos-specs", { qos_specs: { name: "specs", consumer: "both" } }],
  ["/volume/v3/types", { volume_type: { name: "own", extra_specs: { a: "b" } } }],
  ["/volume/v3/volumes", { volume: { size: 1 } }],
  ["/volume/v3/backups", { backup: { volume_id: "$volume" } }],
  ["/volume/v3/volumes", { volume: { size: 1, name: "given away" } }],
  ["/volume/v3/volume-transfers", { transfer: { volume_id: "$volume" } }],
];

/** Makes one of each with the token of an administrator. */
export async function addRarities(rig: Rig, token: string): Promise<readonly Write[]> {
  const writes: Write[] = [];
  const made = new Map<string, string>();
  const { json } = await rig.ask(token, "/identity/v3/users");
  made.set("user", String(at(json, "users", 0, "id")));
  const fill = (text: string) => text.replace(/\$(\w+)/g, (_, kind: string) => made.get(kind) ?? "");
  for (const [path, body] of RARITIES) {
    const write = { method: "POST", path: fill(path), body: JSON.parse(fill(JSON.stringify(body))) };
    const said = await rig.ask(token, write.path, { ...write, headers: versions(path) });
    if (said.status >= 300) throw new Error(`POST ${path}: ${said.status} ${said.text}`);
    writes.push(write);
    rig.simulator.machine.run();
    const [kind, thing] = Object.entries(JSON.parse(said.text)).at(0) ?? [""];
    made.set(kind, String(at(thing, "id")));
  }
  return writes;
}
