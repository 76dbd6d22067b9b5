import { CloudError, newMarker, type Undo } from "../../cloud/index.ts";
import type { Context } from "../table.ts";
import type { ComputeDraft } from "./computeRows.ts";

/** The public key of a new compute, of either generation of mixins. */

/** Nova lets letters, digits, blanks, hyphens and underscores into a name (nova stable/zed: nova/compute/api.py KeypairAPI). */
const TEMPORARY = "vimana-temporary-";

export function isTemporaryKey(name: string): boolean {
  return name.startsWith(TEMPORARY);
}

/** The key that a new server gets. */
export interface KeyOrder {
  readonly name: string;
  /** Of a key pair that must be made first. */
  readonly publicKey?: string;
}

const SSH_KEY = "occi.credentials.ssh.publickey";
const DATA = "org.openstack.credentials.publickey.data";
const NAME = "org.openstack.credentials.publickey.name";

/** Both generations at once are 409, like both of user data; a name with data makes a key pair of that name, which stays. */
export function keyOrder({ flow }: Context, draft: Partial<ComputeDraft>): KeyOrder | undefined {
  const { keyName, publicKey, osPublicKey } = draft;
  if (publicKey !== undefined && (osPublicKey !== undefined || keyName !== undefined)) {
    const other = osPublicKey === undefined ? NAME : DATA;
    throw new CloudError("CONFLICT", `${SSH_KEY} and ${other} exclude each other`, { field: other });
  }
  const data = publicKey ?? osPublicKey;
  if (data === undefined) return keyName === undefined ? undefined : { name: keyName };
  return { name: keyName ?? TEMPORARY + flow.ids.uuid(), publicKey: data };
}

/** Makes the key pair where one must be made; `undo` takes it away again, but never one that was there before. */
export async function provideKey({ call, flow }: Context, { name, publicKey }: KeyOrder, undo: Undo): Promise<void> {
  if (publicKey === undefined) return;
  const marker = newMarker(flow);
  let isForeign = false;
  undo.enter(
    () => ({ kind: "key pair", id: name }),
    async () => {
      const { keyPairs } = call.cloud.detached();
      if (!isForeign && (await keyPairs.findByMarker(marker, name)) !== undefined) await keyPairs.delete(name);
    },
  );
  try {
    await call.cloud.keyPairs.create({ name, publicKey, marker });
  } catch (thrown) {
    if (CloudError.is(thrown, "ALREADY_EXISTS", "CONFLICT", "INVALID_VALUE")) isForeign = true;
    throw thrown;
  }
}

/**
 * A temporary key pair is not needed once the cloud has taken the server: Nova keeps the key with the server
 * (nova stable/zed: nova/compute/api.py, `key_data` and `keypairs` of the instance). It goes at once, because a server
 * may be deleted by another user, whose key pairs are others.
 */
export async function dropTemporaryKey({ call }: Context, { name }: KeyOrder): Promise<void> {
  if (!isTemporaryKey(name)) return;
  try {
    await call.cloud.detached().keyPairs.delete(name);
  } catch (thrown) {
    if (CloudError.is(thrown, "NOT_FOUND")) return;
    call.log.error({ kind: "key pair", id: name, error: CloudError.from(thrown).message }, "could not be unmade");
    call.warn(`the temporary key pair ${name} could not be removed`);
  }
}
