/** What a client would like (RFC 7240): an answer before the work is done, or the work not to be done at all. */
export interface Preferences {
  readonly isAsync: boolean;
  readonly isDry: boolean;
}

const NONE: Preferences = { isAsync: false, isDry: false };

/** Other preferences are none of ours; RFC 7240 §2 lets them pass. */
export function readPreferences(prefer: string | undefined): Preferences {
  if (prefer === undefined) return NONE;
  const words = new Set(prefer.split(/[,;]/).map((word) => word.trim().toLowerCase()));
  return { isAsync: words.has("respond-async"), isDry: words.has("dry-run") };
}

export function isWriting(method: string): boolean {
  return method !== "GET" && method !== "HEAD" && method !== "OPTIONS";
}
