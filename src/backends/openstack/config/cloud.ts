/** One entry of `clouds:` as a CloudConfig. */
import { SERVICE_ALIASES } from "../catalogue.ts";
import type { ServiceType } from "../pipeline/exchange.ts";
import type { Tls } from "../pipeline/transport.ts";
import { readAuth } from "./auth.ts";
import type { CloudConfig, Interface } from "./config.ts";
import { faulty, Section } from "./reader.ts";

export type ReadFile = (path: string) => string | undefined;

/** Keys of a cloud that older files write beside `auth:` and mean inside of it. */
const STRAY_AUTH_KEYS = ["auth_url", "username", "password", "project_name", "project_id", "tenant_name", "token"];

export function readCloud(name: string, cloud: Section, readFile: ReadFile): CloudConfig {
  const auth = gatherAuth(cloud);
  const authUrl = auth.needed("auth_url");
  if (!/^https?:$/.test(URL.parse(authUrl)?.protocol ?? ""))
    throw auth.fault("auth_url", "must be an http or https URL");
  const version = cloud.text("identity_api_version");
  if (version !== undefined && !/^v?3(?:\.\d+)?$/.test(version)) {
    throw cloud.fault("identity_api_version", `${version} is not supported, only 3`);
  }
  const regions = readRegions(cloud);
  return {
    name,
    authUrl,
    auth: readAuth(cloud, auth),
    region: cloud.text("region_name") ?? regions[0],
    regions,
    interface: readInterface(cloud),
    overrides: readOverrides(cloud),
    tls: readTls(cloud, readFile),
  };
}

function gatherAuth(cloud: Section): Section {
  const auth = cloud.section("auth");
  const stray = STRAY_AUTH_KEYS.filter((key) => cloud.has(key) && auth?.has(key) !== true);
  if (auth === undefined && stray.length === 0) throw cloud.fault("auth", "is missing");
  const values = { ...auth?.values, ...Object.fromEntries(stray.map((key) => [key, cloud.values[key]])) };
  return new Section(values, auth?.place ?? cloud.place);
}

/** `regions` is a list of names, or of mappings with a name and values of their own. */
function readRegions(cloud: Section): readonly string[] {
  const list = cloud.values.regions;
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw cloud.fault("regions", "must be a list");
  return list.map((item: unknown, index) => {
    if (typeof item === "string") return item;
    const region = new Section({ item }, cloud.place).section("item");
    if (region?.has("values") === true) {
      throw cloud.fault(`regions[${index}].values`, "is not supported; make a cloud of its own of the region");
    }
    return new Section(region?.values ?? {}, faultyPlace(cloud, `regions[${index}]`)).needed("name");
  });
}

function faultyPlace(section: Section, key: string): Section["place"] {
  return { source: section.place.source, path: `${section.place.path}.${key}` };
}

const INTERFACES: Readonly<Record<string, Interface>> = {
  public: "public",
  publicURL: "public",
  internal: "internal",
  internalURL: "internal",
  admin: "admin",
  adminURL: "admin",
};

function readInterface(cloud: Section): Interface {
  const key = cloud.has("interface") ? "interface" : "endpoint_type";
  const written = cloud.text(key) ?? "public";
  const known = Object.hasOwn(INTERFACES, written) ? INTERFACES[written] : undefined;
  if (known === undefined) throw cloud.fault(key, `must be one of ${Object.keys(INTERFACES).join(", ")}`);
  return known;
}

const SERVICES: readonly ServiceType[] = ["identity", "compute", "image", "network", "volume"];

/** `compute_endpoint_override`, or under an alias of the service with underscores. */
function readOverrides(cloud: Section): CloudConfig["overrides"] {
  const overrides: Partial<Record<ServiceType, string>> = {};
  for (const service of SERVICES) {
    for (const alias of SERVICE_ALIASES[service]) {
      const key = `${alias.replaceAll("-", "_")}_endpoint_override`;
      const url = cloud.text(key);
      if (url === undefined) continue;
      if (!URL.canParse(url)) throw cloud.fault(key, "must be a URL");
      overrides[service] ??= url;
    }
  }
  return overrides;
}

function readTls(cloud: Section, readFile: ReadFile): Tls {
  const pem = (key: string): string | undefined => {
    const path = cloud.text(key);
    if (path === undefined) return undefined;
    const content = readFile(path);
    if (content === undefined) throw faulty(cloud.place, key, `${path} cannot be read`);
    return content;
  };
  const ca = pem("cacert");
  const cert = pem("cert");
  const key = pem("key");
  if (cert !== undefined && key === undefined) throw cloud.fault("key", "is missing beside cert");
  const insecure = cloud.flag("insecure");
  return {
    verify: cloud.flag("verify") ?? !(insecure ?? false),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}
