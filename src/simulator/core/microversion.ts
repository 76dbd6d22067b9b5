/** Reading the microversion a client asks for (microversion specification; nova: api/openstack/wsgi.py). */
import type { IncomingHttpHeaders } from "node:http";
import { Refusal } from "./refusal.ts";
import type { Microversions } from "./types.ts";

function asked(versions: Microversions, headers: IncomingHttpHeaders): string | undefined {
  const standard = headers["openstack-api-version"];
  if (typeof standard === "string") {
    for (const part of standard.split(",")) {
      const [name, version] = part.trim().split(/\s+/, 2);
      if (name?.toLowerCase() === versions.name && version !== undefined) return version;
    }
  }
  const legacy = versions.legacyHeader === undefined ? undefined : headers[versions.legacyHeader];
  return typeof legacy === "string" ? legacy.trim() : undefined;
}

/** The minor version; `shown` is what the answer's headers repeat, which for a refused version is what was asked. */
export function negotiate(
  versions: Microversions | undefined,
  headers: IncomingHttpHeaders,
): { readonly minor: number; readonly shown: string; readonly refusal?: Refusal } {
  if (versions === undefined) return { minor: 0, shown: "" };
  const { major, minimum, maximum } = versions;
  const version = asked(versions, headers);
  if (version === undefined && versions.foreignOnly !== undefined && headers["openstack-api-version"] !== undefined)
    return { minor: minimum, shown: "", refusal: new Refusal(400, versions.foreignOnly) };
  if (version === undefined) return { minor: minimum, shown: `${major}.${minimum}` };
  if (version === "latest") return { minor: maximum, shown: `${major}.${maximum}` };
  const parts = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(version);
  if (parts === null) {
    const message = `API Version String ${version} is of invalid format. Must be of format MajorNum.MinorNum.`;
    return { minor: minimum, shown: "", refusal: new Refusal(400, message) };
  }
  const minor = Number(parts[2]);
  if (Number(parts[1]) === major && minor >= minimum && minor <= maximum) return { minor, shown: version };
  const range = `Minimum is ${major}.${minimum} and maximum is ${major}.${maximum}.`;
  const message = `Version ${version} is not supported by the API. ${range}`;
  return { minor: minimum, shown: version, refusal: new Refusal(406, message, { kind: "computeFault" }) };
}
