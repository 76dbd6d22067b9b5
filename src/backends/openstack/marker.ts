/**
 * How a create is found again when its answer is lost, and how what we wrote for that is kept from readers. Servers and
 * volumes carry the marker as metadata, ports as a tag or, where tags cannot be given at creation, in the description like
 * networks and subnets.
 */
import { CloudError, type Marker, RESERVED_PREFIX } from "../../cloud/index.ts";
import { isObject } from "./json.ts";

/** The metadata key of servers. */
export const MARKER_KEY = `${RESERVED_PREFIX}marker`;

/** The tag, and the last line of a description. */
export function markerText(marker: Marker): string {
  return `${MARKER_KEY}=${marker.value}`;
}

/** neutron: standard_attributes.description is 255 characters. */
const DESCRIPTION_LENGTH = 255;

const RESERVED_LINE = new RegExp(`(?:^|\\n)${RESERVED_PREFIX}[^\\n]*$`);

/** A description that ends in the line of the marker. */
export function describeMarked(description: string, marker: Marker): string {
  return withLine(description, markerText(marker));
}

/** A changed description with the marker that the present one has. */
export function describeAgain(description: string, present: string): string {
  const line = RESERVED_LINE.exec(present)?.[0].trim();
  return line === undefined ? checked(description, 0) : withLine(description, line);
}

function withLine(description: string, line: string): string {
  return description === "" ? line : `${checked(description, line.length + 1)}\n${line}`;
}

function checked(description: string, taken: number): string {
  if (description.split("\n").some((line) => line.startsWith(RESERVED_PREFIX))) {
    throw new CloudError("INVALID_VALUE", `no line of a description may begin with ${RESERVED_PREFIX}`, {
      field: "description",
    });
  }
  const left = DESCRIPTION_LENGTH - taken;
  if ([...description].length <= left) return description;
  throw new CloudError("INVALID_VALUE", `the description has more than ${left} characters`, { field: "description" });
}

/** The description as readers see it. */
export function readDescription(stored: string): string {
  return stored.replace(RESERVED_LINE, "");
}

export function isMarkedBy(
  marker: Marker,
  stored: { readonly description?: unknown; readonly tags?: unknown },
): boolean {
  const text = markerText(marker);
  if (Array.isArray(stored.tags) && stored.tags.includes(text)) return true;
  return typeof stored.description === "string" && stored.description.split("\n").at(-1) === text;
}

/** Whether this gateway made it, for whichever create. */
export function isMarked(stored: { readonly description?: unknown; readonly tags?: unknown }): boolean {
  const isOurs = (text: unknown) => typeof text === "string" && text.startsWith(`${MARKER_KEY}=`);
  if (Array.isArray(stored.tags) && stored.tags.some(isOurs)) return true;
  return typeof stored.description === "string" && isOurs(stored.description.split("\n").at(-1));
}

/** Metadata as it is written, with the marker in it. */
export function markMetadata(
  metadata: Readonly<Record<string, string>> | undefined,
  marker: Marker,
): Readonly<Record<string, string>> {
  return { ...checkedMetadata(metadata ?? {}), [MARKER_KEY]: marker.value };
}

/** Metadata that takes the place of the present one, which keeps what is ours. */
export function markMetadataAgain(
  metadata: Readonly<Record<string, string>>,
  present: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const ours = Object.entries(present).filter(([key]) => key.startsWith(RESERVED_PREFIX));
  return { ...checkedMetadata(metadata), ...Object.fromEntries(ours) };
}

function checkedMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const reserved = Object.keys(metadata).find((key) => key.startsWith(RESERVED_PREFIX));
  if (reserved === undefined) return metadata;
  throw new CloudError("INVALID_VALUE", `no metadata key may begin with ${RESERVED_PREFIX}`, {
    field: `metadata.${reserved}`,
  });
}

/** Metadata as readers see it. */
export function readMetadata(metadata: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(metadata).filter(([key]) => !key.startsWith(RESERVED_PREFIX)));
}

/** Whether metadata as the cloud tells it carries the marker. */
export function isMetadataMarkedBy(marker: Marker, metadata: unknown): boolean {
  return isObject(metadata) && metadata[MARKER_KEY] === marker.value;
}

export function withoutReserved(tags: readonly string[]): readonly string[] {
  return tags.filter((tag) => !tag.startsWith(RESERVED_PREFIX));
}
