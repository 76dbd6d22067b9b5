/** A simulated cloud with a gateway in front of it, each in a process of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SimulatedCloud } from "../src/simulator/index.ts";
import { type Child, start } from "./children.ts";
import { type Direct, openDirect, type Place } from "./direct.ts";
import type { Plan } from "./plan.ts";

export interface Gateway extends Child {
  /** Base addresses; gRPC as host:port. */
  readonly doors: { readonly grpc: string; readonly http: string; readonly occi: string };
}

export interface Rig {
  readonly simulator: Child;
  readonly gateway: Gateway;
  readonly tenant: Direct;
  readonly admin: Direct;
  stop(): Promise<void>;
}

const READY = /gRPC +(\S+)\s+HTTP +(\S+)\s+OCCI +(\S+)/;

/** A gateway as operators start it, on free ports and with its default log level. */
export async function startGateway({ file, name }: Place): Promise<Gateway> {
  const ports = ["grpc", "http", "occi", "simulator"].flatMap((door) => [`--${door}-port`, "0"]);
  const args = ["src/cli/main.ts", "serve", ...ports, "--data-dir", "memory", "--cloud", name];
  const child = await start(args, { ready: READY, env: { OS_CLIENT_CONFIG_FILE: file } });
  const [, grpc = "", http = "", occi = ""] = child.said;
  return { ...child, doors: { grpc, http, occi } };
}

export async function startSimulatorProcess() {
  const simulator = await start(["bench/processes/simulator.ts"], { ready: /ready (.*)\n/ });
  const folder = mkdtempSync(join(tmpdir(), "vimana-bench-"));
  const file = join(folder, "clouds.yaml");
  const { clouds }: { clouds: Record<string, SimulatedCloud> } = JSON.parse(simulator.said[1] ?? "{}");
  const entries = Object.entries(clouds).map(([name, { region_name, ...auth }]) => [name, { region_name, auth }]);
  // JSON is YAML.
  writeFileSync(file, JSON.stringify({ clouds: Object.fromEntries(entries) }), { mode: 0o600 });
  return {
    simulator,
    tenant: await openDirect({ file, name: "demo" }),
    admin: await openDirect({ file, name: "admin" }),
    async stop() {
      await simulator.stop();
      rmSync(folder, { recursive: true });
    },
  };
}

export async function startRig(): Promise<Rig> {
  const cloud = await startSimulatorProcess();
  const gateway = await startGateway(cloud.tenant.place);
  return {
    ...cloud,
    gateway,
    async stop() {
      await gateway.stop();
      await cloud.stop();
    },
  };
}

export interface Bare {
  readonly proxy: Child;
  readonly express: Child;
  readonly grpc: Child;
  stop(): Promise<void>;
}

/** The bare doors, serving these plans by name. */
export async function startBare(plans: Readonly<Record<string, Plan>>): Promise<Bare> {
  const open = (kind: string) =>
    start(["bench/processes/bare.ts", kind, JSON.stringify(plans)], { ready: /ready (\S+)\n/ });
  const [proxy, express, grpc] = await Promise.all([open("proxy"), open("express"), open("grpc")]);
  return {
    proxy,
    express,
    grpc,
    async stop() {
      await Promise.all([proxy.stop(), express.stop(), grpc.stop()]);
    },
  };
}

/** Makes servers by the hundred, with the quotas that they need. */
export async function makeServers(tenant: Direct, admin: Direct, count: number): Promise<void> {
  const unlimited = { instances: -1, cores: -1, ram: -1, ports: -1 };
  const { ports: port, ...quota_set } = unlimited;
  await must(admin.call("compute", "PUT", `/os-quota-sets/${tenant.projectId}`, { quota_set }));
  await must(admin.call("network", "PUT", `/quotas/${tenant.projectId}`, { quota: { port } }));
  const imageRef = await tenant.find("image", "/images", "images", "cirros");
  const flavorRef = await tenant.find("compute", "/flavors", "flavors", "m1.tiny");
  const networks = await roomyNetworks(tenant, count);
  const batch = Math.min(100, count);
  for (let made = 0; made < count; made += batch) {
    const server = { name: `bench-${made}`, imageRef, flavorRef, networks, min_count: batch };
    await must(tenant.call("compute", "POST", "/servers", { server }));
  }
}

/** A network of its own with room for so many cards. */
async function roomyNetworks(tenant: Direct, count: number) {
  const { network } = await must(tenant.call("network", "POST", "/networks", { network: { name: "bench-net" } }));
  const { id } = network as { id: string };
  const subnet = { network_id: id, ip_version: 4, cidr: count > 1000 ? "10.60.0.0/16" : "10.60.0.0/21" };
  await must(tenant.call("network", "POST", "/subnets", { subnet }));
  return [{ uuid: id }];
}

async function must(reply: ReturnType<Direct["call"]>): Promise<Record<string, unknown>> {
  const { status, body } = await reply;
  if (status >= 300) throw new Error(`setting up: ${status} ${JSON.stringify(body)}`);
  return body;
}
