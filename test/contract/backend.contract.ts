/**
 * What every way to a cloud must do, written against `Clouds`: one suite for the simulator and for a real OpenStack
 * (house rule 8). What differs between them is data in `Expectations`, each with its reason.
 *
 * backend.contract    this: the target, sign-in, images, flavours
 * backend.network     networks, subnets, ports
 * backend.server      servers
 * backend.image       images and flavours that are made, images of servers
 * backend.placement   key pairs, server groups, zones
 * backend.change      what changes servers; backups of volumes
 * backend.draft       what servers are made with
 * backend.routing     routers, floating addresses, security groups, quotas
 * backend.volume      volumes, snapshots, volumes in servers
 */
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  type Clock,
  type Cloud,
  CloudError,
  type Clouds,
  type Credentials,
  collect,
  first,
  type Marker,
  Secret,
  silentLog,
  waitUntilGone,
} from "../../src/cloud/index.ts";
import { changeContract } from "./backend.change.ts";
import { draftContract } from "./backend.draft.ts";
import { imageContract } from "./backend.image.ts";
import { networkContract } from "./backend.network.ts";
import { placementContract } from "./backend.placement.ts";
import { routingContract } from "./backend.routing.ts";
import { serverContract } from "./backend.server.ts";
import { volumeContract } from "./backend.volume.ts";

type Part =
  | "networks"
  | "servers"
  | "volumes"
  | "imageData"
  | "placement"
  | "routing"
  | "quotas"
  | "volumeImages"
  | "administrator";

export interface Expectations {
  /** Parts of the contract that the target cannot keep, with the reason. */
  readonly missing: Readonly<Partial<Record<Part, string>>>;
  /** The smallest image and flavour that boot, by name. */
  readonly image: string;
  readonly flavour: string;
  /** How long a state may take to come, milliseconds. */
  readonly patienceMs: number;
}

export interface Connected {
  readonly clouds: Clouds;
  readonly clock: Clock;
  /** Requests sent so far. */
  readonly requests: () => number;
  close(): Promise<void>;
}

export interface Target {
  readonly label: string;
  /** Names of two configured clouds that are tenants of one. */
  readonly name: string;
  readonly second: string;
  /** Another, whose user may do everything; without one its part of the contract is missing. */
  readonly administrator?: string;
  readonly expectations: Expectations;
  connect(): Promise<Connected>;
}

/** What the parts of the suite work with. */
export interface Bench {
  readonly target: Target;
  readonly at: () => Connected;
  /** Opens a cloud with the gateway's credentials. */
  open(name?: string): Promise<Cloud>;
  /** A name that nobody else uses, which the sweep at the end knows. */
  name(what: string): string;
  marker(): Marker;
}

export async function reasonOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (thrown) {
    return thrown instanceof CloudError ? thrown.reason : thrown;
  }
  return "no error";
}

export const NOBODY = "00000000-0000-4000-8000-000000000000";

export function backendContract(target: Target): void {
  describe(`a backend's contract: ${target.label}`, () => {
    let connected: Connected | undefined;
    const run = `contract-${randomUUID().slice(0, 8)}`;
    const at = () => {
      if (connected === undefined) throw new Error("not connected");
      return connected;
    };
    const openWith = (credentials: Credentials, cloud: string) => {
      const requestId = `req-${randomUUID()}`;
      return at().clouds.open({ cloud, credentials, signal: AbortSignal.timeout(180_000), requestId, log: silentLog });
    };
    const open = (name = target.name) => openWith({ kind: "configured" }, name);
    const bench: Bench = {
      target,
      at,
      open,
      name: (what) => `${run}-${what}`,
      marker: () => ({ value: randomUUID(), since: new Date(at().clock.now()) }),
    };

    beforeAll(async () => {
      connected = await target.connect();
    });

    afterAll(async () => {
      if (target.administrator !== undefined) await sweepFlavours(await open(target.administrator), run);
      await sweep(await open(), run, at().clock, target.expectations);
      await connected?.close();
    });

    test("it answers without credentials", async () => {
      await at().clouds.check(target.name, AbortSignal.timeout(10_000));
      expect(at().clouds.signInUrl(target.name)).toMatch(/^https?:\/\/[^?]*[^/]$/);
    });

    test("two tenants are two projects", async () => {
      const [mine, theirs] = await Promise.all([open(), open(target.second)]);
      expect(mine.tenant.projectId).not.toBe(theirs.tenant.projectId);
      expect(mine.tenant.roles).toContain("member");
      expect(mine.region).not.toBe("");
    });

    test("foreign tokens, users and credentials are not let in", async () => {
      const secret = new Secret("nonsense");
      const wrong: readonly Credentials[] = [
        { kind: "token", token: secret },
        { kind: "application-credential", id: "0".repeat(32), secret },
        { kind: "password", user: "nobody", domain: undefined, password: secret, project: undefined },
      ];
      for (const credentials of wrong) {
        expect(await reasonOf(openWith(credentials, target.name))).toBe("UNAUTHENTICATED");
      }
    });

    test("images are listed, got and found by name", async () => {
      const { images } = await open();
      const all = await collect(images.list());
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length);
      const [named] = await collect(images.list({ name: target.expectations.image }));
      expect(named).toMatchObject({ name: target.expectations.image, status: "active" });
      expect(all).toContainEqual(named);
      expect(await images.get(named?.id ?? "")).toEqual(named);
      expect(await collect(images.list({ name: `${run}, "none"` }))).toEqual([]);
      for (const id of [NOBODY, "..", "a/b", "no such id"]) expect(await reasonOf(images.get(id))).toBe("NOT_FOUND");
    });

    test("flavours are listed and got", async () => {
      const { flavours } = await open();
      const all = await collect(flavours.list());
      expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
      const named = all.find(({ name }) => name === target.expectations.flavour);
      expect(named?.vcpus).toBeGreaterThan(0);
      expect(await flavours.get(named?.id ?? "")).toEqual(named);
      for (const id of [NOBODY, "..", "a/b"]) expect(await reasonOf(flavours.get(id))).toBe("NOT_FOUND");
    });

    test("a listing that is left early asks for no more", async () => {
      const { images } = await open();
      const before = at().requests();
      await first(images.list());
      expect(at().requests() - before).toBe(1);
    });

    networkContract(bench);
    serverContract(bench);
    changeContract(bench);
    volumeContract(bench);
    imageContract(bench);
    placementContract(bench);
    draftContract(bench);
    routingContract(bench);
  });
}

async function sweepFlavours(cloud: Cloud, run: string): Promise<void> {
  const left = (await collect(cloud.flavours.list())).filter(({ name }) => name.startsWith(run));
  for (const { id } of left) await cloud.flavours.delete(id);
}

async function sweepRouting(cloud: Cloud, ours: (named: { readonly name: string }) => boolean): Promise<void> {
  for (const { id, description } of await collect(cloud.floatingIps.list())) {
    if (ours({ name: description })) await cloud.floatingIps.delete(id);
  }
  for (const { id } of (await collect(cloud.routers.list())).filter(ours)) {
    const cards = await collect(cloud.ports.list({ deviceIds: [id] }));
    for (const { id: portId } of cards) await cloud.routers.removeInterface(id, { portId });
    await cloud.routers.delete(id);
  }
}

/** Deletes what a failed test has left, servers first. */
async function sweep(cloud: Cloud, run: string, clock: Clock, { missing, patienceMs }: Expectations): Promise<void> {
  const ours = ({ name }: { readonly name: string }) => name.startsWith(run);
  if (missing.servers === undefined) {
    const servers = (await collect(cloud.servers.names())).filter(ours);
    for (const { id } of servers) await cloud.servers.delete(id);
    for (const { id } of servers) await waitUntilGone(clock, () => cloud.servers.get(id), patienceMs);
  }
  if (missing.imageData === undefined) {
    for (const { id } of (await collect(cloud.images.list())).filter(ours)) await cloud.images.delete(id);
  }
  if (missing.placement === undefined) {
    for (const { name } of (await collect(cloud.keyPairs.list())).filter(ours)) await cloud.keyPairs.delete(name);
    for (const { id } of (await collect(cloud.serverGroups.list())).filter(ours)) await cloud.serverGroups.delete(id);
  }
  if (missing.volumes === undefined) {
    const snapshots = (await collect(cloud.volumeSnapshots.list())).filter(ours);
    for (const { id } of snapshots) await cloud.volumeSnapshots.delete(id);
    for (const { id } of snapshots) await waitUntilGone(clock, () => cloud.volumeSnapshots.get(id), patienceMs);
    for (const { id } of (await collect(cloud.volumes.list())).filter(ours)) await cloud.volumes.delete(id);
  }
  if (missing.networks !== undefined) return;
  const networks = (await collect(cloud.networks.list())).filter(ours);
  if (missing.routing === undefined) await sweepRouting(cloud, ours);
  for (const { id } of networks) {
    for (const port of await collect(cloud.ports.list({ networkIds: [id] }))) await cloud.ports.delete(port.id);
    await cloud.networks.delete(id);
  }
  for (const { id } of (await collect(cloud.securityGroups.list())).filter(ours)) await cloud.securityGroups.delete(id);
}
