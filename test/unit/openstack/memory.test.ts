import { beforeEach, expect, test } from "vitest";
import { Memory } from "../../../src/backends/openstack/memory.ts";
import type { Recall } from "../../../src/cloud/index.ts";
import { type FakeWorld, fakeWorld } from "../../support/fakeCloud.ts";
import { fakeFlavour, fakeImage, fakeNetwork } from "../../support/fakeThings.ts";
import { virtualClock } from "../../support/virtualClock.ts";

/** What is remembered of the things that writes are drafted by, and for whom. */

const clock = virtualClock();
let world: FakeWorld;
let memory: Memory;
let recallOf: (signIn: object, region?: string) => Recall;

beforeEach(() => {
  world = fakeWorld();
  memory = new Memory(clock);
  world.flavours.set("f", fakeFlavour({ id: "f", vcpus: 1, ramMiB: 64, diskGiB: 1 }));
  world.images.set("i", fakeImage({ id: "i", name: "image" }));
  world.networks.set("n", fakeNetwork({ id: "n", name: "net", projectId: "p1", subnetIds: ["s"] }));
  recallOf = (signIn, region) => memory.of({ bound: { signIn: signIn as never }, region }, world.cloudOf("p1"));
});

const HERE = {};
const asked = (name: string): number => world.calls.filter((call) => call === name).length;

test("a thing is asked for once a minute, whatever becomes of it", async () => {
  for (const _ of [1, 2]) {
    await recallOf(HERE).flavour("f");
    await recallOf(HERE).image("i");
    await recallOf(HERE).network("n");
  }
  expect(["flavours.get", "images.get", "networks.get"].map(asked)).toEqual([1, 1, 1]);
  world.flavours.clear();
  clock.advance(59_999);
  expect(await recallOf(HERE).flavour("f")).toMatchObject({ id: "f" });
  clock.advance(1);
  await expect(recallOf(HERE).flavour("f")).rejects.toMatchObject({ reason: "NOT_FOUND" });
});

test("nobody is told what another sign-in saw, nor what was seen in another region", async () => {
  await recallOf(HERE, "one").flavour("f");
  world.flavours.clear();
  await expect(recallOf({}, "one").flavour("f")).rejects.toMatchObject({ reason: "NOT_FOUND" });
  await expect(recallOf(HERE, "two").flavour("f")).rejects.toMatchObject({ reason: "NOT_FOUND" });
  expect(await recallOf(HERE, "one").flavour("f")).toMatchObject({ id: "f" });
});

test("what is about to change is not remembered", async () => {
  world.images.set("i", fakeImage({ id: "i", name: "image", status: "pending" }));
  world.networks.set("n", fakeNetwork({ id: "n", name: "net", projectId: "p1", subnetIds: [] }));
  for (const _ of [1, 2]) {
    await recallOf(HERE).image("i");
    await recallOf(HERE).network("n");
  }
  expect(["images.get", "networks.get"].map(asked)).toEqual([2, 2]);
});

test("only what was told from memory is forgotten, and whether there was any is said", async () => {
  const first = recallOf(HERE);
  await first.flavour("f");
  expect(first.forget()).toBe(false);
  const second = recallOf(HERE);
  await second.flavour("f");
  expect(second.forget()).toBe(true);
  await recallOf(HERE).flavour("f");
  expect(asked("flavours.get")).toBe(2);
});
