import type { CloudConfig } from "../../src/backends/openstack/index.ts";
import { Secret } from "../../src/cloud/index.ts";
import { type SimulatedCloud, type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { realCloud } from "./clouds.ts";
import { startTestGateway, type TestGateway } from "./gateway.ts";
import { type Native, signIn } from "./native.ts";
import { realTurn } from "./realTurn.ts";

/**
 * A cloud that tests run on: the simulator always, a real OpenStack where there is one. Both have an image `cirros`, a
 * flavour `m1.tiny`, and for each of two tenants a network with a subnet.
 */
export interface Backend {
  readonly name: "simulator" | "real";
  readonly isAvailable: boolean;
  open(): Promise<OpenBackend>;
}

export interface OpenBackend {
  readonly gateway: TestGateway;
  /** The tenant that works, and one that must see nothing of it. */
  readonly tenant: Native;
  readonly stranger: Native;
  /** Who may make flavours, where the tests know such a one. */
  readonly admin: Native | undefined;
  readonly configs: { readonly tenant: CloudConfig; readonly stranger: CloudConfig };
  readonly imageId: string;
  readonly flavourId: string;
  readonly networkId: string;
  /** The simulator behind, where it is one. */
  readonly simulator: Simulator | undefined;
  close(): Promise<void>;
}

export const BACKENDS: readonly Backend[] = [
  { name: "simulator", isAvailable: true, open: openSimulated },
  { name: "real", isAvailable: realCloud() !== undefined, open: openReal },
];

async function openSimulated(): Promise<OpenBackend> {
  const simulator = await startSimulator();
  const { admin, demo, other } = simulator.clouds();
  if (admin === undefined || demo === undefined || other === undefined)
    throw new Error("the default world lacks a tenant");
  const configs = { tenant: simulatedConfig("demo", demo), stranger: simulatedConfig("other", other) };
  const gateway = await startTestGateway({ simulator });
  const root = await signIn(simulatedConfig("admin", admin));
  return prepare(gateway, configs, root, simulator, () => simulator.close());
}

async function openReal(): Promise<OpenBackend> {
  const real = realCloud();
  const tenant = real?.configs[real.name];
  const stranger = real?.configs[real.second ?? ""];
  if (real === undefined || tenant === undefined || stranger === undefined)
    throw new Error("no real cloud with two tenants");
  const endTurn = await realTurn();
  const gateway = await startTestGateway({ configs: real.configs }, ["--cloud", real.name]);
  const admin = real.configs.admin;
  const root = admin === undefined ? undefined : await signIn(admin);
  return prepare(gateway, { tenant, stranger }, root, undefined, async () => endTurn());
}

async function prepare(
  gateway: TestGateway,
  configs: OpenBackend["configs"],
  admin: Native | undefined,
  simulator: Simulator | undefined,
  closeBackend: () => Promise<void>,
): Promise<OpenBackend> {
  const [tenant, stranger] = [await signIn(configs.tenant), await signIn(configs.stranger)];
  return {
    gateway,
    tenant,
    stranger,
    admin,
    configs,
    imageId: await tenant.find("image", "/images", "images", "cirros"),
    flavourId: await tenant.find("compute", "/flavors", "flavors", "m1.tiny"),
    networkId: await tenant.find("network", "/networks", "networks", `${configs.tenant.name}-net`),
    simulator,
    async close() {
      await gateway.close();
      await closeBackend();
    },
  };
}

export function simulatedConfig(name: string, cloud: SimulatedCloud): CloudConfig {
  return {
    name,
    authUrl: cloud.auth_url,
    auth: {
      method: "password",
      user: { name: cloud.username, domain: { name: cloud.user_domain_name } },
      password: new Secret(cloud.password),
      project: { name: cloud.project_name, domain: { name: cloud.project_domain_name } },
    },
    region: cloud.region_name,
    regions: [],
    interface: "public",
    overrides: {},
    tls: { verify: true },
  };
}
