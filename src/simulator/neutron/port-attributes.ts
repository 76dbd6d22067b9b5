/** Reading a port's attributes: the checks of neutron-lib's validators, and what passes them. */
import { isList, isObject, type Json, text } from "../core/json.ts";
import type { Check, Filter } from "../core/types.ts";
import { canonical } from "./addresses.ts";
import type { Wanted } from "./ipam.ts";
import * as parts from "./parts.ts";
import type { DhcpOption, Port } from "./tables.ts";

export const fixedIps: Check = (value) => {
  if (value === null) return undefined;
  if (!isList(value)) return `Invalid data format for fixed IP: ${parts.shown(value)}`;
  const seen = new Set<string>();
  for (const one of value) {
    if (!isObject(one)) return `Invalid data format for fixed IP: ${parts.shown(one)}`;
    if (one.ip_address !== undefined) {
      const said = parts.address(one.ip_address);
      if (said !== undefined) return said;
      const address = canonical(text(one.ip_address));
      if (seen.has(address)) return `Duplicate IP address '${address}'`;
      seen.add(address);
    }
    const said = one.subnet_id === undefined ? undefined : parts.uuid(one.subnet_id);
    if (said !== undefined) return said;
  }
  return undefined;
};

export const mac: Check = (value) =>
  typeof value === "string" && /^(?:[0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(value) && value !== "00:00:00:00:00:00"
    ? undefined
    : `${parts.shown(value)} is not a valid MAC address`;

export const pairs: Check = (value) => {
  if (!isList(value)) return `${parts.shown(value)} is not a list`;
  for (const pair of value) {
    if (!isObject(pair) || pair.ip_address === undefined) return "AllowedAddressPair must contain ip_address";
    const said =
      (parts.address(pair.ip_address) === undefined ? undefined : parts.cidr(pair.ip_address)) ??
      (pair.mac_address === undefined ? undefined : mac(pair.mac_address));
    if (said !== undefined) return said;
  }
  return undefined;
};

export const options: Check = (value) => {
  if (!isList(value)) return `${parts.shown(value)} is not a list`;
  for (const option of value) {
    if (!isObject(option) || typeof option.opt_name !== "string") return "Invalid data format for extra dhcp option";
    if (option.ip_version !== undefined && ![4, 6].includes(Number(option.ip_version)))
      return `${parts.shown(option.ip_version)} is not in valid_values`;
  }
  return undefined;
};

export const vnicTypes = [
  "normal",
  "direct",
  "macvtap",
  "baremetal",
  "direct-physical",
  "virtio-forwarder",
  "smart-nic",
  "vdpa",
  "accelerator-direct",
  "accelerator-direct-physical",
  "remote-managed",
];

export function label(value: Json): string | undefined {
  if (typeof value !== "string") return `${parts.shown(value)} is not a valid string`;
  return value === "" || /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$/.test(value)
    ? undefined
    : `${parts.shown(value)} not a valid PQDN or FQDN. Reason: Name '${value}' must be 1-63 characters long, each of which can only be alphanumeric or a hyphen`;
}

/** What `fixed_ips` of a body asks for. */
export function wantedOf(value: Json | undefined): Wanted[] {
  const list = isList(value) ? value : [];
  return list.filter(isObject).map((one) => ({
    ...(one.subnet_id === undefined ? {} : { subnetId: text(one.subnet_id) }),
    ...(one.ip_address === undefined ? {} : { address: canonical(text(one.ip_address)) }),
  }));
}

export function givenPairs(value: Json | undefined) {
  const list = isList(value) ? value : [];
  return list.filter(isObject).map((one) => ({
    ip_address: text(one.ip_address),
    ...(one.mac_address === undefined ? {} : { mac_address: text(one.mac_address) }),
  }));
}

export function optionsOf(value: Json | undefined): DhcpOption[] {
  const list = isList(value) ? value : [];
  return list.filter(isObject).flatMap((one) => {
    const option = {
      opt_name: text(one.opt_name),
      opt_value: text(one.opt_value),
      ip_version: Number(one.ip_version ?? 4),
    };
    // A null value takes an option away.
    return one.opt_value === null ? [] : [option];
  });
}

export function groupsOf(value: Json | undefined): string[] {
  return isList(value) ? value.map(text) : [];
}

/** `fixed_ips=ip_address=…`, `subnet_id=…`, `ip_address_substr=…`: those of one kind are alternatives. */
export const fixedIpFilter: Filter = (values) => {
  const wanted = values.map((value) => value.split("=", 2));
  const matches = (port: Port["fixed_ips"][number], [key = "", value = ""]: readonly string[]) => {
    if (key === "ip_address_substr") return port.ip_address.includes(value);
    if (key === "ip_address") return port.ip_address === canonical(value);
    return key === "subnet_id" && port.subnet_id === value;
  };
  const kinds = [...new Set(wanted.map(([key = ""]) => key))];
  return (row) => {
    const fixed = isList(row.fixed_ips) ? row.fixed_ips.filter(isObject) : [];
    const list = fixed.map((one) => ({ subnet_id: text(one.subnet_id), ip_address: text(one.ip_address) }));
    return kinds.every((kind) => wanted.some((one) => one[0] === kind && list.some((port) => matches(port, one))));
  };
};
