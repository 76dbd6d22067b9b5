/** Reads a section of configuration key by key, and names file and key of whatever is wrong. */
import { CloudError } from "../../../cloud/index.ts";
import { isObject, type JsonObject } from "../json.ts";

/** Where a section comes from, for errors. */
export interface Place {
  /** `/etc/openstack/clouds.yaml`, or `environment`. */
  readonly source: string;
  /** `clouds.rig.auth`. */
  readonly path: string;
}

export function faulty(place: Place, key: string, complaint: string): CloudError {
  const path = place.path === "" ? key : key === "" ? place.path : `${place.path}.${key}`;
  return new CloudError("INVALID_VALUE", `${place.source}: ${path}: ${complaint}`, { field: path });
}

export class Section {
  readonly place: Place;
  readonly values: JsonObject;

  constructor(values: JsonObject, place: Place) {
    this.values = values;
    this.place = place;
  }

  has(key: string): boolean {
    return this.values[key] !== undefined && this.values[key] !== null;
  }

  fault(key: string, complaint: string): CloudError {
    return faulty(this.place, key, complaint);
  }

  /** Text; numbers count as text, for YAML reads `password: 1234` as one. */
  text(key: string): string | undefined {
    const value = this.values[key];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "string") return value;
    if (typeof value === "number") return String(value);
    throw this.fault(key, "must be text");
  }

  needed(key: string): string {
    const text = this.text(key);
    if (text === undefined) throw this.fault(key, "is missing");
    return text;
  }

  flag(key: string): boolean | undefined {
    const value = this.values[key];
    if (value === undefined || value === null || value === "") return undefined;
    if (typeof value === "boolean") return value;
    const word = typeof value === "string" || typeof value === "number" ? String(value).toLowerCase() : "";
    if (["true", "yes", "on", "1"].includes(word)) return true;
    if (["false", "no", "off", "0"].includes(word)) return false;
    throw this.fault(key, "must be true or false");
  }

  section(key: string): Section | undefined {
    const value = this.values[key];
    if (value === undefined || value === null) return undefined;
    if (!isObject(value)) throw this.fault(key, "must be a mapping");
    const path = this.place.path === "" ? key : `${this.place.path}.${key}`;
    return new Section(value, { source: this.place.source, path });
  }
}
