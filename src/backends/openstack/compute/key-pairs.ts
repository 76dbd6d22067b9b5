/** Key pairs: Nova's keypairs, which belong to a user and not to a project. */
import { CloudError, type KeyPair, type KeyPairDraft, type KeyPairs, type Marker } from "../../../cloud/index.ts";
import { asObject, asText, asTime, type JsonObject } from "../json.ts";
import { once } from "../once.ts";
import { items } from "../paging.ts";
import type { VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";

/** 2.2 knows types, 2.35 pages; from 2.92 on Nova makes no keys of its own, which are not asked for here. */
const VERSION: VersionWish = { preferred: "2.92" };
export const WITH_TYPE: VersionWish = { since: "2.2", preferred: "2.92" };

const PATH = ["os-keypairs"];

export function openKeyPairs(session: Session): KeyPairs {
  return {
    list: () => {
      const operation = { service: "compute", name: "keyPairs.list", method: "GET", path: PATH } as const;
      return items(session, { ...operation, version: VERSION }, "keypairs", decodeKeyPair);
    },
    get: async (name) => {
      const path = [...PATH, name];
      const operation = { service: "compute", name: "keyPairs.get", method: "GET", path } as const;
      return decodeKeyPair(await session.ask({ ...operation, version: VERSION }));
    },
    findByMarker: (marker, name) => findKeyPair(session, marker, name),
    create: async (draft) =>
      once(session, {
        operation: {
          service: "compute",
          name: "keyPairs.create",
          method: "POST",
          path: PATH,
          body: { keypair: encodeKeyPair(draft) },
          version: draft.type === undefined ? VERSION : WITH_TYPE,
        },
        read: decodeKeyPair,
        find: async (detached) => {
          const found = await findKeyPair(detached, draft.marker, draft.name);
          return found?.publicKey.trim() === draft.publicKey.trim() ? found : undefined;
        },
      }),
    delete: async (name) => {
      const path = [...PATH, name];
      await session.send({ service: "compute", name: "keyPairs.delete", method: "DELETE", path, version: VERSION });
    },
  };
}

/** By name, and made since the create was first tried: Nova's times have whole seconds. */
async function findKeyPair(session: Session, marker: Marker, name: string | undefined): Promise<KeyPair | undefined> {
  if (name === undefined) return undefined;
  try {
    const found = await openKeyPairs(session).get(name);
    const since = Math.floor(marker.since.getTime() / 1000) * 1000;
    return found.createdAt !== undefined && found.createdAt.getTime() >= since ? found : undefined;
  } catch (thrown) {
    if (CloudError.is(thrown, "NOT_FOUND")) return undefined;
    throw thrown;
  }
}

/** Each is wrapped, in lists, too. */
export function decodeKeyPair(body: JsonObject): KeyPair {
  const json = asObject(body.keypair, "keypair");
  return {
    name: asText(json.name, "keypair.name"),
    type: json.type === "x509" ? "x509" : "ssh",
    fingerprint: asText(json.fingerprint, "keypair.fingerprint"),
    publicKey: asText(json.public_key, "keypair.public_key"),
    createdAt: typeof json.created_at === "string" ? asTime(json.created_at, "keypair.created_at") : undefined,
  };
}

export function encodeKeyPair({ name, publicKey, type }: KeyPairDraft): JsonObject {
  return { name, public_key: publicKey, ...(type === undefined ? {} : { type }) };
}
