import { createHash, createHmac } from "node:crypto";
import { CloudError } from "../cloud/index.ts";

/** Printable and without blanks, so that it means the same in a header and in metadata; a UUID is 36 of at most 255. */
const KEY = /^[\x21-\x7e]{1,255}$/;

/** The key itself is never stored: the id of a write with a key is its digest. */
export function idOfKey(key: string): string {
  if (!KEY.test(key)) {
    throw new CloudError("INVALID_VALUE", "must be 1 to 255 printable ASCII characters without blanks", {
      field: "idempotency-key",
    });
  }
  return `key ${createHash("sha256").update(key).digest("hex")}`;
}

/** Tells two requests apart; without the key nobody can try whether a guess at what was said is right. */
export function fingerprintOf(key: string, operation: string, said: readonly (string | Uint8Array)[]): string {
  const digest = createHmac("sha256", key);
  for (const part of [operation, ...said]) {
    const bytes = typeof part === "string" ? Buffer.from(part) : part;
    digest.update(`${bytes.length} `).update(bytes);
  }
  return digest.digest("hex");
}
