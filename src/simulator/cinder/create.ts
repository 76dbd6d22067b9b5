/** How a volume comes to be: from nothing, an image, a snapshot or another volume (cinder stable/zed: volume/api.py create). */
import { Refusal } from "../core/refusal.ts";
import type { Image } from "../glance/images.ts";
import { isEncrypted } from "./encryption.ts";
import { invalidInput, invalidSnapshot, invalidVolume, malformed } from "./errors.ts";
import { imageLabels, refuseMisfit } from "./images.ts";
import { isMultiattach, later } from "./lifecycle.ts";
import { claimVolume } from "./quotas.ts";
import {
  backendOf,
  type Context,
  defaultType,
  type Labels,
  type Snapshot,
  type Volume,
  type VolumeType,
  volumes,
  volumeTypes,
} from "./rows.ts";

export interface VolumeDraft {
  readonly projectId: string;
  readonly userId: string;
  readonly name: string | null;
  readonly description: string | null;
  /** GiB; may be absent with a snapshot or a volume as the source. */
  readonly size?: number;
  readonly type?: VolumeType;
  readonly zone?: string;
  readonly metadata: Labels;
  readonly image?: Image;
  readonly snapshot?: Snapshot;
  readonly source?: Volume;
}

/** The only zone; a volume asked for elsewhere falls back to it (`allow_availability_zone_fallback`). */
export const zone = "nova";

export function typeNamed(context: Pick<Context, "world">, name: string): VolumeType | undefined {
  return context.world.of(volumeTypes).find((type) => type.name === name);
}

/** Copies stay on the back end of what they are copied from. */
function refuseType(context: Context, asked: VolumeType, own: string, advice: string): void {
  const origin = context.world.of(volumeTypes).get(own);
  if (asked.id === own || backendOf(context.world, asked)?.id === backendOf(context.world, origin)?.id) return;
  throw invalidInput(`Invalid volume_type provided: ${asked.id} (requested type is not compatible; ${advice}).`);
}

function check(context: Context, draft: VolumeDraft): void {
  const { image, snapshot, source, type } = draft;
  if ([image, snapshot, source].filter((one) => one !== undefined).length > 1)
    throw invalidInput("May specify only one of backup, imageRef, snapshot, source volume");
  if (type === undefined) return;
  if (source !== undefined)
    refuseType(context, type, source.volume_type_id, "either match source volume, or omit type argument");
  if (snapshot !== undefined)
    refuseType(context, type, snapshot.volume_type_id, "recommend omitting the type argument");
}

function sizeOf({ size, image, snapshot, source }: VolumeDraft): number {
  const wanted = size ?? snapshot?.volume_size ?? source?.size;
  if (wanted === undefined) throw malformed();
  if (snapshot !== undefined && snapshot.status !== "available")
    throw invalidSnapshot("Originating snapshot status must be one of 'available' values");
  if (source !== undefined && source.status !== "available" && source.status !== "in-use")
    throw invalidVolume("Originating source volume status must be one of 'available, in-use' values");
  if (snapshot !== undefined && wanted < snapshot.volume_size)
    throw invalidInput(
      `Volume size '${wanted}'GB cannot be smaller than the snapshot size ${snapshot.volume_size}GB. They must be >= original snapshot size.`,
    );
  if (source !== undefined && wanted < source.size)
    throw invalidInput(
      `Volume size '${wanted}'GB cannot be smaller than original volume size  ${source.size}GB. They must be >= original volume size.`,
    );
  if (image !== undefined) refuseMisfit(image, wanted);
  return wanted;
}

/** Stores the volume as `creating` and has the machine make it. */
export function createVolume(context: Context, draft: VolumeDraft): Volume {
  check(context, draft);
  const { world, now, ids } = context;
  const size = sizeOf(draft);
  const { snapshot, source, image } = draft;
  const origin = source ?? (snapshot === undefined ? undefined : world.of(volumes).get(snapshot.volume_id));
  const inherited = snapshot?.volume_type_id ?? source?.volume_type_id ?? "";
  const type = draft.type ?? world.of(volumeTypes).get(inherited) ?? typeNamed(context, defaultType);
  if (type === undefined) throw malformed();
  // There is no key manager (seen live on a cloud without one).
  if (isEncrypted(world, type.id)) throw new Refusal(400, "Key manager error");
  claimVolume(context, draft.projectId, type.name, size);
  const volume = world.of(volumes).put({
    id: ids.uuid(),
    project_id: draft.projectId,
    user_id: draft.userId,
    name: draft.name,
    description: draft.description,
    size,
    status: "creating",
    availability_zone: zone,
    volume_type_id: type.id,
    snapshot_id: snapshot?.id ?? null,
    source_volid: source?.id ?? null,
    metadata: draft.metadata,
    admin_metadata: {},
    bootable: origin?.bootable ?? false,
    multiattach: isMultiattach(type.extra_specs),
    host: null,
    image_metadata: image === undefined ? (origin?.image_metadata ?? null) : imageLabels(image),
    migration_status: null,
    group_id: null,
    created_at: now,
    updated_at: null,
  });
  later(context, volume, "create", "cinder.scheduled", image === undefined ? {} : { image: true });
  return volume;
}
