import { CloudError, type Json, type JsonObject } from "../cloud/index.ts";

/** What a write does to a cloud, as data: enough to find it again and to take it back, and nothing that is secret. */

export const KINDS = [
  "image",
  "flavour",
  "network",
  "subnet",
  "port",
  "server",
  "volume",
  "volume snapshot",
  "volume backup",
  "security group",
  "floating address",
  "router",
  "key pair",
  "server group",
  /** A document of the store's own, such as a flavour that the gateway holds. */
  "document",
] as const;
export type Kind = (typeof KINDS)[number];

const DEEDS = ["make", "plug", "change", "grow", "remove", "unplug"] as const;
/** `plug` and `unplug`: a port or a volume and the server `on` which it is; `grow`: a volume, which never shrinks again. */
export type Deed = (typeof DEEDS)[number];

export interface Step {
  readonly does: Deed;
  readonly kind: Kind;
  /** Absent while only the marker tells. */
  readonly id?: string;
  readonly on?: string;
  readonly marker?: string;
  /** When the marker was made, milliseconds since the epoch. */
  readonly since?: number;
  readonly name?: string;
  /** What the deed's undoing needs beside. */
  readonly facts?: JsonObject;
}

export function encodeStep({ facts, ...step }: Step): JsonObject {
  return { ...step, ...(facts === undefined ? {} : { facts }) };
}

export function decodeSteps(value: Json | undefined): readonly Step[] {
  if (!Array.isArray(value)) throw damaged("steps");
  return value.map((one) => decodeStep(asObject(one, "steps")));
}

function decodeStep(json: JsonObject): Step {
  const does = DEEDS.find((deed) => deed === json.does);
  const kind = KINDS.find((one) => one === json.kind);
  if (does === undefined || kind === undefined) throw damaged("steps");
  const texts = (["id", "on", "marker", "name"] as const).flatMap((name) => {
    const text = optionalText(json[name]);
    return text === undefined ? [] : [[name, text] as const];
  });
  const { since, facts } = json;
  return {
    does,
    kind,
    ...Object.fromEntries(texts),
    ...(typeof since === "number" ? { since } : {}),
    ...(facts === undefined ? {} : { facts: asObject(facts, "facts") }),
  };
}

export function asObject(value: Json | undefined, what: string): JsonObject {
  if (isObject(value)) return value;
  throw damaged(what);
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function optionalText(value: Json | undefined): string | undefined {
  return typeof value === "string" ? value : undefined;
}

export function texts(value: Json | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

function damaged(what: string): CloudError {
  return new CloudError("INTERNAL", `an account of a write in the store has no ${what} that this version reads`);
}

/** Whether what a call was to do can have happened all the same. */
export function isUncertain(thrown: unknown): boolean {
  return CloudError.is(
    CloudError.from(thrown),
    "AMBIGUOUS",
    "CANCELLED",
    "DEADLINE_EXCEEDED",
    "UNAVAILABLE",
    "UPSTREAM_FAILED",
    "INTERNAL",
  );
}
