/** What a server's screen shows, and where to look at it (nova stable/zed: api/openstack/compute/remote_consoles.py). */
import { oneOf } from "../../core/checks.ts";
import { type Json, text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call, MemberRoute } from "../../core/types.ts";
import type { Server } from "./rows.ts";
import { checkObject, inside } from "./schema.ts";

/** The lines of a boot, from what is known of the server. */
function bootLog(server: Server): readonly string[] {
  return [
    "[    0.000000] Linux version 5.15.0 (simulated)",
    `[    0.000000] Memory: ${server.flavor.ram * 1024}K`,
    `[    0.104000] smp: Brought up 1 node, ${server.flavor.vcpus} CPUs`,
    `[    1.620000] cloud-init[411]: instance-id: ${server.id}`,
    ...(server.user_data === null ? [] : ["[    1.812000] cloud-init[411]: user-data was applied"]),
    "",
    `${server.hostname} login: `,
  ];
}

/** The last lines; all when `length` is absent or negative. */
export function consoleOutput(server: Server, length: Json | undefined): string {
  if (server.launched_at === null) throw new Refusal(409, `Instance ${server.id} is not ready`);
  const lines = bootLog(server);
  const wanted = length === undefined || length === null ? -1 : Number(length);
  return (wanted < 0 ? lines : wanted === 0 ? [] : lines.slice(-wanted)).join("\n");
}

/** Consoles by protocol: the types each has, and the address of its proxy. */
const protocols: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  vnc: { novnc: "http://{host}:6080/vnc_lite.html?path=%3Ftoken%3D", xvpvnc: "" },
  serial: { serial: "ws://{host}:6083/?token=" },
  spice: {
    "spice-html5": "http://{host}:6082/spice_auto.html?token=",
    "spice-direct": "http://{host}:13002/nova?token=",
  },
  rdp: { "rdp-html5": "" },
  mks: { webmks: "" },
};

/** The address of a console. Nothing listens there: the simulator has no screens. */
export function console(call: Call, server: Server, protocol: string, type: string): string {
  const address = protocols[protocol]?.[type] ?? "";
  if (address === "") throw new Refusal(400, `Invalid console type ${type}`);
  if (server.launched_at === null) throw new Refusal(409, `Instance ${server.id} is not ready`);
  return address.replace("{host}", new URL(call.origin).hostname) + call.ids.uuid();
}

export const consoleRoutes: readonly MemberRoute<Server>[] = [
  {
    method: "POST",
    path: "/remote-consoles",
    since: 6,
    policy: { name: "os_compute_api:os-remote-consoles", rule: "member" },
    schema: (call) => {
      const names = ["vnc", "spice", "rdp", "serial", ...(call.version >= 8 ? ["mks"] : [])];
      const types = ["novnc", "xvpvnc", "rdp-html5", "spice-html5", "serial"];
      if (call.version >= 8) types.push("webmks");
      if (call.version >= 99) types.push("spice-direct");
      const properties = [
        { name: "protocol", check: oneOf(...names), required: true },
        { name: "type", check: oneOf(...types), required: true },
      ];
      return checkObject("remote_console", inside(call, "remote_console"), properties, call.version);
    },
    run: (server, call) => {
      const protocol = text(call.input.protocol);
      const type = text(call.input.type);
      return { status: 200, body: { remote_console: { protocol, type, url: console(call, server, protocol, type) } } };
    },
  },
];
