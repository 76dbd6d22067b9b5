import { Duplex } from "node:stream";
import { toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema } from "@bufbuild/protobuf/wkt";
import {
  type Server,
  type ServerDuplexStream,
  type ServiceDefinition,
  status,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import type { Schema } from "./operations.ts";

/**
 * Reflection, v1 and v1alpha. The service holds every descriptor once more and takes longer to make than the rest of the
 * door, so it is made when somebody first asks; until then there are only the two paths.
 */
export function registerReflection(server: Server, schema: Schema): void {
  let made: Promise<ReadonlyMap<string, Service>> | undefined;
  for (const version of ["v1", "v1alpha"]) {
    const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
    const handle = (call: ServerDuplexStream<Buffer, Buffer>): void => {
      made ??= makeServices(schema);
      made.then(
        (services) => converse(call, services.get(path)),
        (cause: unknown) => call.destroy(new Error("reflection cannot be made", { cause })),
      );
    };
    server.register(path, handle, plain, plain, "bidi");
  }
}

/** Coding is done here, by the service's own definition. */
function plain(bytes: Buffer): Buffer {
  return bytes;
}

interface Service {
  readonly definition: ServiceDefinition[string];
  readonly answer: (stream: Duplex) => void;
}

/** By the path of its only method. */
async function makeServices(schema: Schema): Promise<ReadonlyMap<string, Service>> {
  const { ReflectionService } = await import("@grpc/reflection");
  // The service reads nothing of a package but its files; those of the descriptor set are complete, while proto-loader's
  // leave out files that hold a service and no message.
  const files = [...schema.registry.files].map((file) => Buffer.from(toBinary(FileDescriptorProtoSchema, file.proto)));
  const format = "Protocol Buffer 3 EnumDescriptorProto" as const;
  const everything = { format, type: {}, fileDescriptorProtos: files };
  const services = new Map<string, Service>();
  const addService = (definitions: ServiceDefinition, implementation: UntypedServiceImplementation): void => {
    for (const [name, definition] of Object.entries(definitions)) {
      const answer = implementation[name];
      if (typeof answer !== "function") continue;
      services.set(definition.path, { definition, answer: (stream) => Reflect.apply(answer, undefined, [stream]) });
    }
  };
  new ReflectionService({ everything }).addToServer({ addService });
  return services;
}

/** The service speaks in messages, the call in bytes. */
function converse(call: ServerDuplexStream<Buffer, Buffer>, service: Service | undefined): void {
  if (service === undefined) {
    call.destroy(new Error("reflection lacks a version"));
    return;
  }
  const { definition, answer } = service;
  const messages = new Duplex({
    objectMode: true,
    read() {},
    write(message, _encoding, done) {
      call.write(definition.responseSerialize(message), () => done());
    },
    final(done) {
      call.end();
      done();
    },
  });
  answer(messages);
  call.on("data", (bytes: Buffer) => {
    try {
      messages.push(definition.requestDeserialize(bytes));
    } catch {
      call.emit("error", { code: status.INVALID_ARGUMENT, details: "the request is not a ServerReflectionRequest" });
      messages.destroy();
    }
  });
  call.on("end", () => messages.push(null));
  call.on("cancelled", () => messages.destroy());
}
