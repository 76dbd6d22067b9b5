/** Nova's JSON schemas for servers as tables of checks, in the order in which it looks (nova: api/openstack/compute/schemas/servers.py). */
import { isIPv4, isIPv6 } from "node:net";
import { applies } from "../../core/attributes.ts";
import { all, digits, matching, nullable, ofType, oneOf, string } from "../../core/checks.ts";
import { isList, isObject, type Json, type JsonObject, repr } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call, Check, Versioned } from "../../core/types.ts";
import { invalid } from "../form.ts";

/** One property of an object. A check may also refuse by itself, to name what lies deeper. */
export interface Property extends Versioned {
  readonly name: string;
  readonly check: Check;
  readonly required?: boolean;
}

/** Values first, then what is missing, then what is too much, as jsonschema goes. */
export function checkObject(
  field: string,
  value: Json | undefined,
  properties: readonly Property[],
  version: number,
): JsonObject {
  if (!isObject(value)) throw invalid(field, value ?? null, `${repr(value)} is not of type 'object'`);
  const known = properties.filter((property) => applies(property, version));
  for (const { name, check } of known) {
    const given = value[name];
    const complaint = given === undefined ? undefined : check(given);
    if (given !== undefined && complaint !== undefined) throw invalid(name, given, complaint);
  }
  for (const { name, required } of known)
    if (required === true && value[name] === undefined)
      throw invalid(field, value, `${repr(name)} is a required property`);
  const extra = Object.keys(value).filter((name) => !known.some((property) => property.name === name));
  if (extra.length > 0) {
    const named = extra.map((name) => repr(name)).join(", ");
    const verb = extra.length === 1 ? "was" : "were";
    throw invalid(field, value, `Additional properties are not allowed (${named} ${verb} unexpected)`);
  }
  return value;
}

/** The object under the body's only key. */
export function inside(call: Call, name: string): Json {
  if (!isObject(call.body)) throw new Refusal(400, `${repr(call.body)} is not of type 'object'`);
  const value = call.body[name];
  if (value === undefined) throw new Refusal(400, `${repr(name)} is a required property`);
  return value;
}

export const uuid = /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i;

/** Formats are checked after types and lengths. */
export function format(name: string, test: (value: string) => boolean): Check {
  return (value) => (typeof value === "string" && !test(value) ? `${repr(value)} is not a ${repr(name)}` : undefined);
}

export const uuidText: Check = all(
  ofType("string"),
  format("uuid", (value) => uuid.test(value)),
);

const unmatched = (value: Json) => `${repr(value)} is not valid under any of the given schemas`;

/** Nova's names say in a sentence of their own what they must be (nova: api/validation/validators.py). */
export const label: Check = (value) => {
  const complaint = string(1, 255)(value);
  if (complaint !== undefined) return complaint;
  if (typeof value === "string" && (value.trim() !== value || /\p{Cc}|\p{Cs}|\p{Co}|\p{Cn}/u.test(value)))
    throw new Refusal(
      400,
      "An invalid 'name' value was provided. The name must be: printable characters. Can not start or end with whitespace.",
    );
  return undefined;
};

const words = ["True", "TRUE", "true", "1", "ON", "On", "on", "YES", "Yes", "yes"];
const refusals = ["False", "FALSE", "false", "0", "OFF", "Off", "off", "NO", "No", "no"];
export const truth: Check = oneOf(true, ...words, false, ...refusals);
export function isTrue(value: Json | undefined): boolean {
  return value === true || (typeof value === "string" && words.includes(value));
}

const count: Check = (value) => {
  if (typeof value === "string" && !/^[0-9]*$/.test(value)) return `${repr(value)} does not match '^[0-9]*$'`;
  if (value === "") return "'' is too short";
  if (typeof value !== "string" && !Number.isInteger(value)) return `${repr(value)} is not of type 'integer', 'string'`;
  return Number(value) < 1 ? `${String(value)} is less than the minimum of 1` : undefined;
};

/** Python's decoder drops foreign letters and then wants whole groups of four. */
function isBase64(value: string): boolean {
  const letters = value.replace(/[^A-Za-z0-9+/=]/g, "");
  const body = letters.replace(/=+$/, "");
  return body.length % 4 === 0 || (body.length % 4 > 1 && letters.length - body.length >= 4 - (body.length % 4));
}

const key = /^[a-zA-Z0-9-_:. ]{1,255}$/;
export const metadata: Check = (value) => {
  if (!isObject(value)) return `${repr(value)} is not of type 'object'`;
  for (const [name, one] of Object.entries(value)) {
    if (!key.test(name)) return `${repr(name)} does not match any of the regexes: '^[a-zA-Z0-9-_:. ]{1,255}$'`;
    const complaint = string(0, 255)(one);
    if (complaint !== undefined) throw invalid(name, one, complaint);
  }
  return undefined;
};

export const tag: Check = all(string(1, 60), matching(/^[^,/]*$/, "^[^,/]*$"));
const mostTags = 50;
export const tags: Check = (value) => {
  if (!isList(value)) return `${repr(value)} is not of type 'array'`;
  for (const [index, one] of value.entries()) {
    const complaint = tag(one);
    if (complaint !== undefined) throw invalid(String(index), one, complaint);
  }
  return value.length > mostTags ? `${repr(value)} is too long` : undefined;
};

const address: Check = (value) =>
  typeof value === "string" && (isIPv4(value) || isIPv6(value)) ? undefined : unmatched(value);

const networkItem = (uuidCheck: Check): readonly Property[] => [
  { name: "fixed_ip", check: address },
  { name: "port", check: (value) => (value === null || uuidText(value) === undefined ? undefined : unmatched(value)) },
  { name: "uuid", check: uuidCheck },
  { name: "tag", check: tag, since: 32, until: 36 },
  { name: "tag", check: tag, since: 42 },
];

const listedNetworks =
  (version: number): Check =>
  (value) => {
    if (!isList(value)) return `${repr(value)} is not of type 'array'`;
    for (const [index, one] of value.entries())
      checkObject(String(index), one, networkItem(version >= 37 ? uuidText : ofType("string")), version);
    return undefined;
  };

/** From 2.37 on it is one of two schemas, and jsonschema does not say in what a value fails both. */
const networks = (version: number): Check => {
  if (version < 37) return listedNetworks(version);
  return (value) => {
    if (value === "none" || value === "auto") return undefined;
    try {
      return listedNetworks(version)(value) === undefined ? undefined : unmatched(value);
    } catch {
      return unmatched(value);
    }
  };
};

const items =
  (properties: readonly Property[], version: number): Check =>
  (value) => {
    if (!isList(value)) return `${repr(value)} is not of type 'array'`;
    for (const [index, one] of value.entries()) checkObject(String(index), one, properties, version);
    return undefined;
  };

const legacyDevice: readonly Property[] = [
  { name: "virtual_name", check: string(0, 255) },
  { name: "volume_id", check: uuidText },
  { name: "snapshot_id", check: uuidText },
  { name: "volume_size", check: digits(1) },
  { name: "device_name", check: string(1, 255) },
  { name: "delete_on_termination", check: truth },
  { name: "no_device", check: () => undefined },
  { name: "connection_info", check: string(0, 16_777_215) },
];

const device: readonly Property[] = [
  ...legacyDevice,
  { name: "source_type", check: oneOf("volume", "image", "snapshot", "blank") },
  { name: "uuid", check: all(string(1, 255), matching(/^[a-zA-Z0-9._-]*$/)) },
  { name: "image_id", check: uuidText },
  { name: "destination_type", check: oneOf("local", "volume") },
  { name: "guest_format", check: string(0, 255) },
  { name: "device_type", check: string(0, 255) },
  { name: "disk_bus", check: string(0, 255) },
  { name: "boot_index", check: all(ofType("integer", "string", "null"), matching(/^-?[0-9]+$/)) },
  { name: "tag", check: tag, since: 32, until: 32 },
  { name: "tag", check: tag, since: 42 },
  { name: "volume_type", check: nullable(string(0, 255)), since: 67 },
];

export const hostname: Check = all(
  string(2, 63),
  matching(/^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$/, "^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$"),
);
const fqdn: Check = all(string(1, 255), matching(/^[a-zA-Z0-9-._]*$/, "^[a-zA-Z0-9-._]*$"));

/** What PUT knows, and rebuild and create, too. */
export const changeable: readonly Property[] = [
  { name: "name", check: label },
  { name: "OS-DCF:diskConfig", check: oneOf("AUTO", "MANUAL") },
  { name: "accessIPv4", check: all(ofType("string"), format("ipv4", isIPv4)) },
  { name: "accessIPv6", check: all(ofType("string"), format("ipv6", isIPv6)) },
  { name: "description", check: nullable(string(0, 255)), since: 19 },
  { name: "hostname", check: hostname, since: 90, until: 93 },
  { name: "hostname", check: fqdn, since: 94 },
];

const imageRef: Check = (value) =>
  value === "" || (typeof value === "string" && uuid.test(value)) ? undefined : unmatched(value);

const personality: readonly Property[] = [
  { name: "path", check: ofType("string") },
  { name: "contents", check: all(ofType("string"), format("base64", isBase64)) },
];

/** Those of rebuild and create. */
const shared = (version: number): readonly Property[] => [
  { name: "adminPass", check: ofType("string") },
  { name: "metadata", check: metadata },
  { name: "personality", check: items(personality, version), until: 56 },
];
const userData: Check = all(string(0, 65_535), format("base64", isBase64));
const certificates: Check = nullable(ofType("array"));

export const creatable = (version: number): readonly Property[] => [
  { name: "name", check: label, required: true },
  { name: "imageRef", check: imageRef },
  {
    name: "flavorRef",
    check: all(ofType("string", "integer"), (value) => (value === "" ? "'' is too short" : undefined)),
    required: true,
  },
  ...shared(version),
  { name: "networks", check: networks(version), required: version >= 37 },
  ...changeable.slice(1),
  { name: "availability_zone", check: label },
  { name: "block_device_mapping", check: items(legacyDevice, version) },
  { name: "block_device_mapping_v2", check: items(device, version) },
  { name: "config_drive", check: truth },
  { name: "key_name", check: label },
  { name: "min_count", check: count },
  { name: "max_count", check: count },
  { name: "return_reservation_id", check: truth },
  { name: "security_groups", check: items([{ name: "name", check: label }], version) },
  { name: "user_data", check: userData },
  { name: "tags", check: tags, since: 52 },
  { name: "trusted_image_certificates", check: certificates, since: 63 },
  { name: "host", check: fqdn, since: 74 },
  { name: "hypervisor_hostname", check: fqdn, since: 74 },
];

export const rebuildable = (version: number): readonly Property[] => [
  {
    name: "imageRef",
    check: (value) => imageRef(value) ?? (value === "" ? unmatched(value) : undefined),
    required: true,
  },
  ...shared(version),
  ...changeable,
  { name: "preserve_ephemeral", check: truth },
  { name: "key_name", check: nullable(label), since: 54 },
  { name: "user_data", check: nullable(userData), since: 57 },
  { name: "trusted_image_certificates", check: certificates, since: 63 },
];

/** Hints are open; those named here are checked. */
export function checkHints(call: Call): JsonObject {
  const body = isObject(call.body) ? call.body : {};
  const known = new Set(["server", "os:scheduler_hints", "OS-SCH-HNT:scheduler_hints"]);
  const extra = Object.keys(body).filter((name) => !known.has(name));
  if (extra.length > 0)
    throw new Refusal(
      400,
      `Additional properties are not allowed (${extra.map((name) => repr(name)).join(", ")} was unexpected)`,
    );
  const name = body["os:scheduler_hints"] === undefined ? "OS-SCH-HNT:scheduler_hints" : "os:scheduler_hints";
  const hints = body[name] ?? {};
  if (!isObject(hints)) throw invalid(name, hints, `${repr(hints)} is not of type 'object'`);
  const complaint = hints.group === undefined ? undefined : uuidText(hints.group);
  if (hints.group !== undefined && complaint !== undefined) throw invalid("group", hints.group, complaint);
  return hints;
}
