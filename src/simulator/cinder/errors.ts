/** Refusals that several of Cinder's parts speak (cinder stable/zed: exception.py). Its own prefix is part of each sentence. */
import { Refusal } from "../core/refusal.ts";

/** `Volume x could not be found.` */
export function notFound(what: string, id: string): Refusal {
  return new Refusal(404, `${what} ${id} could not be found.`);
}

export function invalidVolume(reason: string): Refusal {
  return new Refusal(400, `Invalid volume: ${reason}`);
}

export function invalidSnapshot(reason: string): Refusal {
  return new Refusal(400, `Invalid snapshot: ${reason}`);
}

export function invalidInput(reason: string): Refusal {
  return new Refusal(400, `Invalid input received: ${reason}`);
}

/** What Cinder says when it has no words: webob's default sentence. */
export function malformed(): Refusal {
  return new Refusal(
    400,
    "The server could not comply with the request since it is either malformed or otherwise incorrect.",
  );
}

/** Full quotas: `retryAfter` is 0 and does not mean that trying again helps. */
export function overLimit(sentence: string): Refusal {
  return new Refusal(413, sentence, { more: { retryAfter: "0" }, headers: { "Retry-After": "0" } });
}

/** Detaching what Nova holds (CVE-2023-2088). */
export function novaHolds(server: string): Refusal {
  const said = `ConflictNovaUsingAttachment: Detach volume from instance ${server} using the Compute API`;
  return new Refusal(409, said);
}
