/**
 * Path templates of google/api/http.proto: literals and `{field.path}`, one segment each. Wildcards and verbs (`*`,
 * `**`, `:verb`) are refused when the program starts, because no operation uses them.
 */

type Segment = { readonly literal: string } | { readonly field: string };

export interface Template {
  readonly source: string;
  /** What every path begins with that matches. */
  readonly prefix: string;
  /** The values of the fields by their proto path, or nothing when the path is another. */
  match(path: string): ReadonlyMap<string, string> | undefined;
}

export function compileTemplate(source: string): Template {
  if (!source.startsWith("/")) throw new Error(`template ${source}: must begin with /`);
  const segments = source
    .slice(1)
    .split("/")
    .map((text) => compileSegment(source, text));
  const [prefix = ""] = source.split("{", 1);
  return { source, prefix, match: (path) => matchSegments(segments, path) };
}

function compileSegment(source: string, text: string): Segment {
  const field = /^\{([a-z0-9_]+(?:\.[a-z0-9_]+)*)\}$/.exec(text)?.[1];
  if (field !== undefined) return { field };
  if (!/^[a-z0-9_]+$/.test(text)) throw new Error(`template ${source}: segment ${text} is not supported`);
  return { literal: text };
}

function matchSegments(segments: readonly Segment[], path: string): ReadonlyMap<string, string> | undefined {
  const parts = path.split("/").slice(1);
  if (parts.length !== segments.length) return undefined;
  const values = new Map<string, string>();
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? "";
    if ("literal" in segment) {
      if (segment.literal !== part) return undefined;
      continue;
    }
    const value = decode(part);
    if (value === undefined || value === "") return undefined;
    values.set(segment.field, value);
  }
  return values;
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
