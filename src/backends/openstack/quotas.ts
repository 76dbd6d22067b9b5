/** Quotas of a tenant, in the words of Nova, Neutron and Cinder. */
import { CloudError, type Quota, type Quotas } from "../../cloud/index.ts";
import { asObject, isObject, type JsonObject, numberOrNone } from "./json.ts";
import { extensionsOf } from "./network/extensions.ts";
import type { Operation } from "./pipeline/exchange.ts";
import type { Session } from "./session.ts";

export function openQuotas(session: Session): Quotas {
  return {
    list: async () => {
      const all = await Promise.all([compute(session), orNone(network(session)), orNone(volume(session))]);
      return all.flat();
    },
  };
}

/** A service that the cloud does not have has no quotas. */
async function orNone(quotas: Promise<readonly Quota[]>): Promise<readonly Quota[]> {
  try {
    return await quotas;
  } catch (thrown) {
    if (CloudError.is(thrown, "MISSING_SERVICE")) return [];
    throw thrown;
  }
}

const operation = (service: Operation["service"], path: readonly string[]): Operation => ({
  service,
  name: "quotas.get",
  method: "GET",
  path,
});

const projectOf = (session: Session) => session.bound.signIn.tenant.projectId;

async function compute(session: Session): Promise<readonly Quota[]> {
  const body = await session.ask(operation("compute", ["os-quota-sets", projectOf(session), "detail"]));
  return decodeQuotas("compute", asObject(body.quota_set, "quota_set"));
}

async function volume(session: Session): Promise<readonly Quota[]> {
  const asked = operation("volume", ["os-quota-sets", projectOf(session)]);
  const body = await session.ask({ ...asked, query: [["usage", "true"]] });
  return decodeQuotas("volume", asObject(body.quota_set, "quota_set"));
}

/** Without the extension Neutron tells limits only. */
async function network(session: Session): Promise<readonly Quota[]> {
  const isCounted = (await extensionsOf(session)).has("quota_details");
  const path = ["quotas", projectOf(session), ...(isCounted ? ["details.json"] : [])];
  const body = await session.ask(operation("network", path));
  return decodeQuotas("network", asObject(body.quota, "quota"));
}

/** Each is a number, or an object with the limit and what counts against it; -1 is no limit. */
export function decodeQuotas(service: Quota["service"], json: JsonObject): readonly Quota[] {
  return Object.entries(json).flatMap(([name, value]) => {
    const quota = isObject(value) ? value : { limit: value };
    const limit = numberOrNone(quota.limit);
    if (limit === undefined) return [];
    const used = numberOrNone(quota.in_use) ?? numberOrNone(quota.used);
    const reserved = numberOrNone(quota.reserved) ?? 0;
    return [
      { service, name, limit: limit < 0 ? undefined : limit, used: used === undefined ? undefined : used + reserved },
    ];
  });
}
