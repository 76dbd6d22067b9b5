import { expect } from "vitest";
import { at, type Json, json, type Reply, type Trial, type Try } from "./trial.ts";

/** Images, flavours, administration, product services, and the pass-through, row by row. */

const VIM = "/vivnfm/v5";

const get = (path: (trial: Trial) => string, ...present: readonly (string | number)[]): Try => ({
  attempt: (trial) => trial.rest("GET", path(trial)),
  effect: (_trial, reply) => expect(at(json(reply), ...present)).toBeDefined(),
});

const flavour = (trial: Trial, more: object = {}) => ({
  virtualMemory: { virtualMemSize: { string: "256Mi" } },
  virtualCpu: { numVirtualCpu: 1 },
  metadata: { fields: { name: trial.name() } },
  ...more,
});

async function createFlavour(trial: Trial, more: object): Promise<Reply> {
  const reply = await trial.rest("POST", `${VIM}/flavours`, { flavour: flavour(trial, more) });
  if (reply.status === 200) {
    const path = `${VIM}/flavours/${idOf(reply)}`;
    trial.later(async () => {
      await trial.rest("DELETE", path);
    });
  }
  return reply;
}

const idOf = (reply: Reply): string => String(at(json(reply), "flavourId", "value"));

/** One flavour with all inputs that go together: each of their rows looks at its own. */
const richFlavour = (effect: (shown: Json) => void): Try => ({
  attempt: (trial) =>
    trial.once("rich flavour", () =>
      createFlavour(trial, {
        isPublic: false,
        storageAttributes: [{ typeOfStorage: "ephemeral", sizeOfStorage: { string: "2Gi" }, isBoot: true }],
        virtualMemory: { virtualMemSize: { string: "256Mi" }, numaEnabled: true },
        virtualCpu: { numVirtualCpu: 1, virtualCpuPinning: { virtualCpuPinningPolicy: "DYNAMIC" } },
        metadata: { fields: { name: trial.name(), "hw:mem_page_size": "small" } },
      }),
    ),
  effect: async (trial, reply) => {
    // Through the gateway, for it may hold the flavour itself.
    const shown = await trial.rest("GET", `${VIM}/flavours?filter=(eq,flavourId/value,${idOf(reply)})`);
    effect(at(json(shown), "flavours", 0) as Json);
  },
});

const refused = (more: object): Try => ({ attempt: (trial) => createFlavour(trial, more) });
const memory = (more: object): Try => refused({ virtualMemory: { virtualMemSize: { string: "256Mi" }, ...more } });
const cpu = (more: object): Try => refused({ virtualCpu: { numVirtualCpu: 1, ...more } });

const CREATE_FLAVOUR: Readonly<Record<string, Try>> = {
  "": richFlavour((shown) => expect(at(shown, "virtualCpu", "numVirtualCpu")).toBe(1)),
  "flavour.isPublic=false": richFlavour((shown) => expect(shown.isPublic).toBe(false)),
  "flavour.isPublic=true": {
    attempt: (trial) => createFlavour(trial, { isPublic: true }),
    effect: async (trial, reply) => {
      const { flavor } = await trial.native("compute", "GET", `/flavors/${idOf(reply)}`, undefined, trial.cast.admin);
      expect((flavor as Json)["os-flavor-access:is_public"]).toBe(true);
    },
  },
  "flavour.storageAttributes": richFlavour((shown) =>
    expect(at(shown, "storageAttributes", 0, "sizeOfStorage")).toEqual({ string: "2Gi" }),
  ),
  "flavour.metadata": richFlavour((shown) => expect(at(shown, "metadata", "fields", "hw:mem_page_size")).toBe("small")),
  "flavour.virtualMemory.numaEnabled": richFlavour((shown) =>
    expect(at(shown, "virtualMemory", "numaEnabled")).toBe(true),
  ),
  "flavour.virtualMemory.virtualMemOversubscriptionPolicy": memory({ virtualMemOversubscriptionPolicy: "x" }),
  "flavour.virtualCpu.virtualCpuPinning": richFlavour((shown) =>
    expect(at(shown, "virtualCpu", "virtualCpuPinning", "virtualCpuPinningPolicy")).toBe("DYNAMIC"),
  ),
  "flavour.virtualCpu.cpuArchitecture": cpu({ cpuArchitecture: "x86" }),
  "flavour.virtualCpu.cpuClock": cpu({ cpuClock: 2000 }),
  "flavour.virtualCpu.virtualCpuOversubscriptionPolicy": cpu({ virtualCpuOversubscriptionPolicy: "x" }),
  "flavour.virtualCpu.powerStateReqs": cpu({ powerStateReqs: "x" }),
  "flavour.virtualNetworkInterface": refused({
    virtualNetworkInterface: [{ typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE" }],
  }),
};

/** A flavour that the administrator made and everybody sees. */
const spare = (trial: Trial): Promise<string> =>
  trial.once("spare flavour", () => {
    const body = { name: trial.name(), ram: 64, vcpus: 1, disk: 1 };
    return trial.made("compute", "/flavors", "flavor", body, trial.cast.admin);
  });

export const FACADE_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  QueryImages: {
    "": get(() => `${VIM}/images`, "softwareImagesInformation", 0),
    imageQueryFilter: get(() => `${VIM}/images?filter=(eq,name,cirros)`, "softwareImagesInformation", 0),
  },
  QueryImage: { "": get(({ cast }) => `${VIM}/images/${cast.imageId}`, "softwareImageInformation") },
  QueryComputeFlavour: {
    "": get(() => `${VIM}/flavours`, "flavours", 0),
    queryComputeFlavourFilter: get(() => `${VIM}/flavours?filter=(eq,metadata/@name,m1.tiny)`, "flavours", 0),
  },
  CreateComputeFlavour: CREATE_FLAVOUR,
  DeleteComputeFlavour: {
    "": {
      attempt: async (trial) => trial.rest("DELETE", `${VIM}/flavours/${await spare(trial)}`),
      effect: async (trial) => {
        const reply = await trial.cast.admin.call("compute", "GET", `/flavors/${await spare(trial)}`);
        expect(reply.status).toBe(404);
      },
    },
  },
};

export const ADMIN_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  DownloadImage: {
    "": {
      attempt: (trial) => {
        const source = { http: { url: "http://127.0.0.1/x" } };
        return trial.rest("POST", "/admin/v1/images", { metadata: { name: trial.name() }, source });
      },
    },
  },
  GetImageDownloadStatus: {
    "": { attempt: (trial) => trial.rest("GET", `/admin/v1/images/${trial.cast.imageId}/status`) },
  },
  SetupImageUploadProxy: { "": { attempt: (trial) => trial.rest("POST", "/admin/v1/images/uploadproxy", {}) } },
};

export const PRODUCT_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  "vimana.v1.IdentityService/GetCaller": { "": get(() => "/v1/caller", "project", "id") },
  "vimana.v1.IdentityService/ListClouds": { "": get(() => "/v1/clouds", "clouds", 0) },
  "vimana.v1.CapabilitiesService/GetCapabilities": { "": get(() => "/v1/capabilities", "capabilities", 0) },
  "vimana.v1.RecoveryService/ListUnfinishedWrites": { "": get(() => "/v1/unfinished_writes", "hasMore") },
};

/** A port by OpenStack's own API through the gateway. */
const port: Try = {
  async attempt(trial) {
    const { networkId } = await trial.stage();
    const body = { port: { name: trial.name(), network_id: networkId, tags: ["seen"] } };
    const reply = await trial.rest("POST", "/openstack/network/v2.0/ports", body);
    if (reply.status === 201) trial.later(() => trial.drop("network", `/ports/${at(json(reply), "port", "id")}`));
    return reply;
  },
};
const hasTag = (reply: Reply): boolean => (at(json(reply), "port", "tags") as readonly string[]).includes("seen");

export const PASSTHROUGH_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  "openstack/network POST /v2.0/ports": { "": port, "port.tags": { ...port, isPresent: hasTag } },
};
