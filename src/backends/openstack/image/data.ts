/** The bytes of images, up and down, as streams. */
import { CloudError, type ImageData, type Images } from "../../../cloud/index.ts";
import { numberOrNone } from "../json.ts";
import { once } from "../once.ts";
import type { Session } from "../session.ts";

const pathOf = (id: string) => ["images", id, "file"];

export async function upload(
  session: Session,
  openImages: (session: Session) => Images,
  id: string,
  data: AsyncIterable<Uint8Array>,
  sizeBytes: number | undefined,
): Promise<void> {
  // Looked at first: a refusal would cost the whole way up, and a token that has expired is renewed by this.
  const { status, nativeStatus } = await openImages(session).get(id);
  if (status !== "pending") {
    throw new CloudError("STATE_CONFLICT", `image ${id} is ${nativeStatus}: data are taken once`);
  }
  await once(session, {
    operation: {
      service: "image",
      name: "images.upload",
      method: "PUT",
      path: pathOf(id),
      data,
      ...(sizeBytes === undefined ? {} : { dataBytes: sizeBytes }),
    },
    isEmpty: true,
    read: () => true,
    find: async (detached) => ((await openImages(detached).get(id)).status === "active" ? true : undefined),
  });
}

export async function download(session: Session, id: string): Promise<ImageData> {
  const operation = { service: "image", name: "images.download", method: "GET", path: pathOf(id) } as const;
  const { status, headers, data } = await session.send({ ...operation, isStreamed: true });
  const length = headers["content-length"];
  // 204: there are none (glance: api/v2/image_data.py).
  if (status === 200 && data !== undefined) {
    return { data, sizeBytes: length === undefined ? undefined : numberOrNone(Number(length)) };
  }
  if (data !== undefined) for await (const _ of data);
  throw new CloudError("STATE_CONFLICT", `image ${id} has no data`);
}
