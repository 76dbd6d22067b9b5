import { expect } from "vitest";
import { eventually } from "../../support/eventually.ts";
import { attribute, INFRA, idOf, kind, show } from "./occi.ts";
import type { Json, Trial, Try } from "./trial.ts";

/** Storage and storage links of the OCCI door, row by row. */

const VOLUME = "block-storage";

async function volume(trial: Trial, id: string): Promise<Json> {
  return (await trial.native(VOLUME, "GET", `/volumes/${id}`)).volume as Json;
}

async function free(trial: Trial, id: string): Promise<void> {
  await eventually(
    async () => (await volume(trial, id)).status,
    (status) => status === "available",
  );
}

/** A volume of the maker's, free. */
async function made(trial: Trial): Promise<string> {
  const answer = await trial.native(VOLUME, "POST", "/volumes", { volume: { name: trial.name(), size: 1 } });
  const { id } = answer.volume as { readonly id: string };
  trial.later(() => removed(trial, id));
  await free(trial, id);
  return id;
}

async function removed(trial: Trial, id: string): Promise<void> {
  if ((await trial.cast.maker.call(VOLUME, "GET", `/volumes/${id}`)).status === 404) return;
  await free(trial, id);
  await trial.drop(VOLUME, `/volumes/${id}`);
}

const shared = (trial: Trial): Promise<string> => trial.once("volume", () => made(trial));

const create = (lines: readonly string[], effect: (shown: Json) => void): Try => ({
  async attempt(trial) {
    const title = attribute("occi.core.title", trial.name());
    const reply = await trial.occi("POST", "/storage/", [
      kind("storage"),
      title,
      attribute("occi.storage.size", 1),
      ...lines,
    ]);
    if (reply.status === 201) trial.later(() => removed(trial, idOf(reply, "storage")));
    return reply;
  },
  effect: async (trial, reply) => effect(await volume(trial, idOf(reply, "storage"))),
});

const update = (lines: readonly string[], effect: (shown: Json) => void): Try => ({
  attempt: async (trial) => trial.occi("POST", `/storage/${await shared(trial)}`, [kind("storage"), ...lines]),
  effect: async (trial) => {
    await free(trial, await shared(trial));
    effect(await volume(trial, await shared(trial)));
  },
});

const action = (term: string, lines: readonly string[], effect: (trial: Trial, id: string) => Promise<void>): Try => ({
  async attempt(trial) {
    const id = await shared(trial);
    await free(trial, id);
    return trial.occi("POST", `/storage/${id}?action=${term}`, [
      `Category: ${term}; scheme="${INFRA}/storage/action#"; class="action"`,
      ...lines,
    ]);
  },
  effect: async (trial) => effect(trial, await shared(trial)),
});

/** The snapshot is there; it goes before its volume can. */
async function snapshotted(trial: Trial, id: string): Promise<void> {
  const { snapshots } = await trial.native(VOLUME, "GET", `/snapshots?volume_id=${id}`);
  const found = snapshots as readonly Json[];
  expect(found).toHaveLength(1);
  for (const { id: snapshotId } of found) {
    const read = () => trial.cast.maker.call(VOLUME, "GET", `/snapshots/${snapshotId}`);
    await eventually(read, ({ body }) => (body.snapshot as Json).status === "available");
    await trial.drop(VOLUME, `/snapshots/${snapshotId}`);
    await eventually(read, ({ status }) => status === 404);
  }
}

const link = (lines: readonly string[]): Try => ({
  async attempt(trial) {
    const { serverId } = await trial.stage();
    await trial.bring(serverId, "ACTIVE");
    const id = await made(trial);
    const reply = await trial.occi("POST", "/storagelink/", [
      kind("storagelink"),
      attribute("occi.core.source", `/compute/${serverId}`),
      attribute("occi.core.target", `/storage/${id}`),
      ...lines,
    ]);
    if (reply.status === 201)
      trial.later(() => trial.drop("compute", `/servers/${serverId}/os-volume_attachments/${id}`));
    return reply;
  },
  effect: async (trial) => {
    const { serverId } = await trial.stage();
    const { volumeAttachments } = await trial.native("compute", "GET", `/servers/${serverId}/os-volume_attachments`);
    expect(volumeAttachments).toHaveLength(1);
  },
});

export const STORAGE_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  "GET /storage/": {
    "": {
      attempt: async (trial) => {
        await shared(trial);
        return trial.occi("GET", "/storage/");
      },
      effect: async (trial, reply) => expect(reply.text).toContain(await shared(trial)),
    },
  },
  "GET /storage/{id}": { "": show(async (trial) => `/storage/${await shared(trial)}`) },
  "POST /storage/": {
    "": create([], ({ size }) => expect(size).toBe(1)),
    "occi.core.summary": create([attribute("occi.core.summary", "about it")], ({ description }) =>
      expect(description).toBe("about it"),
    ),
  },
  "POST /storage/{id}": {
    "": update([attribute("occi.core.title", "renamed")], ({ name }) => expect(name).toBe("renamed")),
    "occi.storage.size": update([attribute("occi.storage.size", 2)], ({ size }) => expect(size).toBe(2)),
  },
  "DELETE /storage/{id}": {
    "": {
      attempt: async (trial) =>
        trial.occi("DELETE", `/storage/${await trial.once("doomed volume", () => made(trial))}`),
      effect: async (trial) => {
        const id = await trial.once("doomed volume", () => made(trial));
        expect((await trial.cast.maker.call(VOLUME, "GET", `/volumes/${id}`)).status).toBe(404);
      },
    },
  },
  "POST /storage/{id}?action=resize": {
    "": action("resize", [attribute("size", 3)], async (trial, id) => {
      await free(trial, id);
      expect((await volume(trial, id)).size).toBe(3);
    }),
  },
  "POST /storage/{id}?action=snapshot": { "": action("snapshot", [], snapshotted) },
  "POST /storage/{id}?action=backup": { "": action("backup", [], async () => {}) },
  "GET /storagelink/": { "": { attempt: (trial) => trial.occi("GET", "/storagelink/") } },
  "POST /storagelink/": {
    "": link([]),
    "occi.storagelink.mountpoint": link([attribute("occi.storagelink.mountpoint", "/mnt")]),
  },
  "DELETE /storagelink/{id}": {
    "": {
      async attempt(trial) {
        const { serverId } = await trial.stage();
        await trial.bring(serverId, "ACTIVE");
        const volumeId = await made(trial);
        const path = `/servers/${serverId}/os-volume_attachments`;
        await trial.native("compute", "POST", path, { volumeAttachment: { volumeId } });
        await eventually(
          async () => (await volume(trial, volumeId)).status,
          (status) => status === "in-use",
        );
        trial.later(async () => {
          await trial.cast.maker.call("compute", "DELETE", `${path}/${volumeId}`);
        });
        const all = await trial.occi("GET", "/storagelink/", undefined, trial.cast.maker);
        return trial.occi("DELETE", `/storagelink/${idOf(all, "storagelink")}`);
      },
      effect: async (trial) => {
        const { serverId } = await trial.stage();
        const path = `/servers/${serverId}/os-volume_attachments`;
        expect((await trial.native("compute", "GET", path)).volumeAttachments).toEqual([]);
      },
    },
  },
};
