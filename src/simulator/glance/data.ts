/** Image data: uploads are hashed as they stream in and kept in memory, up to a limit. */
import { createHash } from "node:crypto";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call } from "../core/types.ts";
import { bad, denied } from "./form.ts";
import { type Image, images } from "./images.ts";

/** Most bytes of one image. A simulator is no store. */
const limit = 512 * 1024 * 1024;

/** Sums as Glance computes them over the data. */
export function sums(data: Uint8Array): { readonly checksum: string; readonly os_hash_value: string } {
  return {
    checksum: createHash("md5").update(data).digest("hex"),
    os_hash_value: createHash("sha512").update(data).digest("hex"),
  };
}

/** What the disk would be once written out: the size that a qcow2 header names, else that of the data (glance: format_inspector.py). */
export function virtualSize(format: string | null, data: Uint8Array): number {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  if (format === "qcow2")
    return data.byteLength >= 32 && view.getUint32(0) === 0x514649fb ? Number(view.getBigUint64(24)) : 0;
  return data.byteLength;
}

export function refuseMediaType({ headers }: Call): void {
  const type = (headers["content-type"] ?? "").split(";", 1)[0] ?? "";
  if (type !== "application/octet-stream")
    throw new Refusal(415, `The request media type ${type} is not supported by this server.`);
}

export async function upload(image: Image, call: Call): Promise<Answer> {
  if (image.owner !== call.actor.projectId && !call.actor.admin)
    throw denied(`Not allowed to upload image data for image ${image.id}`);
  refuseMediaType(call);
  if (image.status !== "queued")
    throw new Refusal(409, `Image status transition from ${image.status} to saving is not allowed`);
  if (image.disk_format === null || image.container_format === null)
    throw bad("Properties disk_format, container_format must be set prior to saving data.");
  const table = call.world.of(images);
  table.put({ ...image, status: "saving", updated_at: call.now });
  const data = await receive(image, call, "saving");
  const current = table.get(image.id);
  // Deleted meanwhile: Glance throws the data away (glance: api/v2/image_data.py).
  if (current?.status !== "saving") throw new Refusal(410, `Image ${image.id} could not be found after upload.`);
  call.world.blobs.set(image.id, data);
  const size = data.byteLength;
  const virtual_size = virtualSize(image.disk_format, data);
  table.put({ ...current, ...sums(data), size, virtual_size, status: "active", updated_at: call.clock.now() });
  return { status: 204, headers: { "content-type": "text/html; charset=UTF-8" } };
}

/** The whole body; an image whose upload breaks off is queued again, if it still is as it was meanwhile. */
export async function receive(image: Image, call: Call, meanwhile: "saving" | "uploading"): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of call.stream) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > limit)
        throw new Refusal(413, `Image exceeds the storage quota: The size of the data ${size} will exceed the limit.`);
      chunks.push(bytes);
    }
  } catch (error) {
    if (call.world.of(images).get(image.id)?.status === meanwhile)
      call.world.of(images).patch(image.id, { status: "queued", updated_at: call.clock.now() });
    throw error;
  }
  return Buffer.concat(chunks);
}

export function download(image: Image, call: Call): Answer {
  if (image.status === "deactivated" && !call.actor.admin)
    throw denied("The requested image has been deactivated. Image data download is forbidden.");
  const data = call.world.blobs.get(image.id);
  if (data === undefined) return { status: 204 };
  const headers = { "content-type": "application/octet-stream", "Content-MD5": image.checksum ?? "" };
  const range = /^bytes=(\d*)-(\d*)$/.exec(call.headers.range ?? "");
  if (range === null) return { status: 200, body: data, headers };
  const [, from = "", to = ""] = range;
  const size = data.byteLength;
  const start = from === "" ? Math.max(0, size - Number(to)) : Number(from);
  const end = from === "" || to === "" ? size - 1 : Math.min(Number(to), size - 1);
  if (start >= size || start > end) {
    const detail = `Invalid start position in Range header. Start position MUST be in the inclusive range [0, ${size - 1}].`;
    throw new Refusal(416, "The Range requested is not available.", { more: { detail } });
  }
  return {
    status: 206,
    body: data.subarray(start, end + 1),
    headers: { ...headers, "Content-Range": `bytes ${start}-${end}/${size}` },
  };
}
