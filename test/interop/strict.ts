import { wire } from "./wire.ts";

/**
 * What kube-vim-api's published REST client refuses in an answer. Its models (pydantic, strict) want each required member
 * present and not null, 64-bit numbers as text, enums by one of the known names, and ignore members they do not know.
 */
export function complaints(message: string, json: unknown, where: string = message): string[] {
  if (!isObject(json)) return [`${where} is no object`];
  return (wire.messages[message] ?? []).flatMap(([, name, type, label, behaviour]) => {
    const path = `${where}.${name}`;
    const value = json[name];
    if (value === undefined || value === null) return behaviour === "required" ? [`${path} is missing`] : [];
    if (label === "map") {
      if (!isObject(value)) return [`${path} is no object`];
      return Object.entries(value).flatMap(([key, element]) => single("string", element, `${path}[${key}]`));
    }
    if (label !== "repeated") return single(type, value, path);
    if (!Array.isArray(value)) return [`${path} is no list`];
    return value.flatMap((element: unknown, index) => single(type, element, `${path}[${index}]`));
  });
}

function single(type: string, value: unknown, where: string): string[] {
  const names = wire.enums[type];
  if (names !== undefined) return refuse(typeof value === "string" && value in names, where, `a name of ${type}`);
  if (wire.messages[type] !== undefined) return complaints(type, value, where);
  switch (type) {
    case "string":
    case "uint64":
    case "int64":
      return refuse(typeof value === "string", where, `text (${type})`);
    case "Timestamp":
      return refuse(typeof value === "string" && timestamp.test(value), where, "an RFC 3339 time");
    case "bool":
      return refuse(typeof value === "boolean", where, "a boolean");
    case "float":
      return refuse(typeof value === "number", where, "a number");
    case "uint32":
    case "int32":
      return refuse(Number.isInteger(value), where, "an integer");
    default:
      return [`${where}: the table has no ${type}`];
  }
}

const timestamp = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/;

const refuse = (good: boolean, where: string, what: string) => (good ? [] : [`${where} is not ${what}`]);

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
