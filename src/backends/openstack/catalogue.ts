/** Finds a service in a tenant's catalogue. */
import { CloudError } from "../../cloud/index.ts";
import type { CloudConfig } from "./config/config.ts";
import { endpointAt } from "./endpoint.ts";
import type { CatalogueEntry } from "./identity/token.ts";
import type { Address, ServiceType } from "./pipeline/exchange.ts";

/** Names under which clouds list a service, best first (service-types-authority). */
export const SERVICE_ALIASES: Readonly<Record<ServiceType, readonly string[]>> = {
  identity: ["identity", "identityv3"],
  compute: ["compute", "computev21"],
  image: ["image", "imagev2"],
  network: ["network", "networking"],
  volume: ["block-storage", "volumev3", "block-store", "volume"],
};

/** The versioned endpoint of a service in a region. */
export function findEndpoint(
  config: CloudConfig,
  catalogue: readonly CatalogueEntry[],
  region: string | undefined,
  service: ServiceType,
): Address {
  const override = config.overrides[service];
  if (override !== undefined) return endpointAt(service, override);
  for (const type of SERVICE_ALIASES[service]) {
    for (const entry of catalogue) {
      if (entry.type !== type) continue;
      const found = entry.endpoints.find(
        (endpoint) =>
          bareInterface(endpoint.interface) === config.interface &&
          endpoint.url !== "" &&
          (region === undefined || endpoint.region === region),
      );
      if (found !== undefined) return endpointAt(service, found.url);
    }
  }
  const where = region === undefined ? "" : ` in region ${region}`;
  const offered = describe(catalogue);
  throw new CloudError(
    "MISSING_SERVICE",
    `the catalogue of cloud ${config.name} has no ${config.interface} endpoint of ${service}${where}; it has ${offered}`,
  );
}

/** Catalogues of old write `publicURL`. */
function bareInterface(name: string): string {
  return name.replace(/URL$/, "");
}

function describe(catalogue: readonly CatalogueEntry[]): string {
  const offered = catalogue.flatMap(({ type, endpoints }) =>
    endpoints.map((endpoint) => `${type} (${endpoint.interface}, ${endpoint.region ?? "no region"})`),
  );
  return offered.length === 0 ? "nothing" : offered.join(", ");
}

/** The regions that a catalogue names. */
export function regionsOf(catalogue: readonly CatalogueEntry[]): ReadonlySet<string> {
  const regions = catalogue.flatMap((entry) => entry.endpoints.map((endpoint) => endpoint.region));
  return new Set(regions.filter((region) => region !== undefined));
}
