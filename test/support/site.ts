/** Where drills take place: a simulator in the test's process, and in front of it a gateway. */
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import type { IncomingMessage, ServerResponse } from "node:http";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { simulatedConfig } from "./backends.ts";
import { type DrillDoors, openDrillDoors, type Parts } from "./drillDoors.ts";
import { type GatewayProcess, type ProcessOptions, startGatewayProcess } from "./gatewayProcess.ts";
import { type Native, signIn } from "./native.ts";

export interface Site {
  readonly simulator: Simulator;
  readonly gateway: GatewayProcess;
  /** What the doors do, as the gateway's own user. */
  readonly doors: DrillDoors;
  /** The same tenant, and an administrator, without the gateway. */
  tenant(): Promise<Native>;
  admin(): Promise<Native>;
  /** Names of the tenant's servers, by the cloud's own word. */
  servers(): Promise<readonly string[]>;
  /** Requests to the cloud that their sender gave up, as `GET /path`. */
  readonly abandoned: readonly string[];
  close(): Promise<void>;
}

export async function openSite(options: Partial<ProcessOptions> = {}): Promise<Site> {
  const simulator = await startSimulator();
  const native = (name: "demo" | "admin"): Promise<Native> => signIn(simulatedConfig(name, cloudOf(simulator, name)));
  const abandoned: string[] = [];
  const watch = (message: unknown): void => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    response.once("close", () => {
      if (!response.writableEnded) abandoned.push(`${request.method} ${request.url}`);
    });
  };
  subscribe("http.server.request.start", watch);
  const gateway = await startGatewayProcess({ clouds: { sky: cloudOf(simulator, "demo") }, cloud: "sky", ...options });
  const tenant = await native("demo");
  const doors = openDrillDoors(gateway, await partsOf(tenant));
  return {
    simulator,
    gateway,
    doors,
    tenant: () => native("demo"),
    admin: () => native("admin"),
    async servers() {
      const { body } = await (await native("demo")).call("compute", "GET", "/servers");
      return (body.servers as readonly { readonly name: string }[]).map(({ name }) => name).sort();
    },
    abandoned,
    async close() {
      unsubscribe("http.server.request.start", watch);
      doors.close();
      await gateway.stop();
      await simulator.close();
    },
  };
}

export function cloudOf(simulator: Simulator, name: string): ReturnType<Simulator["clouds"]>[string] {
  const cloud = simulator.clouds()[name];
  if (cloud === undefined) throw new Error(`the default world has no ${name}`);
  return cloud;
}

/** What the default world makes machines of. */
export async function partsOf(tenant: Native): Promise<Parts> {
  return {
    imageId: await tenant.find("image", "/images", "images", "cirros"),
    flavourId: await tenant.find("compute", "/flavors", "flavors", "m1.tiny"),
    networkId: await tenant.find("network", "/networks", "networks", "demo-net"),
  };
}
