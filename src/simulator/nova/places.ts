/** Where servers can be: Nova's services on their hosts, and the aggregates by which hosts have zones. */
import type { Ids } from "../../cloud/runtime.ts";
import type { Row } from "../core/json.ts";
import { defineTable, type World } from "../world.ts";

export interface Host {
  readonly name: string;
  readonly vcpus: number;
  /** MiB. */
  readonly ram: number;
  /** GiB. */
  readonly disk: number;
}

/** The pretended compute hosts: large machines with some overcommitment. */
export const hosts: readonly Host[] = ["compute-1", "compute-2", "compute-3"].map((name) => ({
  name,
  vcpus: 2048,
  ram: 2_097_152,
  disk: 65_536,
}));

/** The zone of hosts that no aggregate gives another (`[DEFAULT] default_availability_zone`), and that of Nova's own services. */
export const defaultZone = "nova";
export const internalZone = "internal";

/** A process of Nova on a host. The id is the one from 2.53 on, the number the one before. */
export interface NovaService extends Row {
  readonly number: number;
  readonly binary: string;
  readonly host: string;
  readonly disabled: boolean;
  readonly disabled_reason: string | null;
  readonly forced_down: boolean;
}

export interface Aggregate extends Row {
  readonly uuid: string;
  readonly name: string;
  readonly hosts: readonly string[];
  /** `availability_zone` among them, where it has one. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly created_at: number;
  readonly updated_at: number | null;
}

export const novaServices = defineTable<NovaService>("nova.services");
export const aggregates = defineTable<Aggregate>("nova.aggregates");

export const compute = "nova-compute";

/** The services of the default world, numbered as Nova's database would. */
export function seedServices(world: World, ids: Ids): void {
  const plan = [
    ["nova-scheduler", "controller"],
    ["nova-conductor", "controller"],
    ...hosts.map(({ name }) => [compute, name]),
  ];
  for (const [index, [binary = "", host = ""]] of plan.entries())
    world.of(novaServices).put({
      id: ids.uuid(),
      number: index + 1,
      binary,
      host,
      disabled: false,
      disabled_reason: null,
      forced_down: false,
    });
}

export function serviceOn(world: World, host: string): NovaService | undefined {
  return world.of(novaServices).find((service) => service.binary === compute && service.host === host);
}

/** Whether the scheduler may put servers there. */
export function isOpen(world: World, host: string): boolean {
  const service = serviceOn(world, host);
  return service !== undefined && !service.disabled && !service.forced_down;
}

export function zoneOf(world: World, host: string): string {
  const named = world
    .of(aggregates)
    .find(({ hosts: within, metadata }) => within.includes(host) && metadata.availability_zone !== undefined);
  return named?.metadata.availability_zone ?? defaultZone;
}

export function zoneOfService(world: World, { binary, host }: NovaService): string {
  return binary === compute ? zoneOf(world, host) : internalZone;
}
