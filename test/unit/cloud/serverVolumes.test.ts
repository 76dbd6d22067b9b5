import { expect, test } from "vitest";
import { type Cloud, collect, provisionServer, type ServerOrder, silentLog } from "../../../src/cloud/index.ts";
import { fakeWorld } from "../../support/fakeCloud.ts";
import { fakeFlavour } from "../../support/fakeThings.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** A cloud that makes a server's volumes as it makes the server, which then fails. */
function failingCloud() {
  const world = fakeWorld();
  world.bornAs = "error";
  world.flavours.set("f", fakeFlavour({ id: "f", vcpus: 1, ramMiB: 1, diskGiB: 0 }));
  const plain = world.cloudOf("p");
  let count = 0;
  const marker = () => ({ value: `fresh-${count++}`, since: new Date(0) });
  const makeVolume = (serverId: string) => async () => {
    const { id } = await plain.volumes.create({ name: "", sizeGiB: 1, marker: marker() });
    await plain.servers.attachVolume(serverId, { volumeId: id });
  };
  const cloud: Cloud = {
    ...plain,
    servers: {
      ...plain.servers,
      async create(draft) {
        const made = await plain.servers.create(draft);
        const { bootVolume, volumes = [] } = draft;
        if (bootVolume !== undefined && "volumeId" in bootVolume) await plain.servers.attachVolume(made.id, bootVolume);
        else if (bootVolume !== undefined) await makeVolume(made.id)();
        for (const _ of volumes) await makeVolume(made.id)();
        return made;
      },
    },
    detached: () => cloud,
  };
  const flow = { clock: virtualClock(), ids: { uuid: () => marker().value }, log: silentLog };
  const order = { name: "n", flavourId: "f", interfaces: "none" } as const satisfies ServerOrder;
  return { world, cloud, order, flow };
}

test("volumes that were made for a server go when it fails, and the one that was there stays", async () => {
  const { cloud, order, flow } = failingCloud();
  const marker = { value: "mine", since: new Date(0) };
  const { id: volumeId } = await cloud.volumes.create({ name: "mine", sizeGiB: 1, marker });
  const failing = { ...order, bootVolume: { volumeId }, volumes: [{ sizeGiB: 1 }, { sizeGiB: 1 }] };
  await expect(provisionServer(cloud, failing, flow)).rejects.toMatchObject({
    reason: "RESOURCE_FAILED",
    leftBehind: [],
  });
  const left = await collect(cloud.volumes.list());
  expect(left.map(({ id, status }) => [id, status])).toEqual([[volumeId, "available"]]);
  expect(await collect(cloud.servers.names())).toEqual([]);
});

test("a volume that cannot be unmade is told by its id", async () => {
  const { world, cloud, order, flow } = failingCloud();
  const stuck = { ...cloud, volumes: { ...cloud.volumes, delete: () => Promise.reject(new Error("no")) } };
  const never: Cloud = { ...stuck, detached: () => never };
  const failing = { ...order, bootVolume: { imageId: "i", sizeGiB: 1 } };
  const failed = provisionServer(never, failing, flow);
  await expect(failed).rejects.toMatchObject({ reason: "RESOURCE_FAILED" });
  const [id] = world.volumes.keys();
  await expect(failed).rejects.toMatchObject({ leftBehind: [{ kind: "volume", id }] });
});
