import { type CallOptions, Client, credentials, Metadata, type ServiceError } from "@grpc/grpc-js";
import { OcciServiceService } from "../../generated/ts/occi/v1/occi.ts";

type Service = typeof OcciServiceService;
type Request<Method extends keyof Service> = Parameters<Service[Method]["requestSerialize"]>[0];
type Response<Method extends keyof Service> = ReturnType<Service[Method]["responseDeserialize"]>;

/** A caller of occi.v1 over grpc-js. */
export interface OcciClient {
  call<Method extends keyof Service>(
    method: Method,
    request: Request<Method>,
    metadata?: Readonly<Record<string, string>>,
  ): Promise<Response<Method>>;
  /** Every message of the stream, or the first few: then the call is cancelled. */
  list(request: Request<"listEntities">, most?: number): Promise<readonly Response<"listEntities">[]>;
  close(): void;
}

export function occiClient(address: string, token: string): OcciClient {
  const client = new Client(address, credentials.createInsecure());
  const options: CallOptions = { deadline: Date.now() + 60_000 };
  const metadataOf = (more: Readonly<Record<string, string>> = {}): Metadata => {
    const metadata = new Metadata();
    for (const [name, value] of Object.entries({ "x-auth-token": token, ...more })) metadata.set(name, value);
    return metadata;
  };
  return {
    call: (method, request, metadata) =>
      new Promise((resolve, reject) => {
        const { path, requestSerialize, responseDeserialize } = OcciServiceService[method];
        const done = (error: ServiceError | null, answer?: unknown) =>
          error === null ? resolve(answer as Response<typeof method>) : reject(error);
        client.makeUnaryRequest(
          path,
          requestSerialize as (value: unknown) => Buffer,
          responseDeserialize,
          request,
          metadataOf(metadata),
          options,
          done,
        );
      }),
    async list(request, most = Number.POSITIVE_INFINITY) {
      const { path, requestSerialize, responseDeserialize } = OcciServiceService.listEntities;
      const stream = client.makeServerStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        metadataOf(),
        options,
      );
      const found: Response<"listEntities">[] = [];
      for await (const message of stream) {
        found.push(message);
        if (found.length >= most) break;
      }
      return found;
    },
    close: () => client.close(),
  };
}
