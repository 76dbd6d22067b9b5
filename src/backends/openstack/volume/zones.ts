/** The zones that Cinder makes volumes in. */
import { CloudError } from "../../../cloud/index.ts";
import { asObjects, asText, flag, isObject } from "../json.ts";
import type { Session } from "../session.ts";

export interface NativeZone {
  readonly name: string;
  readonly isAvailable: boolean;
}

export async function readVolumeZones(session: Session): Promise<readonly NativeZone[]> {
  const path = ["os-availability-zone"];
  const body = await session.ask({ service: "volume", name: "zones.list", method: "GET", path });
  return asObjects(body.availabilityZoneInfo, "availabilityZoneInfo").map((json) => ({
    name: asText(json.zoneName, "availabilityZoneInfo.zoneName"),
    isAvailable: isObject(json.zoneState) && flag(json.zoneState.available, false),
  }));
}

/** A zone that does not exist is replaced without a word (cinder: `allow_availability_zone_fallback`, seen on Zed). */
export async function checkVolumeZone(session: Session, zone: string): Promise<void> {
  const zones = await readVolumeZones(session);
  if (zones.some(({ name }) => name === zone)) return;
  const known = zones.map(({ name }) => name).join(", ");
  throw new CloudError("INVALID_VALUE", `volumes are in no zone ${JSON.stringify(zone)}, but in ${known}`, {
    field: "zone",
  });
}
