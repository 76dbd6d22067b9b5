/** Passwords, secrets and tokens: stored as salted hashes, compared in constant time, made from injected randomness. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { Ids } from "../../cloud/runtime.ts";

function digest(salt: string, secret: string): Buffer {
  return createHash("sha256").update(salt).update("\0").update(secret).digest();
}

/** A fast hash on purpose: the simulator protects nothing, and a sign-in must not cost what bcrypt costs. */
export function hashSecret(secret: string, ids: Ids): string {
  const salt = ids.uuid();
  return `${salt}:${digest(salt, secret).toString("hex")}`;
}

export function verifySecret(secret: string, stored: string): boolean {
  const [salt = "", hash = ""] = stored.split(":", 2);
  const expected = Buffer.from(hash, "hex");
  const given = digest(salt, secret);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

function bytes(count: number, ids: Ids): string {
  let hex = "";
  for (let index = 0; index < count; index++) hex += ids.uuid().replaceAll("-", "");
  return Buffer.from(hex, "hex").toString("base64url");
}

/** 366 random bits behind the prefix that Fernet tokens have. */
/** How Fernet tokens begin. */
export const tokenMark = "gAAAAA";

export function newToken(ids: Ids): string {
  return tokenMark + bytes(3, ids);
}

export function newSecret(ids: Ids): string {
  return bytes(4, ids);
}

export function newAuditId(ids: Ids): string {
  return bytes(1, ids);
}

/** Keystone's ids are UUIDs without hyphens. */
export function newId(ids: Ids): string {
  return ids.uuid().replaceAll("-", "");
}
