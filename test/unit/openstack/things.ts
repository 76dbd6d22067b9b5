/** What the tests of decoding and encoding make drafts of. */
import fc from "fast-check";

export const anyMarker = fc.record({ value: fc.uuid(), since: fc.constant(new Date(0)) });

/** Metadata of callers, which never has a key of ours. */
export const anyMetadata = fc
  .dictionary(fc.string({ minLength: 1 }), fc.string())
  .filter((metadata) => !Object.keys(metadata).some((key) => key.startsWith("vimana:") || key === "__proto__"))
  .map((metadata) => ({ ...metadata }));

/** A description of callers, which has no line of ours and leaves room for the marker's. */
export const anyDescription = fc
  .string({ unit: "binary", maxLength: 150 })
  .filter((text) => !text.split("\n").some((line) => line.startsWith("vimana:")));

/** JSON as it comes back over the wire. */
export const wire = (json: unknown): Readonly<Record<string, unknown>> => JSON.parse(JSON.stringify(json));
