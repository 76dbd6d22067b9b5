/** A rule against the facts: pure. The reasons are tried from what nobody can help to what somebody can. */
import { type Capabilities, type CapabilityReason, FEATURES, SUPPORTED, type Verdict } from "../../../cloud/index.ts";
import type { ServiceType } from "../pipeline/exchange.ts";
import { compareVersions, type VersionRange } from "../pipeline/negotiate.ts";
import { type QuotaName, RULES, type Rule } from "./rules.ts";

/** Something that was asked of the cloud: an answer, a refusal that tells nothing, or none, with the reason. */
export interface Fact<Value> {
  readonly known?: Value;
  readonly failure?: string;
}

/** What is known of a cloud and a tenant. */
export interface Facts {
  /** Why a service cannot be reached at all: the catalogue lacks it. */
  readonly missing: Readonly<Partial<Record<ServiceType, string>>>;
  /** Nothing within: a Nova without microversions. */
  readonly compute: Fact<VersionRange | "none">;
  readonly extensions: Fact<ReadonlySet<string>>;
  /** Limits of what the tenant may have; -1 = as much as it likes. */
  readonly computeQuotas: Fact<Readonly<Partial<Record<QuotaName, number>>>>;
  readonly networkQuotas: Fact<Readonly<Partial<Record<QuotaName, number>>>>;
}

export function judgeAll(facts: Facts, roles: readonly string[]): Capabilities {
  const verdicts = FEATURES.map((feature) => [feature, judge(RULES[feature], facts, roles)] as const);
  return Object.fromEntries(verdicts) as Capabilities;
}

export function judge(rule: Rule, facts: Facts, roles: readonly string[]): Verdict {
  return (
    missing(rule, facts) ??
    version(rule, facts) ??
    extension(rule, facts) ??
    policy(rule, roles) ??
    quota(rule, facts) ??
    (rule.depends === undefined ? SUPPORTED : { support: "depends", explanation: rule.depends })
  );
}

const no = (reason: CapabilityReason, explanation: string): Verdict => ({ support: "no", reason, explanation });
const unsure = (what: string, failure: string): Verdict => ({
  support: "depends",
  explanation: `${what} could not be asked: ${failure}`,
});

function missing({ services }: Rule, facts: Facts): Verdict | undefined {
  const explanation = services.map((service) => facts.missing[service]).find((why) => why !== undefined);
  return explanation === undefined ? undefined : no("MISSING_SERVICE", explanation);
}

function version({ computeSince }: Rule, { compute }: Facts): Verdict | undefined {
  if (computeSince === undefined) return undefined;
  if (compute.known === undefined) {
    return compute.failure === undefined ? undefined : unsure("the compute service's versions", compute.failure);
  }
  const needs = `this needs compute ${computeSince} or later`;
  if (compute.known === "none") return no("VERSION", `${needs}, and the service has no microversions`);
  const { min, max } = compute.known;
  if (compareVersions(max, computeSince) >= 0) return undefined;
  return no("VERSION", `${needs}, and the service offers ${min} to ${max}`);
}

function extension({ extensions, isDroppedSilently }: Rule, facts: Facts): Verdict | undefined {
  if (extensions === undefined) return undefined;
  const { known } = facts.extensions;
  if (known === undefined) return unsure("the network service's extensions", facts.extensions.failure ?? "no answer");
  if (extensions.some((alias) => known.has(alias))) return undefined;
  const lacks = `the network service does not announce ${extensions.join(" or ")}`;
  return isDroppedSilently === true
    ? no("SILENT_NO_OP", `${lacks}: it takes this and drops it`)
    : no("EXTENSION", lacks);
}

/** Roles that write, by the default policies. */
const WRITERS = ["member", "manager", "admin"];

function policy({ role }: Rule, roles: readonly string[]): Verdict | undefined {
  if (role === undefined) return undefined;
  const has = `and the caller has ${roles.length === 0 ? "none" : roles.join(", ")}`;
  if (role === "admin") {
    return roles.includes("admin") ? undefined : no("POLICY", `the default policy asks for the role admin, ${has}`);
  }
  // A cloud of before the reader role may call its members otherwise: whoever is no reader is taken for one.
  if (!roles.includes("reader") || roles.some((name) => WRITERS.includes(name))) return undefined;
  return no("POLICY", `the default policy asks for the role member, ${has}`);
}

/** A quota that is not told hinders nobody. */
function quota({ quotas = [] }: Rule, { computeQuotas, networkQuotas }: Facts): Verdict | undefined {
  const limits = { ...computeQuotas.known, ...networkQuotas.known };
  const none = quotas.find((name) => limits[name] === 0);
  return none === undefined ? undefined : no("QUOTA", `the tenant's quota of ${none} is 0`);
}
