import type { Marked, Marker } from "./marker.ts";
import type { Listing } from "./page.ts";

/** A public key that new servers let in; known by its name, which is unique for a user. */
export interface KeyPair {
  readonly name: string;
  readonly type: "ssh" | "x509";
  readonly fingerprint: string;
  /** As OpenSSH writes it, or a certificate in PEM. */
  readonly publicKey: string;
  /** Absent in lists. */
  readonly createdAt: Date | undefined;
}

export interface KeyPairDraft {
  readonly name: string;
  readonly publicKey: string;
  /** `ssh` when absent. */
  readonly type?: "ssh" | "x509";
  readonly marker: Marker;
}

/** `findByMarker` needs the name: a key pair has no other home for a marker than its name and its time. */
export interface KeyPairs extends Marked<KeyPair> {
  list(): Listing<KeyPair>;
  get(name: string): Promise<KeyPair>;
  create(draft: KeyPairDraft): Promise<KeyPair>;
  delete(name: string): Promise<void>;
}
