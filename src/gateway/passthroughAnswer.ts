import type { IncomingMessage, ServerResponse } from "node:http";
import { pipeline, type Readable, type Transform } from "node:stream";
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from "node:zlib";
import type { JsonObject } from "@bufbuild/protobuf";
import { CloudError } from "../cloud/index.ts";
import { isObject } from "./json.ts";
import { answerHeaders } from "./passthroughHeaders.ts";
import { linkRewriter } from "./passthroughLinks.ts";
import { isLong, tidyStream } from "./passthroughMemory.ts";
import { rewriteCatalogue, rewriteConsole, rewriteVersions, type Treatment, type View } from "./passthroughRewrite.ts";

/** Largest document that is rewritten as a whole: a catalogue of hundreds of endpoints has some 100 KiB. */
export const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
/** Nova's answer with a console's address; longer ones are other actions' (console output). */
const MAX_CONSOLE_BYTES = 16 * 1024;

const DECODERS: Readonly<Record<string, () => Transform>> = {
  gzip: createGunzip,
  "x-gzip": createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
};

const DOCUMENTS: Readonly<Partial<Record<Treatment, (document: JsonObject, view: View) => JsonObject>>> = {
  catalogue: rewriteCatalogue,
  versions: rewriteVersions,
  console: rewriteConsole,
};

/** Hands an answer on: as it comes, with its links rewritten on the way, or rewritten as a whole. */
export async function handOn(
  answer: IncomingMessage,
  response: ServerResponse,
  view: View,
  treatment: Treatment,
): Promise<void> {
  const headers = new Map(answerHeaders(answer, view));
  const start = (): void => {
    response.statusCode = answer.statusCode ?? 502;
    response.statusMessage = answer.statusMessage ?? "";
    for (const { name, values } of headers.values())
      response.setHeader(name, values.length === 1 ? (values[0] ?? "") : values);
  };
  const { method } = response.req;
  const isBodyless = method === "HEAD" || [204, 304].includes(answer.statusCode ?? 0);
  const encoding = (answer.headers["content-encoding"] ?? "identity").toLowerCase();
  const decoder = DECODERS[encoding];
  const isReadable = encoding === "identity" || encoding === "" || decoder !== undefined;
  if (isBodyless || treatment === "raw" || !isJson(answer) || !isReadable) {
    // What a HEAD tells of the length is that of the other text.
    if (method === "HEAD" && treatment !== "raw" && isJson(answer)) headers.delete("content-length");
    start();
    await (isLong(answer.headers["content-length"]) ? flow(answer, tidyStream(), response) : flow(answer, response));
    return;
  }
  headers.delete("content-length");
  headers.delete("content-encoding");
  const source = decoder === undefined ? answer : pipeline(answer, decoder(), () => {});
  const rewrite = isShortEnough(answer, treatment) ? DOCUMENTS[treatment] : undefined;
  if (rewrite === undefined) {
    start();
    await flow(source, linkRewriter(view), response);
    return;
  }
  const bytes = rewritten(await collect(source), rewrite, view);
  start();
  response.setHeader("Content-Length", bytes.length);
  response.end(bytes);
}

function isJson(answer: IncomingMessage): boolean {
  // A part of a document, and what was summed up, must stay as it is.
  const isWhole = answer.statusCode !== 206 && !("content-md5" in answer.headers) && !("etag" in answer.headers);
  return isWhole && /^application\/(?:[\w.-]+\+)?json\b/i.test(answer.headers["content-type"] ?? "");
}

function isShortEnough(answer: IncomingMessage, treatment: Treatment): boolean {
  return (
    treatment !== "console" || Number(answer.headers["content-length"] ?? Number.POSITIVE_INFINITY) <= MAX_CONSOLE_BYTES
  );
}

/** A stream that breaks ends the others: the caller sees a cut answer as cut. */
function flow(source: Readable, ...onwards: readonly NodeJS.WritableStream[]): Promise<void> {
  return new Promise((resolve) => {
    pipeline([source, ...onwards], () => resolve());
  });
}

/** Leaves what is too long where it is: to end it here would end the caller's connection before he is told. */
function collect(source: Readable): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const fail = (message: string, cause?: unknown): void => {
      source.pause();
      reject(new CloudError("UPSTREAM_FAILED", message, { cause }));
    };
    source.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_DOCUMENT_BYTES)
        fail(`the cloud's answer is over ${MAX_DOCUMENT_BYTES} bytes, which no catalogue is`);
      else chunks.push(chunk);
    });
    source.on("end", () => resolve(Buffer.concat(chunks)));
    source.on("error", (cause) => fail("the cloud's answer was cut or is garbled", cause));
    source.on("close", () => fail("the cloud's answer was cut"));
  });
}

/** What calls itself JSON and is not goes on as it is. */
function rewritten(bytes: Buffer, rewrite: (document: JsonObject, view: View) => JsonObject, view: View): Buffer {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString("utf8"));
  } catch {
    return bytes;
  }
  return isObject(document) ? Buffer.from(JSON.stringify(rewrite(document, view))) : bytes;
}
