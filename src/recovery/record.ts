import type { Cloud, CloudError, Json, JsonObject, StoredDocument } from "../cloud/index.ts";
import { asObject, decodeSteps, encodeStep, optionalText, type Step } from "./step.ts";

/** How the account of one write stands in the store. */

export const KIND = "write";
/** The index key by which open accounts are found among the answers that are kept. */
export const OPEN = { name: "state", value: "open" } as const;

/** Where a write belongs: the cloud, with what tells its lives apart where it does not outlive the gateway, and the project. */
export interface Place {
  readonly cloud: string;
  readonly project: string;
}

/** An open account. */
export interface OpenRecord {
  readonly operation: string;
  readonly requestId: string;
  readonly startedAt: number;
  readonly cloud: string;
  readonly region: string | undefined;
  readonly userId: string;
  /** The gateway that works at it. */
  readonly owner: string;
  readonly steps: readonly Step[];
  /** Of a write with a key: the digest of the request. */
  readonly fingerprint: string | undefined;
  /** Since when somebody other than the call itself has been at it; nothing while the call is. */
  readonly abandonedAt: number | undefined;
  readonly attempts: number;
  /** Why the last attempt did not end it. */
  readonly trouble: string | undefined;
}

export interface DoneRecord {
  readonly fingerprint: string;
  readonly answer: JsonObject;
}

export function placeOf({ name, region, tenant }: Cloud, life: string | undefined): Place {
  return { cloud: nameOf(name, region, life), project: tenant.projectId };
}

export function nameOf(cloud: string, region: string | undefined, life: string | undefined): string {
  const lasting = region === undefined ? cloud : `${cloud}/${region}`;
  return life === undefined ? lasting : `${lasting}@${life}`;
}

export function encodeOpen(record: OpenRecord): JsonObject {
  const { steps, ...rest } = record;
  const body: Record<string, Json> = { state: "open", steps: steps.map(encodeStep) };
  for (const [name, value] of Object.entries(rest)) if (value !== undefined) body[name] = value;
  return body;
}

/** Nothing when the write is done. */
export function decodeOpen({ body, createdAt }: StoredDocument): OpenRecord | undefined {
  if (body.state !== "open") return undefined;
  const text = (name: string): string => optionalText(body[name]) ?? "";
  const number = (name: string): number | undefined => {
    const value = body[name];
    return typeof value === "number" ? value : undefined;
  };
  return {
    operation: text("operation"),
    requestId: text("requestId"),
    startedAt: number("startedAt") ?? createdAt,
    cloud: text("cloud"),
    region: optionalText(body.region),
    userId: text("userId"),
    owner: text("owner"),
    steps: decodeSteps(body.steps),
    fingerprint: optionalText(body.fingerprint),
    abandonedAt: number("abandonedAt"),
    attempts: number("attempts") ?? 0,
    trouble: optionalText(body.trouble),
  };
}

export function encodeDone({ fingerprint, answer }: DoneRecord, operation: string, requestId: string): JsonObject {
  return { state: "done", operation, requestId, fingerprint, answer };
}

export function decodeDone({ body }: StoredDocument): DoneRecord {
  return { fingerprint: optionalText(body.fingerprint) ?? "", answer: asObject(body.answer, "answer") };
}

/** What stands in a list of unfinished writes. */
export function troubleOf(error: CloudError): string {
  return `${error.reason}: ${error.message}`.slice(0, 500);
}
