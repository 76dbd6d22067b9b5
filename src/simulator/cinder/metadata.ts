/** `…/metadata` of volumes and snapshots (cinder stable/zed: api/v3/volume_metadata.py, api/v3/snapshot_metadata.py). */
import { createHash } from "node:crypto";
import { isObject, type Json, type JsonObject, type Row, repr, text } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, MemberRoute } from "../core/types.ts";
import type { TableKey } from "../world.ts";
import { labels, pairsOf, readBody } from "./fields.ts";
import { invalid } from "./form.ts";
import { reads, writes } from "./policies.ts";
import type { Labels } from "./rows.ts";

interface Labelled extends Row {
  readonly metadata: Labels;
  readonly updated_at: number | null;
}

/** The body as Python writes it, over which the Etag is made. */
function pythonJson(value: Json): string {
  if (isObject(value))
    return `{${Object.entries(value)
      .map(([key, item]) => `${pythonJson(key)}: ${pythonJson(item)}`)
      .join(", ")}}`;
  return JSON.stringify(value).replaceAll(
    /[\u007f-\uffff]/g,
    (letter) => `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

function etagOf(metadata: Labels): string {
  return createHash("md5").update(pythonJson({ metadata })).digest("hex");
}

/** From 3.15 on an update may say which state it was made for. */
function refuseStale(row: Labelled, call: Call): void {
  const wanted = call.headers["if-match"];
  if (wanted === undefined || call.version < 15 || wanted.replaceAll('"', "") === etagOf(row.metadata)) return;
  throw new Refusal(412, "");
}

/** How a kind of row reads its bodies: volumes by schema, snapshots by hand. */
interface Reader {
  all(call: Call): JsonObject;
  one(call: Call): JsonObject;
}

const bySchema: Reader = {
  all(call) {
    const metadata = readBody(call, "metadata", { fields: {}, open: true });
    labels("object")(metadata);
    return metadata;
  },
  one(call) {
    const meta = readBody(call, "meta", { fields: {}, open: true });
    const count = Object.keys(meta).length;
    if (count === 0) throw invalid("meta", meta, `${repr(meta)} does not have enough properties`);
    if (count > 1) throw invalid("meta", meta, `${repr(meta)} has too many properties`);
    labels("object")(meta);
    if (!Object.hasOwn(meta, call.params.key ?? "")) throw new Refusal(400, "Request body and URI mismatch");
    return meta;
  },
};

/** Refuses what no label may be (cinder stable/zed: utils.py check_metadata_properties). */
function checkLabels(metadata: JsonObject): JsonObject {
  const bad = (said: string) => new Refusal(400, `Invalid metadata: Invalid input received: ${said}`);
  const large = (said: string) => new Refusal(413, `Invalid metadata size: Metadata property key ${said} characters.`);
  for (const [key, value] of Object.entries(metadata)) {
    if (key === "") throw bad("Metadata key:  has 0 characters, less than 1.");
    if (typeof value !== "string") throw bad(`Value for metadata key: ${key} is not a string or unicode`);
    if (key.length > 255) throw large(`${key} greater than 255`);
    if (value.length > 255) throw large(`${key} value greater than 255`);
  }
  return metadata;
}

function element(call: Call, name: string): JsonObject {
  const inner = isObject(call.body) ? call.body[name] : undefined;
  if (!isObject(inner)) throw new Refusal(400, `Missing required element '${name}' in request body.`);
  return inner;
}

const byHand: Reader = {
  all: (call) => checkLabels(element(call, "metadata")),
  one(call) {
    const meta = element(call, "meta");
    if (!Object.hasOwn(meta, call.params.key ?? "")) throw new Refusal(400, "Request body and URI mismatch");
    if (Object.keys(meta).length > 1) throw new Refusal(400, "Request body contains too many items");
    return checkLabels(meta);
  },
};

/** The routes for one kind of row. */
export function metadataRoutes<R extends Labelled>(kind: "volume" | "snapshot", table: TableKey<R>): MemberRoute<R>[] {
  const read = reads(kind === "volume" ? "volume:get_volume_metadata" : "volume:get_snapshot_metadata");
  const write = writes(kind === "volume" ? "volume:update_volume_metadata" : "volume:update_snapshot_metadata");
  const reader = kind === "volume" ? bySchema : byHand;
  const titled = kind === "volume" ? "Volume" : "Snapshot";
  const lost = (row: R, key: string) => new Refusal(404, `${titled} ${row.id} has no metadata with key ${key}.`);
  const store = (row: R, metadata: Labels, call: Call) => {
    refuseStale(row, call);
    call.world.of(table).put({ ...row, metadata, updated_at: call.now });
  };
  const setAll = (row: R, metadata: Labels, call: Call): Answer => {
    store(row, metadata, call);
    return { status: 200, body: { metadata } };
  };
  return [
    {
      method: "GET",
      path: "/metadata",
      policy: read,
      run({ metadata }, call) {
        if (kind === "snapshot" || call.version < 15) return { status: 200, body: { metadata } };
        // Nobody told webob that this is JSON (seen live).
        const type = { "content-type": "text/html; charset=UTF-8" };
        return {
          status: 200,
          body: Buffer.from(pythonJson({ metadata })),
          headers: { ...type, Etag: etagOf(metadata) },
        };
      },
    },
    {
      method: "POST",
      path: "/metadata",
      policy: write,
      schema: reader.all,
      run: (row, call) => setAll(row, { ...row.metadata, ...pairsOf(call.input) }, call),
    },
    {
      method: "PUT",
      path: "/metadata",
      policy: write,
      schema: reader.all,
      run: (row, call) => setAll(row, pairsOf(call.input), call),
    },
    {
      method: "GET",
      path: "/metadata/{key}",
      policy: read,
      run(row, call) {
        const key = call.params.key ?? "";
        if (!Object.hasOwn(row.metadata, key)) throw lost(row, key);
        return { status: 200, body: { meta: { [key]: text(row.metadata[key]) } } };
      },
    },
    {
      method: "PUT",
      path: "/metadata/{key}",
      policy: write,
      schema: reader.one,
      run(row, call) {
        store(row, { ...row.metadata, ...pairsOf(call.input) }, call);
        return { status: 200, body: { meta: pairsOf(call.input) } };
      },
    },
    {
      method: "DELETE",
      path: "/metadata/{key}",
      policy: writes(kind === "volume" ? "volume:delete_volume_metadata" : "volume:delete_snapshot_metadata"),
      run(row, call) {
        const key = call.params.key ?? "";
        if (!Object.hasOwn(row.metadata, key)) throw lost(row, key);
        const { [key]: _, ...rest } = row.metadata;
        store(row, rest, call);
        return { status: 200 };
      },
    },
  ];
}
