/** The backend's contract, on the simulator and on the real OpenStack where there is one. */
import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { test } from "vitest";
import { type CloudConfig, connectClouds, loadCloudConfigs } from "../../src/backends/openstack/index.ts";
import { type Clock, silentLog } from "../../src/cloud/index.ts";
import { startSimulator } from "../../src/simulator/index.ts";
import { realCloud } from "../support/clouds.ts";
import { realTurn } from "../support/realTurn.ts";
import { backendContract, type Connected } from "./backend.contract.ts";

const clock: Clock = {
  now: () => Date.now(),
  sleep: (milliseconds, signal) => sleep(milliseconds, undefined, signal === undefined ? {} : { signal }),
};

function connect(configs: Readonly<Record<string, CloudConfig>>, defaultName: string, end = async () => {}): Connected {
  let requests = 0;
  const onRequest = () => {
    requests += 1;
  };
  const clouds = connectClouds({ configs, defaultName, clock, ids: { uuid: randomUUID }, log: silentLog, onRequest });
  const close = async () => {
    await clouds.close();
    await end();
  };
  return { clouds, clock, requests: () => requests, close };
}

backendContract({
  label: "the simulator",
  name: "demo",
  second: "other",
  administrator: "admin",
  expectations: {
    missing: { volumeImages: "the simulator takes no snapshots of volumes for an image of a server" },
    image: "cirros",
    flavour: "m1.tiny",
    patienceMs: 10_000,
  },
  connect: async () => {
    const simulator = await startSimulator();
    const clouds = Object.entries(simulator.clouds()).map(([name, cloud]) => {
      const { region_name, ...auth } = cloud;
      return [name, { auth, region_name }] as const;
    });
    const yaml = JSON.stringify({ clouds: Object.fromEntries(clouds) });
    const { configs } = loadCloudConfigs({
      env: {},
      files: ["clouds.yaml"],
      readFile: (path) => (path === "clouds.yaml" ? yaml : undefined),
    });
    return connect(configs, "demo", () => simulator.close());
  },
});

const real = realCloud();
const { name, second, administrator } = real ?? {};
if (real === undefined || name === undefined || second === undefined) {
  test.skip("a backend's contract: a real OpenStack (none is named and none is up)", () => {});
} else {
  backendContract({
    label: `the real OpenStack (${name})`,
    name,
    second,
    ...(administrator === undefined ? {} : { administrator }),
    expectations: {
      missing: administrator === undefined ? { administrator: "no administrator is configured" } : {},
      image: process.env.VIMANA_TEST_IMAGE ?? "cirros",
      flavour: process.env.VIMANA_TEST_FLAVOUR ?? "m1.tiny",
      patienceMs: 60_000,
    },
    connect: async () => {
      const endTurn = await realTurn();
      return connect(real.configs, name, async () => endTurn());
    },
  });
}
