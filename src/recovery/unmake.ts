import {
  type Clock,
  type Cloud,
  CloudError,
  collect,
  type Marker,
  removeVolumes,
  type Store,
  waitUntilGone,
} from "../cloud/index.ts";
import { CHANGEABLE, picked } from "./accounted.ts";
import { asObject, type Kind, optionalText, type Step, texts } from "./step.ts";

/** Steps taken back, and removals finished, by what the account says of them. */

export interface Site {
  /** Of the project, outliving the call that began it all. */
  readonly cloud: Cloud;
  readonly store: Store;
  readonly clock: Clock;
  /** Whose steps they are: a key pair is seen by its own user only. */
  readonly userId: string;
}

/** `unseen`: the step's answer is not known, and there is nothing of it yet. */
export type Outcome = "gone" | "unseen";

const PATIENCE = 60_000;

/** Takes back one step, or finishes it where it is a removal. NOT_FOUND on the way is what was wanted. */
export async function settle(site: Site, step: Step): Promise<Outcome> {
  try {
    return await DEEDS[step.does](site, step);
  } catch (thrown) {
    if (CloudError.is(thrown, "NOT_FOUND")) return "gone";
    throw thrown;
  }
}

type Settle = (site: Site, step: Step) => Promise<Outcome>;

const DEEDS: Readonly<Record<Step["does"], Settle>> = {
  make: (site, step) => MAKERS[step.kind](site, step),
  plug: (site, step) => (step.kind === "volume" ? unplugVolume(site, step) : unplugPort(site, step)),
  unplug: (site, step) => (step.kind === "volume" ? unplugVolume(site, step) : unplugPort(site, step)),
  change: restore,
  remove: (site, step) => MAKERS[step.kind](site, step),
  async grow({ cloud }, { id = "", facts }) {
    const { sizeGiB, status } = await cloud.volumes.get(id);
    return status === "extending" || sizeGiB >= Number(facts?.sizeGiB) ? "gone" : "unseen";
  },
};

interface Found {
  readonly id: string;
}

/** A kind of thing that is deleted, and then gone. */
function simple(
  portOf: (cloud: Cloud) => {
    findByMarker(marker: Marker, name?: string): Promise<Found | undefined>;
    delete(id: string): Promise<void>;
  },
): Settle {
  return async ({ cloud }, step) => {
    const port = portOf(cloud);
    const id = await idOf(step, (marker) => port.findByMarker(marker, step.name));
    if (id === undefined) return "unseen";
    await port.delete(id);
    return "gone";
  };
}

async function idOf(step: Step, find: (marker: Marker) => Promise<Found | undefined>): Promise<string | undefined> {
  if (step.id !== undefined || step.marker === undefined) return step.id;
  return (await find({ value: step.marker, since: new Date(step.since ?? 0) }))?.id;
}

const MAKERS: Readonly<Record<Kind, Settle>> = {
  image: removeImage,
  flavour: simple(({ flavours }) => flavours),
  network: simple(({ networks }) => networks),
  subnet: simple(({ subnets }) => subnets),
  port: simple(({ ports }) => ports),
  server: removeServer,
  async volume({ cloud, clock }, step) {
    const id = await idOf(step, (marker) => cloud.volumes.findByMarker(marker, step.name));
    if (id === undefined) return "unseen";
    await removeVolumes(cloud, [id], clock, PATIENCE);
    return "gone";
  },
  "volume snapshot": simple(({ volumeSnapshots }) => volumeSnapshots),
  "volume backup": simple(({ volumeBackups }) => volumeBackups),
  "security group": simple(({ securityGroups }) => securityGroups),
  "floating address": simple(({ floatingIps }) => floatingIps),
  router: simple(({ routers }) => routers),
  "key pair": removeKeyPair,
  async "server group"({ cloud }, step) {
    const { serverGroups } = cloud;
    const before = texts(step.facts?.before);
    const isNew = ({ id, name }: { id: string; name: string }) => name === step.name && !before.includes(id);
    const [only, ...more] =
      step.id === undefined ? (await collect(serverGroups.list())).filter(isNew) : [{ id: step.id }];
    if (more.length > 0) throw new CloudError("AMBIGUOUS", `there are several new server groups named ${step.name}`);
    if (only === undefined) return "unseen";
    await serverGroups.delete(only.id);
    return "gone";
  },
  async document({ store }, { id = "", facts = {} }) {
    const [kind, cloud, project] = ["kind", "cloud", "project"].map((name) => optionalText(facts[name]) ?? "");
    await store.delete({ kind: kind ?? "", cloud: cloud ?? "", project: project ?? "", id });
    return "gone";
  },
};

async function removeKeyPair({ cloud, userId }: Site, { id, name = id ?? "", ...step }: Step): Promise<Outcome> {
  if (cloud.tenant.userId !== userId) {
    throw new CloudError("FORBIDDEN", "a key pair is seen by its own user only, who has to come back");
  }
  const { keyPairs } = cloud;
  const find = async (marker: Marker): Promise<Found | undefined> => {
    const found = await keyPairs.findByMarker(marker, name);
    return found && { id: found.name };
  };
  // One that was there before is somebody's own.
  if (step.marker !== undefined && (await idOf(step, find)) === undefined) return "unseen";
  await keyPairs.delete(name);
  return "gone";
}

/** With the volumes that were made for it. */
async function removeServer({ cloud, clock }: Site, step: Step): Promise<Outcome> {
  const { servers } = cloud;
  const id = await idOf(step, (marker) => servers.findByMarker(marker, step.name));
  if (id === undefined) return "unseen";
  const given = optionalText(step.facts?.given);
  const volumeIds = step.facts?.hasVolumes === true ? (await servers.get(id)).volumeIds : [];
  await servers.delete(id);
  await waitUntilGone(clock, () => servers.get(id), PATIENCE);
  await removeVolumes(
    cloud,
    volumeIds.filter((one) => one !== given),
    clock,
    PATIENCE,
  );
  return "gone";
}

/** With the volume snapshots that hold its bytes. */
async function removeImage({ cloud }: Site, step: Step): Promise<Outcome> {
  const id = await idOf(step, (marker) => cloud.images.findByMarker(marker, step.name));
  if (id === undefined) return "unseen";
  const { volumeSnapshotIds } = await cloud.images.get(id);
  await cloud.images.delete(id);
  for (const snapshot of volumeSnapshotIds) {
    await settle({ cloud } as Site, { does: "remove", kind: "volume snapshot", id: snapshot });
  }
  return "gone";
}

async function unplugPort({ cloud, clock }: Site, step: Step): Promise<Outcome> {
  const { ports, servers } = cloud;
  const on = step.on ?? "";
  const before = texts(step.facts?.before);
  const networkId = optionalText(step.facts?.networkId);
  const isNew = (port: { id: string; networkId: string }) => port.networkId === networkId && !before.includes(port.id);
  const [only, ...more] =
    step.id === undefined ? (await collect(ports.list({ deviceIds: [on] }))).filter(isNew) : [await ports.get(step.id)];
  if (more.length > 0) throw new CloudError("AMBIGUOUS", `server ${on} has several new cards on network ${networkId}`);
  if (only === undefined || only.deviceId !== on) return "unseen";
  await servers.detach(on, only.id);
  const isPlugged = async (): Promise<void> => {
    if ((await ports.get(only.id)).deviceId !== on) throw new CloudError("NOT_FOUND", "the port is free");
  };
  await waitUntilGone(clock, isPlugged, PATIENCE);
  return "gone";
}

async function unplugVolume({ cloud, clock }: Site, step: Step): Promise<Outcome> {
  const id = step.id ?? "";
  const isPlugged = async (): Promise<boolean> => {
    const { attachments, status } = await cloud.volumes.get(id);
    return status === "attaching" || status === "detaching" || attachments.some(({ serverId }) => serverId === step.on);
  };
  if (!(await isPlugged())) return "unseen";
  await cloud.servers.detachVolume(step.on ?? "", id);
  const wait = async (): Promise<void> => {
    if (!(await isPlugged())) throw new CloudError("NOT_FOUND", "the volume is out");
  };
  await waitUntilGone(clock, wait, PATIENCE);
  return "gone";
}

/** Puts back what a change wrote over, unless somebody has changed it since. */
async function restore({ cloud }: Site, { kind, id = "", facts = {} }: Step): Promise<Outcome> {
  const before = asObject(facts.before, "before");
  const after = asObject(facts.after, "after");
  if (kind !== "network" && kind !== "volume" && kind !== "server") return "gone";
  const now = picked(await CHANGEABLE[kind](cloud, id), Object.keys(after));
  const isOurs = (name: string) => JSON.stringify(now[name]) === JSON.stringify(after[name]);
  const back = Object.fromEntries(Object.entries(before).filter(([name]) => isOurs(name)));
  if (Object.keys(back).length === 0) return "unseen";
  if (kind === "network") await cloud.networks.update(id, back);
  if (kind === "volume") await cloud.volumes.update(id, back);
  if (kind === "server") await cloud.servers.update(id, back);
  return "gone";
}
