/** Changes of a server that are done at once: name and description in one request, the metadata as a whole in another. */
import type { ServerChange } from "../../../cloud/index.ts";
import { asObject, textEntries } from "../json.ts";
import { markMetadataAgain } from "../marker.ts";
import type { VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import { encodeServerChange } from "./server.ts";

/** 2.19 brought the description. */
export const DESCRIBE: VersionWish = { since: "2.19", preferred: "2.52" };
const ANY: VersionWish = { preferred: "2.52" };

export async function updateServer(session: Session, id: string, change: ServerChange): Promise<void> {
  const { metadata, ...words } = change;
  const path = ["servers", id];
  if (Object.keys(words).length > 0) {
    const version = words.description === undefined ? ANY : DESCRIBE;
    const body = { server: encodeServerChange(words) };
    await session.send({ service: "compute", name: "servers.update", method: "PUT", path, body, version });
  }
  if (metadata === undefined) return;
  // The marker lives in the metadata, and new ones must not lose it.
  const own = [...path, "metadata"];
  const found = await session.ask({ service: "compute", name: "servers.metadata.get", method: "GET", path: own });
  const present = textEntries(asObject(found.metadata, "metadata"));
  const body = { metadata: markMetadataAgain(metadata, present) };
  await session.send({ service: "compute", name: "servers.metadata", method: "PUT", path: own, body });
}
