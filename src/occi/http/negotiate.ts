import { CloudError } from "../../cloud/index.ts";
import { notAcceptable, unsupportedMediaType } from "../refusal.ts";
import { HEADERS } from "../render/headers.ts";
import { JSON_RENDERING } from "../render/json.ts";
import { PLAIN } from "../render/plain.ts";
import type { Rendering, RenderingName } from "../render/rendering.ts";
import { URIS } from "../render/uris.ts";

/** In the order that decides between equal weights: occi-tent sends text/occi and text/plain alike and reads lines of the body. */
export const RENDERINGS: readonly Rendering[] = [PLAIN, HEADERS, JSON_RENDERING, URIS];

/** The response's `Accept` (GFD.223 §5.2): rOCCI-api chooses by it. */
export const ACCEPT_HEADER = RENDERINGS.map(({ mediaType }) => mediaType).join(", ");

/** A rendering that the client takes, under the name by which it asked for it. */
export interface Acceptable {
  readonly rendering: Rendering;
  readonly contentType: string;
}

interface Range {
  readonly type: string;
  readonly weight: number;
}

const RANGE = /^(\*\/\*|[A-Za-z0-9!#$&^_.+-]+\/(?:\*|[A-Za-z0-9!#$&^_.+-]+))$/;
const WEIGHT = /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/;

function readRanges(accept: string): readonly Range[] {
  return accept
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "")
    .map((part) => {
      const [type = "", ...parameters] = part.split(";").map((word) => word.trim());
      const quality = parameters.find((word) => /^q=/i.test(word))?.slice(2);
      if (!RANGE.test(type) || (quality !== undefined && !WEIGHT.test(quality))) {
        throw new CloudError("MALFORMED", `Accept holds "${part}"`, { field: "accept" });
      }
      return { type: type.toLowerCase(), weight: quality === undefined ? 1 : Number(quality) };
    });
}

/** The weight of a type: the most specific range counts (RFC 9110 §12.5.1). */
function weightOf(type: string, ranges: readonly Range[]): number | undefined {
  const [major = ""] = type.split("/");
  for (const name of [type, `${major}/*`, "*/*"]) {
    const range = ranges.find((candidate) => candidate.type === name);
    if (range !== undefined) return range.weight;
  }
  return undefined;
}

/** What the client takes, best first. Nothing said means `text/plain` (GFD.185 §3.6.6). */
export function negotiate(accept: string | undefined): readonly Acceptable[] {
  const only = RENDERINGS.find(({ mediaType }) => mediaType === accept);
  if (only !== undefined) return [{ rendering: only, contentType: only.mediaType }];
  const ranges = readRanges(accept ?? "");
  if (ranges.length === 0) return RENDERINGS.map((rendering) => ({ rendering, contentType: rendering.mediaType }));
  const found = RENDERINGS.flatMap((rendering) => {
    const names = [rendering.mediaType, ...rendering.aliases];
    // An alias counts only where it is asked for by its name.
    const exact = names.filter((name) => ranges.some(({ type }) => type === name));
    const candidates = exact.length > 0 ? exact : [rendering.mediaType];
    return candidates.map((name) => ({ rendering, contentType: name, weight: weightOf(name, ranges) ?? 0 }));
  }).filter(({ weight }) => weight > 0);
  if (found.length === 0) throw notAcceptable(`served are ${ACCEPT_HEADER}`);
  return found.sort((a, b) => b.weight - a.weight);
}

/** How the request is written; nothing when it does not say. */
export function readContentType(contentType: string | undefined): RenderingName | undefined {
  const only = RENDERINGS.find(({ mediaType }) => mediaType === contentType);
  if (only !== undefined) return only.name;
  // grycap/im sends "text/plain,text/occi" and means the first.
  const [first = ""] = (contentType ?? "").split(",");
  const [type = "", ...parameters] = first.split(";").map((word) => word.trim().toLowerCase());
  if (type === "") return undefined;
  const charset = parameters.find((word) => word.startsWith("charset="))?.slice("charset=".length);
  if (charset !== undefined && !["utf-8", "us-ascii", "utf8"].includes(charset.replaceAll('"', ""))) {
    throw unsupportedMediaType(`text is UTF-8, not ${charset}`);
  }
  const rendering = RENDERINGS.find(({ mediaType, aliases }) => mediaType === type || aliases.includes(type));
  if (rendering === undefined) throw unsupportedMediaType(`understood are ${ACCEPT_HEADER}`);
  return rendering.name;
}
