/** Images of servers, made by Nova; the marker is a property of the image. */
import type { ServerSnapshotDraft } from "../../../cloud/index.ts";
import { openImages } from "../image/images.ts";
import { asText, type JsonObject } from "../json.ts";
import { markMetadata } from "../marker.ts";
import { once } from "../once.ts";
import type { VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";

/** 2.45 tells the image's id in the body; before, it stood in a header's URL. */
export const VERSION: VersionWish = { since: "2.45", preferred: "2.45" };

export function snapshot(
  session: Session,
  id: string,
  draft: ServerSnapshotDraft,
): Promise<{ readonly imageId: string }> {
  return once(session, {
    operation: {
      service: "compute",
      name: "servers.snapshot",
      method: "POST",
      path: ["servers", id, "action"],
      body: { createImage: encodeServerSnapshot(draft) },
      version: VERSION,
    },
    read: (body) => ({ imageId: asText(body.image_id, "image_id") }),
    find: async (detached) => {
      const found = await openImages(detached).findByMarker(draft.marker);
      return found === undefined ? undefined : { imageId: found.id };
    },
  });
}

export function encodeServerSnapshot({ name, metadata, marker }: ServerSnapshotDraft): JsonObject {
  return { name, metadata: markMetadata(metadata, marker) };
}
