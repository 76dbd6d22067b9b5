/** Availability zones: what Nova, Cinder and Neutron call so, joined by name. */
import { CloudError, type Listing, type Zone, type ZoneService, type Zones } from "../../cloud/index.ts";
import { asObjects, asText, flag, isObject } from "./json.ts";
import { extensionsOf } from "./network/extensions.ts";
import type { Session } from "./session.ts";

interface NativeZone {
  readonly name: string;
  readonly isAvailable: boolean;
}

export function openZones(session: Session): Zones {
  return { list: () => listZones(session) };
}

async function* listZones(session: Session): Listing<Zone> {
  const [compute, volume, network] = await Promise.all([
    readZones(session, "compute"),
    orNone(readZones(session, "volume")),
    orNone(readNetworkZones(session)),
  ]);
  const all = [
    ...compute.map((zone) => ({ ...zone, service: "compute" as ZoneService })),
    ...volume.map((zone) => ({ ...zone, service: "volume" as ZoneService })),
    ...network.map((zone) => ({ ...zone, service: "network" as ZoneService })),
  ];
  for (const [name, zones] of Map.groupBy(all, (zone) => zone.name)) {
    const services = [...new Set(zones.map(({ service }) => service))];
    yield { name, isAvailable: zones.every(({ isAvailable }) => isAvailable), services };
  }
}

/** A service that the cloud does not have has no zones. */
async function orNone(zones: Promise<readonly NativeZone[]>): Promise<readonly NativeZone[]> {
  try {
    return await zones;
  } catch (thrown) {
    if (CloudError.is(thrown, "MISSING_SERVICE")) return [];
    throw thrown;
  }
}

async function readZones(session: Session, service: "compute" | "volume"): Promise<readonly NativeZone[]> {
  const path = ["os-availability-zone"];
  const body = await session.ask({ service, name: "zones.list", method: "GET", path });
  return asObjects(body.availabilityZoneInfo, "availabilityZoneInfo").map((json) => ({
    name: asText(json.zoneName, "availabilityZoneInfo.zoneName"),
    isAvailable: isObject(json.zoneState) && flag(json.zoneState.available, false),
  }));
}

/** Neutron lists a zone once for networks and once for routers. */
async function readNetworkZones(session: Session): Promise<readonly NativeZone[]> {
  if (!(await extensionsOf(session)).has("availability_zone")) return [];
  const path = ["availability_zones"];
  const body = await session.ask({ service: "network", name: "zones.list", method: "GET", path });
  return asObjects(body.availability_zones, "availability_zones").map((json) => ({
    name: asText(json.name, "availability_zones.name"),
    isAvailable: json.state === "available",
  }));
}

/** A zone that does not exist is replaced without a word (cinder: `allow_availability_zone_fallback`, seen on Zed). */
export async function checkVolumeZone(session: Session, zone: string): Promise<void> {
  const zones = await readZones(session, "volume");
  if (zones.some(({ name }) => name === zone)) return;
  const known = zones.map(({ name }) => name).join(", ");
  throw new CloudError("INVALID_VALUE", `volumes are in no zone ${JSON.stringify(zone)}, but in ${known}`, {
    field: "zone",
  });
}
