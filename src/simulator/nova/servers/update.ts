/** `PUT /servers/{id}`, and the same attributes in a rebuild. */
import { isObject, type JsonObject, text } from "../../core/json.ts";
import type { Call, MemberRoute } from "../../core/types.ts";
import { change } from "./lifecycle.ts";
import type { Server } from "./rows.ts";
import { changeable, checkObject, inside } from "./schema.ts";
import { view } from "./view.ts";

/** The columns that a client's attributes change. */
export function changesOf(input: JsonObject): Partial<Server> & JsonObject {
  const { description } = input;
  return {
    ...(input.name === undefined ? {} : { display_name: text(input.name) }),
    ...(description === undefined ? {} : { display_description: typeof description === "string" ? description : null }),
    ...(input.hostname === undefined ? {} : { hostname: text(input.hostname) }),
    ...(input.accessIPv4 === undefined ? {} : { access_ip_v4: text(input.accessIPv4) }),
    ...(input.accessIPv6 === undefined ? {} : { access_ip_v6: text(input.accessIPv6) }),
    ...(input["OS-DCF:diskConfig"] === undefined ? {} : { auto_disk_config: input["OS-DCF:diskConfig"] === "AUTO" }),
  };
}

export const updateRoute: MemberRoute<Server> = {
  method: "PUT",
  path: "",
  policy: { name: "os_compute_api:servers:update", rule: "member" },
  schema: (call: Call) => checkObject("server", inside(call, "server"), changeable, call.version),
  run: (server, call) => {
    const changes = isObject(call.input) ? changesOf(call.input) : {};
    const changed = Object.keys(changes).length === 0 ? server : change(call.world, server, call.now, changes);
    return { status: 200, body: { server: view(changed, call, "changed") } };
  },
};
