/** Takes secrets out of text that is kept in logs and errors (house rule 6). */

const SECRET_KEYS =
  "adminPass|password|original_password|secret|user_data|private_key|blob|token|x-auth-token|x-subject-token";

const JSON_MEMBER = new RegExp(`("(?:${SECRET_KEYS})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*(?:"|$)`, "gi");

/** Fernet tokens and the like, wherever they are quoted: `gAAAAA…`. */
const FERNET = /gAAAA[\w-]{20,}={0,2}/g;

export function redact(text: string): string {
  return text.replace(JSON_MEMBER, '$1"***"').replace(FERNET, "***");
}
