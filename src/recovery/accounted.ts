import { AsyncLocalStorage } from "node:async_hooks";
import { type Cloud, collect, type Json, type JsonObject, type Store } from "../cloud/index.ts";
import type { Account } from "./account.ts";
import type { Kind } from "./step.ts";

/** A cloud whose every write enters the account first. Handlers see nothing of it. */
export function accounted(cloud: Cloud, account: Account): Cloud {
  const idOf = ({ id }: { readonly id: string }): string => id;
  return {
    ...cloud,
    images: {
      ...cloud.images,
      create: (draft) => account.make("image", draft, () => cloud.images.create(draft), idOf),
      delete: (id) => account.remove("image", id, () => cloud.images.delete(id)),
    },
    flavours: {
      ...cloud.flavours,
      create: (draft) => account.make("flavour", draft, () => cloud.flavours.create(draft), idOf),
      delete: (id) => account.remove("flavour", id, () => cloud.flavours.delete(id)),
    },
    networks: {
      ...cloud.networks,
      create: (draft) => account.make("network", draft, () => cloud.networks.create(draft), idOf),
      update: (id, change) => changed(account, cloud, "network", id, change, () => cloud.networks.update(id, change)),
      delete: (id) => account.remove("network", id, () => cloud.networks.delete(id)),
    },
    subnets: {
      ...cloud.subnets,
      create: (draft) => account.make("subnet", draft, () => cloud.subnets.create(draft), idOf),
      delete: (id) => account.remove("subnet", id, () => cloud.subnets.delete(id)),
    },
    ports: {
      ...cloud.ports,
      create: (draft) => account.make("port", draft, () => cloud.ports.create(draft), idOf),
      delete: (id) => account.remove("port", id, () => cloud.ports.delete(id)),
    },
    servers: { ...cloud.servers, ...accountedServers(cloud, account) },
    volumes: {
      ...cloud.volumes,
      create: (draft) => account.make("volume", draft, () => cloud.volumes.create(draft), idOf),
      update: (id, change) => changed(account, cloud, "volume", id, change, () => cloud.volumes.update(id, change)),
      extend: (id, sizeGiB) => account.grow(id, sizeGiB, () => cloud.volumes.extend(id, sizeGiB)),
      delete: (id) => account.remove("volume", id, () => cloud.volumes.delete(id)),
    },
    volumeSnapshots: {
      ...cloud.volumeSnapshots,
      create: (draft) => account.make("volume snapshot", draft, () => cloud.volumeSnapshots.create(draft), idOf),
      delete: (id) => account.remove("volume snapshot", id, () => cloud.volumeSnapshots.delete(id)),
    },
    volumeBackups: {
      ...cloud.volumeBackups,
      create: (draft) => account.make("volume backup", draft, () => cloud.volumeBackups.create(draft), idOf),
      delete: (id) => account.remove("volume backup", id, () => cloud.volumeBackups.delete(id)),
    },
    securityGroups: {
      ...cloud.securityGroups,
      create: (draft) => account.make("security group", draft, () => cloud.securityGroups.create(draft), idOf),
      delete: (id) => account.remove("security group", id, () => cloud.securityGroups.delete(id)),
    },
    floatingIps: {
      ...cloud.floatingIps,
      create: (draft) => account.make("floating address", draft, () => cloud.floatingIps.create(draft), idOf),
      delete: (id) => account.remove("floating address", id, () => cloud.floatingIps.delete(id)),
    },
    routers: {
      ...cloud.routers,
      create: (draft) => account.make("router", draft, () => cloud.routers.create(draft), idOf),
      delete: (id) => account.remove("router", id, () => cloud.routers.delete(id)),
    },
    keyPairs: {
      ...cloud.keyPairs,
      create: (draft) =>
        account.make(
          "key pair",
          draft,
          () => cloud.keyPairs.create(draft),
          ({ name }) => name,
        ),
      delete: (name) => account.remove("key pair", name, () => cloud.keyPairs.delete(name)),
    },
    serverGroups: {
      ...cloud.serverGroups,
      async create(draft) {
        // A group has no home for a marker: what a lost answer made is the namesake that was not there before.
        const before = (await collect(cloud.serverGroups.list())).filter(({ name }) => name === draft.name);
        const facts = { before: before.map(idOf) };
        return account.make("server group", { name: draft.name }, () => cloud.serverGroups.create(draft), idOf, facts);
      },
      delete: (id) => account.remove("server group", id, () => cloud.serverGroups.delete(id)),
    },
    intend: (removals) => account.intend(removals),
    detached: () => accounted(cloud.detached(), account),
  };
}

type ServerWrites = Pick<
  Cloud["servers"],
  "create" | "update" | "delete" | "attach" | "detach" | "snapshot" | "attachVolume" | "detachVolume"
>;

function accountedServers(cloud: Cloud, account: Account): ServerWrites {
  const { servers } = cloud;
  return {
    create(draft) {
      const { bootVolume, volumes = [] } = draft;
      const given = bootVolume !== undefined && "volumeId" in bootVolume ? { given: bootVolume.volumeId } : {};
      const facts = bootVolume === undefined && volumes.length === 0 ? {} : { hasVolumes: true, ...given };
      return account.make(
        "server",
        draft,
        () => servers.create(draft),
        ({ id }) => id,
        facts,
      );
    },
    update: (id, change) => changed(account, cloud, "server", id, change, () => servers.update(id, change)),
    delete: (id) => account.remove("server", id, () => servers.delete(id)),
    async attach(on, attachment) {
      const plug = (step: { readonly id?: string; readonly facts?: JsonObject }) =>
        account.plug(
          { kind: "port", on, ...step },
          () => servers.attach(on, attachment),
          ({ portId }) => portId,
        );
      if ("portId" in attachment) return plug({ id: attachment.portId });
      // The cloud makes the port: what a lost answer made is the one that was not there before.
      const before = await collect(cloud.ports.list({ deviceIds: [on] }));
      return plug({ facts: { networkId: attachment.networkId, before: before.map(({ id }) => id) } });
    },
    detach: (on, portId) => account.remove("port", portId, () => servers.detach(on, portId), on),
    snapshot: (id, draft) =>
      account.make(
        "image",
        draft,
        () => servers.snapshot(id, draft),
        ({ imageId }) => imageId,
      ),
    attachVolume(on, draft) {
      const step = { kind: "volume" as const, on, id: draft.volumeId };
      return account.plug(
        step,
        () => servers.attachVolume(on, draft),
        ({ volumeId }) => volumeId,
      );
    },
    detachVolume: (on, id) => account.remove("volume", id, () => servers.detachVolume(on, id), on),
  };
}

/** Kinds whose changes can be taken back, with the way to what they are now. */
export const CHANGEABLE = {
  network: (cloud: Cloud, id: string): Promise<object> => cloud.networks.get(id),
  volume: (cloud: Cloud, id: string): Promise<object> => cloud.volumes.get(id),
  server: (cloud: Cloud, id: string): Promise<object> => cloud.servers.get(id),
} satisfies Partial<Record<Kind, (cloud: Cloud, id: string) => Promise<object>>>;

async function changed<Made>(
  account: Account,
  cloud: Cloud,
  kind: keyof typeof CHANGEABLE,
  id: string,
  change: object,
  act: () => Promise<Made>,
): Promise<Made> {
  const names = Object.keys(change);
  const before = picked(await CHANGEABLE[kind](cloud, id), names);
  return account.change(kind, id, before, picked(change, names), act);
}

/** Some members of a thing, as JSON; what is absent or no plain value stays out. */
export function picked(thing: object, names: readonly string[]): JsonObject {
  const found = Object.entries(thing).filter(([name, value]) => names.includes(name) && value !== undefined);
  return Object.fromEntries(found.map(([name, value]): [string, Json] => [name, JSON.parse(JSON.stringify(value))]));
}

const current = new AsyncLocalStorage<Account>();

/** Does the work as part of a write: what it puts into an accounted store enters that write's account. */
export function within<Result>(account: Account, work: () => Promise<Result>): Promise<Result> {
  return current.run(account, work);
}

/** A store whose new documents enter the account of the write that puts them there. */
export function accountedStore(store: Store): Store {
  return {
    get: (key) => store.get(key),
    list: (query) => store.list(query),
    put: (put) => (put.expected === "absent" ? current.getStore()?.document(put) : undefined) ?? store.put(put),
    delete: (removal) => store.delete(removal),
    write: (batch) => store.write(batch),
    sweep: (limit) => store.sweep(limit),
    acquireLease: (name, owner, milliseconds) => store.acquireLease(name, owner, milliseconds),
    renewLease: (lease, milliseconds) => store.renewLease(lease, milliseconds),
    releaseLease: (lease) => store.releaseLease(lease),
    takeMessages: (take) => store.takeMessages(take),
    ackMessages: (lease, messages) => store.ackMessages(lease, messages),
    check: () => store.check(),
    close: () => store.close(),
  };
}
