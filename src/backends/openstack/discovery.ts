/** What versions a service has: asked when first needed, remembered for an hour. */
import type { Clock } from "../../cloud/index.ts";
import { Cache } from "./cache.ts";
import { budget } from "./deadline.ts";
import { versionDocumentOf } from "./endpoint.ts";
import { asObject, isObject, type JsonObject, parseObject, textOrNone } from "./json.ts";
import { type Address, type Exchange, hrefOf, type Send } from "./pipeline/exchange.ts";
import { abortable } from "./pipeline/fail.ts";
import type { FindRange, VersionRange } from "./pipeline/negotiate.ts";

const KEPT_MS = 3_600_000;
const KEPT_SERVICES = 256;

/** Asks in its own time, for the answer serves everybody. */
const BUDGET_MS = 30_000;

export type Discovery = (endpoint: Address, send: Send) => FindRange;

export function openDiscovery(clock: Clock, closing: AbortSignal): Discovery {
  const known = new Cache<{ readonly range: VersionRange | undefined }>(clock, KEPT_SERVICES);
  const documents = new WeakMap<Address, Address>();
  return (endpoint, send) => (exchange) => {
    const url = documents.get(endpoint) ?? versionDocumentOf(endpoint);
    documents.set(endpoint, url);
    const found = known.get(hrefOf(url));
    if (found !== undefined) return Promise.resolve(found.range);
    const flight = known.obtain(hrefOf(url), async () => {
      const signal = budget(BUDGET_MS, closing);
      const range = await ask(url, { ...exchange, context: { ...exchange.context, signal } }, send);
      return { value: { range }, until: clock.now() + KEPT_MS };
    });
    return abortable(flight, exchange.context.signal).then(({ range }) => range);
  };
}

async function ask(url: Address, exchange: Exchange, send: Send): Promise<VersionRange | undefined> {
  const { service } = exchange.operation;
  const operation = { service, name: "versions.get", method: "GET", path: [] } as const;
  const answer = await send({ operation, context: exchange.context, url, headers: {} });
  return decodeVersions(parseObject(answer.text, `the version document of ${service}`));
}

/** A version document, of one version or of several; empty text means that there are no microversions. */
export function decodeVersions(body: JsonObject): VersionRange | undefined {
  const listed = isObject(body.versions) ? body.versions.values : body.versions;
  const entries = Array.isArray(listed) ? listed.filter(isObject) : [asObject(body.version ?? body, "version")];
  for (const entry of entries) {
    const max = textOrNone(entry.version) ?? textOrNone(entry.max_version);
    const min = textOrNone(entry.min_version);
    if (max !== undefined && min !== undefined) return { min, max };
  }
  return undefined;
}
