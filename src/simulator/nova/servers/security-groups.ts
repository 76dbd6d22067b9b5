/** Security groups of a server's ports, as Nova shows and changes them (nova stable/zed: network/security_group_api.py). */
import { isObject, type Json, type JsonObject, text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Answer, Call, MemberRoute } from "../../core/types.ts";
import { portsOfDevice, securityGroupsNamed } from "../../neutron/ports.ts";
import { ports, type SecurityGroup, securityGroupRules, securityGroups } from "../../neutron/tables.ts";
import type { Server } from "./rows.ts";
import { refuseLocked, refuseState } from "./states.ts";

function named(call: Call, args: Json): SecurityGroup {
  if (!isObject(args)) throw new Refusal(400, "Missing parameter dict");
  const name = text(args.name);
  if (args.name === undefined) throw new Refusal(400, "Security group not specified");
  if (name.trim() === "") throw new Refusal(400, "Security group name cannot be empty");
  const project = call.actor.projectId;
  const found = securityGroupsNamed(call, project, name);
  if (found.length > 1)
    throw new Refusal(409, `Multiple security_groups found matching '${name}'. Use an ID to be more specific.`);
  const [only] = found;
  if (only === undefined) throw new Refusal(404, `Security group ${name} is not found for project ${project}`);
  return only;
}

function ready(server: Server, call: Call, word: string): void {
  refuseLocked(server, call);
  if (server.launched_at === null) refuseState(server, word, ["active"]);
}

export function addGroup(server: Server, args: Json, call: Call): Answer {
  const group = named(call, args);
  ready(server, call, "addSecurityGroup");
  const own = portsOfDevice(call.world, server.id).filter(({ port_security_enabled }) => port_security_enabled);
  if (own.length === 0) throw new Refusal(404, `Instance ${server.id} could not be found.`);
  if (own.some((port) => port.security_groups.includes(group.id)))
    throw new Refusal(400, `Invalid input for security_groups. Reason: Duplicate items in the list: '${group.id}'.`);
  for (const port of own) call.world.of(ports).put({ ...port, security_groups: [...port.security_groups, group.id] });
  return { status: 202 };
}

export function removeGroup(server: Server, args: Json, call: Call): Answer {
  const group = named(call, args);
  ready(server, call, "removeSecurityGroup");
  const own = portsOfDevice(call.world, server.id).filter((port) => port.security_groups.includes(group.id));
  const asked = isObject(args) ? text(args.name) : "";
  if (own.length === 0) throw new Refusal(404, `Security group ${asked} not associated with the instance ${server.id}`);
  for (const port of own)
    call.world.of(ports).put({ ...port, security_groups: port.security_groups.filter((id) => id !== group.id) });
  return { status: 202 };
}

/** Nova's older form of a group; of the rules only the incoming ones (nova: security_group_api.py _convert_to_nova_…). */
function shown(group: SecurityGroup, call: Call): JsonObject {
  const rules = call.world
    .of(securityGroupRules)
    .by("security_group_id", group.id)
    .filter(({ direction }) => direction === "ingress")
    .map((rule) => {
      const source =
        rule.remote_group_id === null ? undefined : call.world.of(securityGroups).get(rule.remote_group_id);
      const any = rule.ethertype === "IPv6" ? "::/0" : "0.0.0.0/0";
      return {
        id: rule.id,
        parent_group_id: group.id,
        ip_protocol: rule.protocol === null ? null : rule.protocol.toLowerCase(),
        from_port: rule.port_range_min,
        to_port: rule.port_range_max,
        group: source === undefined ? {} : { name: source.name, tenant_id: source.project_id },
        ip_range: source === undefined ? { cidr: rule.remote_ip_prefix ?? any } : {},
      };
    });
  const { id, description, name, project_id: tenant_id } = group;
  return { id, description, name, tenant_id, rules };
}

export const securityGroupRoutes: readonly MemberRoute<Server>[] = [
  {
    method: "GET",
    path: "/os-security-groups",
    policy: { name: "os_compute_api:os-security-groups:list", rule: "reader" },
    run: (server, call) => {
      const groups = portsOfDevice(call.world, server.id).flatMap((port) =>
        port.security_groups.flatMap((id) => call.world.of(securityGroups).get(id) ?? []),
      );
      return { status: 200, body: { security_groups: groups.map((group) => shown(group, call)) } };
    },
  },
];
