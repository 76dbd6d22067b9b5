import { fromBinary, fromJson, type JsonObject, type JsonValue, toBinary, toJson } from "@bufbuild/protobuf";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway } from "../support/gateway.ts";
import type { GrpcStep, Kept, RestStep, Step } from "./conversation.ts";
import { fill, fillJson, grpcConversation, misses, remember, restConversation } from "./conversation.ts";
import { message, registry } from "./descriptors.ts";
import { complaints } from "./strict.ts";
import { wire } from "./wire.ts";

/** An answer as JSON, or the refusal's gRPC code. */
type Answer = { readonly json: JsonValue } | { readonly refused: string };

/** How often a step is asked that shall hold eventually. */
const patience = 500;

const httpStatus: Readonly<Record<string, number>> = { INVALID_ARGUMENT: 400, NOT_FOUND: 404, UNIMPLEMENTED: 501 };

let gateway: Awaited<ReturnType<typeof startTestGateway>>;
let client: Client;
beforeAll(async () => {
  gateway = await startTestGateway();
  client = new Client(gateway.grpc, credentials.createInsecure());
});
afterAll(async () => {
  client.close();
  await gateway.close();
});

function namesOf(rpc: string) {
  const method = wire.services[grpcConversation.service]?.[rpc];
  const request = message(method?.request ?? "");
  const response = message(method?.response ?? "");
  if (request === undefined || response === undefined) throw new Error(`${rpc} is not in the table`);
  return { request, response };
}

async function replay<S extends Step>(step: S, kept: Kept, ask: (step: S, kept: Kept) => Promise<Answer>) {
  for (let left = step.eventually === true ? patience : 1; ; left -= 1) {
    const answer = await ask(step, kept);
    if (step.refused !== undefined) return expect(answer).toEqual({ refused: step.refused });
    if (!("json" in answer)) throw new Error(`refused: ${answer.refused}`);
    expect(complaints(namesOf(step.rpc).response.name, answer.json)).toEqual([]);
    const missed = misses(step, answer.json, kept);
    if (missed.length === 0) return remember(step, answer.json, kept);
    if (left <= 1) expect(missed).toEqual([]);
  }
}

async function askGrpc(step: GrpcStep, kept: Kept): Promise<Answer> {
  const { request, response } = namesOf(step.rpc);
  const recorded = Buffer.from(step.bytes, "base64");
  const bytes = recorded.includes("{{")
    ? Buffer.from(toBinary(request, fromJson(request, fillJson(step.meaning, kept), { registry })))
    : recorded;
  const same = (buffer: Buffer) => buffer;
  return new Promise((resolve) => {
    const path = `/${grpcConversation.service}/${step.rpc}`;
    client.makeUnaryRequest(path, same, same, bytes, (error: ServiceError | null, answer?: Buffer) => {
      if (error !== null) return resolve({ refused: status[error.code] });
      const json = toJson(response, fromBinary(response, answer ?? Buffer.alloc(0)), {
        registry,
        alwaysEmitImplicit: true,
      });
      return resolve({ json });
    });
  });
}

async function askRest(step: RestStep, kept: Kept): Promise<Answer> {
  const response = await fetch(gateway.http + fill(step.target, kept, encodeURIComponent), {
    method: step.method,
    headers: restConversation.headers?.[step.method] ?? {},
    ...(step.body === undefined ? {} : { body: JSON.stringify(fillJson(step.body, kept)) }),
  });
  expect(response.headers.get("content-type")).toMatch(/^application\/(problem\+)?json/);
  const body: JsonObject = JSON.parse(await response.text());
  if (response.status === 200) return { json: body };
  expect(body).toMatchObject({
    code: expect.any(Number),
    message: expect.stringMatching(/./),
    details: expect.any(Array),
  });
  const refused = status[Number(body.code)] ?? `code ${body.code}`;
  expect(response.status).toBe(httpStatus[refused]);
  return { refused };
}

describe("what the Python gRPC stubs say", () => {
  const kept: Kept = new Map();
  it.each(grpcConversation.steps)("$rpc: $say", (step) => replay(step, kept, askGrpc));
});

describe("what the Python REST client says", () => {
  const kept: Kept = new Map();
  it.each(restConversation.steps)("$rpc: $say", (step) => replay(step, kept, askRest));
});
