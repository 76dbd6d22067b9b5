/** `vimana call`: any method of any of the gateway's services, JSON in and out. */
import { type CallOptions, Client, type Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { CloudError } from "../cloud/index.ts";
import { fieldViolations } from "../gateway/grpcStatus.ts";
import { MAX_MESSAGE_BYTES } from "../gateway/invoke.ts";
import { isObject, jsonToMessage, messageToJson } from "../gateway/json.ts";
import type { Operation } from "../gateway/operations.ts";
import { ADDRESS_OPTIONS, readAddress } from "./address.ts";
import { readData } from "./data.ts";
import { columns } from "./help.ts";
import { type Methods, readMethods } from "./methods.ts";
import { type Command, type Input, type Io, UsageError } from "./verb.ts";

export const call: Command = {
  arguments: [
    {
      name: "service",
      help: "its full name, or the last part of it; none: list the services",
      isOptional: true,
      complete: async () => {
        const methods = readMethods();
        return [...methods.shortNames().map((word) => ({ word })), ...methods.services()];
      },
    },
    {
      name: "method",
      help: "its name; none: list the service's methods",
      isOptional: true,
      complete: async ([service = ""]) => {
        const methods = readMethods();
        return methods.methods(methods.service(service));
      },
    },
    { name: "json", help: "the request; @file reads a file, - standard input; none: {}", isOptional: true },
  ],
  options: {
    data: { help: "the request, instead of <json>", value: "json", short: "d" },
    describe: { help: "show what the request is made of instead of calling" },
    compact: { help: "print the answer on one line" },
    deadline: { help: "how long the call may take, seconds", value: "seconds", default: "120" },
    ...ADDRESS_OPTIONS,
  },
  notes: `A server's stream is printed as one JSON object a line.
Exit codes: 0 done; 1 the call failed; 2 the command line or the request is wrong, and nothing was sent.`,
  async run(input, io) {
    const methods = readMethods();
    const [serviceName, methodName] = input.arguments;
    if (serviceName === undefined) return list(io, methods.services());
    const service = methods.service(serviceName);
    if (methodName === undefined) return list(io, methods.methods(service));
    const operation = methods.method(service, methodName);
    if (input.isOn("describe")) {
      io.out(methods.describe(operation));
      return 0;
    }
    return invoke(operation, await readRequest(operation, methods, input, io), methods, input, io);
  },
};

function list(io: Io, rows: ReturnType<Methods["services"]>): number {
  io.out(columns(rows.map(({ word, help = "" }) => [word, help])));
  return 0;
}

/** The request's bytes. A member that the message does not have is refused: nobody would see it dropped. */
async function readRequest({ input: type }: Operation, { schema }: Methods, input: Input, io: Io): Promise<Uint8Array> {
  const json = await readData(input, io, 2 * MAX_MESSAGE_BYTES);
  if (!isObject(json)) throw new UsageError("the request must be a JSON object");
  try {
    const { bytes, unknown } = jsonToMessage(schema, type, json);
    if (unknown.length > 0) throw new UsageError(`${type.name} has no ${unknown.join(", ")}`);
    return bytes;
  } catch (thrown) {
    if (!(thrown instanceof CloudError)) throw thrown;
    throw new UsageError(thrown.field === undefined ? thrown.message : `${thrown.field}: ${thrown.message}`);
  }
}

async function invoke(
  { name, method, output }: Operation,
  request: Uint8Array,
  { schema }: Methods,
  input: Input,
  io: Io,
): Promise<number> {
  if (method.methodKind !== "unary" && method.methodKind !== "server_streaming")
    throw new UsageError(`${name} takes a stream of requests: this program sends one`);
  const isStream = method.methodKind === "server_streaming";
  const options: CallOptions = { deadline: Date.now() + readDeadline(input) * 1000 };
  const { target, credentials, metadata } = readAddress(input, io);
  const client = new Client(target, credentials, { "grpc.max_receive_message_length": MAX_MESSAGE_BYTES });
  const print = (bytes: Buffer): void => {
    const json = messageToJson(schema, output, bytes);
    io.out(`${JSON.stringify(json, null, isStream || input.isOn("compact") ? undefined : 2)}\n`);
  };
  try {
    return await new Promise<number>((resolve) => {
      let requestId: string | undefined;
      const fail = (error: ServiceError): void => resolve(failed(error, requestId, io));
      const started = isStream
        ? client.makeServerStreamRequest(`/${name}`, asBuffer, asIs, request, metadata, options)
        : client.makeUnaryRequest(`/${name}`, asBuffer, asIs, request, metadata, options, (error, answer) => {
            if (error !== null) fail(error);
            else if (answer !== undefined) print(answer);
          });
      started.on("metadata", (first: Metadata) => {
        requestId = first.get("x-request-id")[0]?.toString();
      });
      if ("read" in started) started.on("data", print).on("error", fail);
      started.on("status", ({ code, metadata: last }) => {
        for (const warning of last.get("vimana-warning")) io.err(`warning: ${decodeURIComponent(String(warning))}\n`);
        if (code === status.OK) resolve(0);
      });
    });
  } finally {
    client.close();
  }
}

const asBuffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const asIs = (bytes: Buffer): Buffer => bytes;

function readDeadline(input: Input): number {
  const text = input.text("deadline") ?? "120";
  const seconds = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || seconds <= 0 || seconds > 86_400)
    throw new UsageError(`--deadline: ${JSON.stringify(text)} is not a number of seconds up to 86400`);
  return seconds;
}

/** What is told of a call that failed: the code, the reason, the fields at fault, the request id. */
function failed(error: ServiceError, requestId: string | undefined, io: Io): number {
  const [reason, id = requestId, retryAfter] = ["vimana-reason", "x-request-id", "retry-after"].map((name) =>
    error.metadata.get(name)[0]?.toString(),
  );
  const violations = fieldViolations(error);
  const rows = [
    ...violations.map(({ field, description }) => ["field", `${field}: ${description}`]),
    ...(id === undefined ? [] : [["request id", id]]),
    ...(retryAfter === undefined ? [] : [["retry after", `${retryAfter} s`]]),
  ];
  const code = status[error.code] ?? String(error.code);
  const word = reason === undefined || reason === code ? code : `${code} ${reason}`;
  // Told below.
  const message = id === undefined ? error.details : error.details.replace(` (${id})`, "");
  io.err(`vimana call: ${word}: ${message}\n${columns(rows)}`);
  return 1;
}
