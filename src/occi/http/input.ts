import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { CloudError } from "../../cloud/index.ts";
import { invalid } from "../check.ts";
import { EMPTY_MESSAGE, type Message } from "../message.ts";
import { parseJsonMessages } from "../parse/json.ts";
import { FIELD_NAMES, type Field, fieldsOfBody, parseFields } from "../parse/text.ts";
import { headersTooLarge, unsupportedMediaType } from "../refusal.ts";
import { headerText } from "../render/headers.ts";
import { readContentType } from "./negotiate.ts";

/** How much a request may hold. */
export interface Limits {
  readonly bodyBytes: number;
  readonly headerBytes: number;
  /** Members on one page of a collection. */
  readonly pageSize: number;
}

export const DEFAULT_LIMITS: Limits = { bodyBytes: 8 * 1024 * 1024, headerBytes: 64 * 1024, pageSize: 1000 };

/** Node drops headers beyond its own count without a word, so the door stops well before. */
const MOST_HEADERS = 1000;
/** How many times the limit is read and thrown away, so that the client can hear the refusal. */
const PATIENCE = 4;

export function checkHeaders({ rawHeaders }: IncomingMessage, { headerBytes }: Limits): void {
  const bytes = rawHeaders.reduce((sum, text) => sum + text.length + 2, 0);
  if (bytes > headerBytes) throw headersTooLarge(`headers hold more than ${headerBytes} bytes`);
  if (rawHeaders.length / 2 > MOST_HEADERS) throw headersTooLarge(`there are more than ${MOST_HEADERS} headers`);
}

/** The OCCI structures in the headers: the whole message of `text/occi`. */
function headerMessage(request: IncomingMessage): Message {
  return parseFields(headerFields(request));
}

/** What a read is filtered by: the structures in its headers, and those of a body, where there is one (GFD.223 §7). */
export async function readFilters(request: IncomingMessage, limits: Limits): Promise<Message> {
  const { headers } = request;
  const own = headerMessage(request);
  const hasBody = headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
  if (!hasBody || readContentType(headers["content-type"]) === "headers") return own;
  const [said = EMPTY_MESSAGE, ...more] = await readMessages(request, limits);
  if (more.length > 0) throw invalid("body", "one filter is expected");
  for (const [name, value] of said.attributes) {
    const other = own.attributes.get(name);
    if (other !== undefined && other !== value) throw invalid(name, "headers and body ask for different values");
  }
  return {
    categories: [...own.categories, ...said.categories],
    attributes: new Map([...own.attributes, ...said.attributes]),
    links: [...own.links, ...said.links],
    locations: [...own.locations, ...said.locations],
    isTyped: false,
  };
}

function* headerFields({ headersDistinct }: IncomingMessage): Iterable<Field> {
  for (const name of FIELD_NAMES) {
    for (const value of headersDistinct[name] ?? []) yield { name, value: headerText(value) };
  }
}

/** What the request says: one message, or one per entity of a JSON batch. */
export async function readMessages(request: IncomingMessage, limits: Limits): Promise<readonly Message[]> {
  const type = readContentType(request.headers["content-type"]);
  if (request.headers["content-encoding"] !== undefined) throw unsupportedMediaType("bodies are taken uncompressed");
  const body = await readBody(request, limits.bodyBytes);
  if (type === "headers") return [headerMessage(request)];
  if (type === undefined) {
    // Without a body the headers are all there is; with one, nobody can know what it is (GFD.223 §5.1).
    if (body.length === 0) return [headerMessage(request)];
    throw new CloudError("MALFORMED", "a body needs a Content-Type", { field: "content-type" });
  }
  const text = decode(body);
  if (text.trim() === "") return [EMPTY_MESSAGE];
  if (type === "json") return parseJsonMessages(text);
  return [type === "plain" ? parseFields(fieldsOfBody(text)) : { ...EMPTY_MESSAGE, locations: readUris(text) }];
}

function readUris(text: string): readonly string[] {
  const lines = text.split(/\r?\n/).filter((line) => line !== "" && !line.startsWith("#"));
  return lines.length === 0 ? [] : parseFields(lines.map((value) => ({ name: "x-occi-location", value }))).locations;
}

function decode(body: Buffer): string {
  if (!isUtf8(body)) throw new CloudError("MALFORMED", "the body is not UTF-8");
  return body.toString("utf8");
}

/** By events, which cost a third of what iterating a stream does. */
function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const { headers } = request;
  const tooLarge = () => new CloudError("TOO_LARGE", `a body may hold ${limit} bytes`);
  if (Number(headers["content-length"] ?? 0) > limit * PATIENCE) return Promise.reject(tooLarge());
  if (request.readableEnded) return Promise.resolve(Buffer.alloc(0));
  const gone = (cause?: unknown) =>
    new CloudError("CANCELLED", "the caller went away in the middle of the body", { cause });
  // While the caller was let in: it will never say so again.
  if (request.destroyed) return Promise.reject(gone(request.errored));
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on("data", (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (bytes <= limit * PATIENCE) return;
      reject(tooLarge());
      request.destroy();
    });
    request.once("end", () => {
      if (bytes > limit) reject(tooLarge());
      else resolve(chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks));
    });
    request.once("error", (cause) => reject(gone(cause)));
    request.once("close", () => {
      if (!request.readableEnded) reject(gone());
    });
  });
}
