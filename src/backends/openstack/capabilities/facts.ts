/** Finds the facts that capabilities are judged by: at most four requests, none of which changes anything. */
import { CloudError } from "../../../cloud/index.ts";
import { asObject, type JsonObject, numberOrNone } from "../json.ts";
import { extensionsOf } from "../network/extensions.ts";
import type { Operation, ServiceType } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";
import type { Fact, Facts } from "./judge.ts";
import type { QuotaName } from "./rules.ts";

const SERVICES: readonly ServiceType[] = ["compute", "image", "network", "volume"];

export async function gatherFacts(session: Session): Promise<Facts> {
  const missing = missingOf(session);
  const asked = <Value>(service: ServiceType, ask: () => Promise<Value>): Promise<Fact<Value>> =>
    missing[service] === undefined ? factOf(ask) : Promise.resolve({});
  const [compute, extensions, computeQuotas, networkQuotas] = await Promise.all([
    asked("compute", async () => (await session.versions("compute")) ?? "none"),
    asked("network", () => extensionsOf(session)),
    asked("compute", () => readComputeQuotas(session)),
    asked("network", () => readNetworkQuotas(session)),
  ]);
  return { missing, compute, extensions, computeQuotas, networkQuotas };
}

/** Whether every fact was answered, one way or the other: only then are they worth remembering. */
export function isWhole({ compute, extensions, computeQuotas, networkQuotas }: Facts): boolean {
  const facts: readonly Fact<unknown>[] = [compute, extensions, computeQuotas, networkQuotas];
  return facts.every(({ failure }) => failure === undefined);
}

function missingOf(session: Session): Facts["missing"] {
  const missing: Partial<Record<ServiceType, string>> = {};
  for (const service of SERVICES) {
    try {
      session.endpoint(service);
    } catch (thrown) {
      if (!CloudError.is(thrown, "MISSING_SERVICE")) throw thrown;
      missing[service] = thrown.message;
    }
  }
  return missing;
}

/** A refusal tells nothing; an absence of answers is worth a word, and leaves the other services' facts alone. */
async function factOf<Value>(ask: () => Promise<Value>): Promise<Fact<Value>> {
  try {
    return { known: await ask() };
  } catch (thrown) {
    if (CloudError.is(thrown, "FORBIDDEN", "NOT_FOUND")) return {};
    if (CloudError.is(thrown, "UNAUTHENTICATED", "CANCELLED") || !(thrown instanceof CloudError)) throw thrown;
    return { failure: thrown.message };
  }
}

/** nova: GET /limits, which every role may ask; Neutron's quotas are the tenant's own, under its id. */
async function readComputeQuotas(session: Session): Promise<Partial<Record<QuotaName, number>>> {
  const { limits } = await session.ask(get("compute", "limits.get", ["limits"]));
  const absolute = asObject(asObject(limits, "limits").absolute, "limits.absolute");
  return pick(absolute, {
    servers: "maxTotalInstances",
    cores: "maxTotalCores",
    memory: "maxTotalRAMSize",
    "server groups": "maxServerGroups",
  });
}

async function readNetworkQuotas(session: Session): Promise<Partial<Record<QuotaName, number>>> {
  const { projectId } = session.bound.signIn.tenant;
  const { quota } = await session.ask(get("network", "quotas.get", ["quotas", projectId]));
  return pick(asObject(quota, "quota"), { networks: "network", subnets: "subnet", ports: "port" });
}

function pick(
  json: JsonObject,
  names: Readonly<Partial<Record<QuotaName, string>>>,
): Partial<Record<QuotaName, number>> {
  const found = Object.entries(names).map(([name, member]) => [name, numberOrNone(json[member])] as const);
  return Object.fromEntries(found.filter(([, limit]) => limit !== undefined));
}

function get(service: ServiceType, name: string, path: readonly string[]): Operation {
  return { service, name, method: "GET", path };
}
