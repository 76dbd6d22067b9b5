/** What transitions do when they end, beside the state that the table names. */
import type { JsonObject } from "../../core/json.ts";
import { images } from "../../glance/images.ts";
import type { World } from "../../world.ts";
import { settleMigration } from "./migrations.ts";
import type { Server } from "./rows.ts";

type Changes = Partial<Server> & JsonObject;

interface Ending {
  readonly world: World;
  readonly at: number;
  readonly server: Server;
}

const running = { vm_state: "active", power_state: 1 } as const;

/** As it was before a resize. */
function before({ old_vm_state }: Server): Changes {
  return old_vm_state === "stopped" ? { vm_state: "stopped", power_state: 4 } : running;
}

const moved =
  (status: string, more: (server: Server) => Changes) =>
  (ending: Ending): Changes => {
    settleMigration(ending.world, ending.server.id, ending.at, status);
    return more(ending.server);
  };

// A stopped server is stopped after it was rebuilt, an ERROR one runs (nova: compute/manager.py _do_rebuild_instance).
const rebuilt = ({ server, at }: Ending): Changes => ({
  ...(server.vm_state === "stopped" ? {} : running),
  launched_at: at,
  fault: null,
});

const endings: Readonly<Record<string, (ending: Ending) => Changes>> = {
  rebuild: rebuilt,
  evacuate: (ending) => {
    const { server, world, at } = ending;
    if (server.other_host !== "")
      return moved("done", () => ({ ...rebuilt(ending), host: server.other_host, other_host: "" }))(ending);
    settleMigration(world, server.id, at, "error");
    const message = "No valid host was found. There are not enough hosts available.";
    return { vm_state: "error", fault: { code: 500, message, created: at } };
  },
  resize: moved("finished", () => ({})),
  migrate: moved("finished", ({ host, other_host }) => ({ host: other_host, other_host: host })),
  liveMigrate: moved("completed", ({ other_host }) => ({ host: other_host, other_host: "" })),
  confirmResize: moved("confirmed", (server) => ({
    ...before(server),
    old_flavor: null,
    old_vm_state: null,
    other_host: "",
  })),
  revertResize: moved("reverted", (server) => ({
    ...before(server),
    flavor: server.old_flavor ?? server.flavor,
    host: server.other_host === "" ? server.host : server.other_host,
    old_flavor: null,
    old_vm_state: null,
    other_host: "",
  })),
  shelve: () => ({ host: "" }),
  shelveOffload: () => ({ host: "" }),
  // Its disk is on a host again, and the image of it goes.
  unshelve: ({ world, server, at }) => {
    world.of(images).delete(server.shelved_image);
    world.blobs.delete(server.shelved_image);
    return { host: server.other_host, other_host: "", shelved_image: "", launched_at: at };
  },
};

export function ending(name: string, context: Ending): Changes {
  return (Object.hasOwn(endings, name) ? endings[name] : undefined)?.(context) ?? {};
}

const moves: ReadonlySet<string> = new Set(["resize", "migrate", "liveMigrate", "evacuate"]);

/** What is left when a transition failed. */
export function failing(name: string, { world, server, at }: Ending): Changes {
  if (moves.has(name)) settleMigration(world, server.id, at, "error");
  return name === "shelve" ? { other_host: "", shelved_image: "" } : { other_host: "" };
}
