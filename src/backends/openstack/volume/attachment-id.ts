/** The id of a volume in a server: the cloud's own where it tells one (house, "Ids"). */
import { createHash } from "node:crypto";
import { type JsonObject, textOrNone } from "../json.ts";

/** A namespace of our own: links that a cloud gives no id. */
const NAMESPACE = Buffer.from("6f3b0b5e2a6c4d0f9a0d5c7e1b8f4a21", "hex");

/** Cinder tells `attachment_id` since Liberty and Nova since 2.89; `id` is the volume's in both. */
export function attachmentId(json: JsonObject, serverId: string, volumeId: string): string {
  return textOrNone(json.attachment_id) ?? linkId(serverId, volumeId);
}

/** UUIDv5 of the two ends (RFC 9562 §5.5). */
export function linkId(from: string, to: string): string {
  const bytes = createHash("sha1").update(NAMESPACE).update(`${from}/${to}`).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}
