import {
  CloudError,
  rebuildServer,
  resizeServer,
  type Server,
  type ServerChange,
  type ServerStatus,
  Undo,
} from "../../cloud/index.ts";
import type { Context } from "../table.ts";
import { chooseFlavour, dropFlavour, provideFlavour } from "./computeFlavour.ts";
import { addLinks, type ComputeLinks } from "./computeLinks.ts";
import type { ComputeChange, ComputeServer } from "./computeRows.ts";
import { PROFILE_KEY } from "./crtp.ts";
import { changedMetadata } from "./metadata.ts";
import { gibOfMib } from "./templates.ts";

/** Changes of a compute: what can be taken back comes first, a new size and a new image last (GFD.224 §3.5). */

/** As long as a server may take to be resized or rebuilt before the client is told to look again. */
const PATIENCE = 90_000;

export async function updateServer(
  context: Context,
  server: ComputeServer,
  change: Partial<ComputeChange>,
  links: ComputeLinks,
): Promise<void> {
  const { call, flow } = context;
  const { id } = server;
  const isResized = [change.flavour, change.profile, change.cores, change.memoryGib].some((part) => part !== undefined);
  if (isResized) requireState(server, "resize", ["active", "stopped", "resized"]);
  if (change.image !== undefined) requireState(server, "rebuild", ["active", "stopped", "error"]);
  const choice = isResized ? await chooseFlavour(context, sizesOf(server, change), undefined) : undefined;
  const undo = new Undo(call.log);
  try {
    await addLinks(context, id, links, undo);
    await describe(context, server, change, undo);
    if (choice !== undefined) {
      const flavour = await provideFlavour(context, choice, undo);
      const isSame = flavour.id === server.flavourId && server.status !== "resized";
      if (!isSame) await resizeServer(call.cloud, server, flavour.id, flow, PATIENCE);
    }
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
  if (change.image !== undefined) await rebuildServer(call.cloud, id, change.image.id, flow, PATIENCE);
  if (choice !== undefined) await dropFlavour(context, server.flavourName);
}

/** Sizes that are not named stay as they are. */
function sizesOf(server: Server, { flavour, profile, cores, memoryGib }: Partial<ComputeChange>) {
  const said = {
    ...(cores === undefined ? {} : { cores }),
    ...(memoryGib === undefined ? {} : { memoryGib }),
  };
  if (flavour !== undefined) return { ...said, flavour };
  if (profile !== undefined) return { ...said, profile };
  return { cores: server.vcpus, memoryGib: gibOfMib(server.ramMiB), ...said };
}

function requireState({ status, task }: Server, what: string, states: readonly ServerStatus[]): void {
  if (task === undefined && states.includes(status)) return;
  const present = [status, task].filter((word) => word !== undefined).join(", ");
  throw new CloudError("STATE_CONFLICT", `a ${what} needs a compute that is ${states.join(" or ")}; it is ${present}`);
}

/** Name, description and metadata; the profile that it was made by is one of these. */
async function describe(
  context: Context,
  server: ComputeServer,
  change: Partial<ComputeChange>,
  undo: Undo,
): Promise<void> {
  const { call } = context;
  const { flavour, profile, cores, memoryGib, image, name, description, ...entries } = change;
  const isResized = [flavour, cores, memoryGib].some((part) => part !== undefined);
  const held = server.metadata[PROFILE_KEY];
  const mark =
    profile !== undefined
      ? { [`metadata.${PROFILE_KEY}`]: profile }
      : isResized && held !== undefined
        ? { [`metadata.${PROFILE_KEY}`]: null }
        : {};
  const metadata = changedMetadata(server, { ...entries, ...mark });
  const wanted: ServerChange = {
    ...(name === undefined ? {} : { name }),
    ...(description === undefined ? {} : { description }),
    ...(metadata === undefined ? {} : { metadata }),
  };
  if (Object.keys(wanted).length === 0) return;
  const { id } = server;
  const before: ServerChange = {
    name: server.name,
    description: server.description,
    ...(metadata === undefined ? {} : { metadata: server.metadata }),
  };
  undo.enter(
    () => ({ kind: "server", id }),
    () => call.cloud.detached().servers.update(id, before),
  );
  await call.cloud.servers.update(id, wanted);
}
