import { type Client, credentials, Metadata, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";

type Unary = (
  request: unknown,
  metadata: Metadata,
  done: (error: ServiceError | null, answer: unknown) => void,
) => { on(event: "status", listener: (status: { readonly metadata: Metadata }) => void): void };

/** A gRPC client of the façade that also tells the trailers. */
export function viVnfmClient(address: string) {
  const Constructor = makeGenericClientConstructor(vi_vnfmService, "vi_vnfm");
  const client: Client = new Constructor(address, credentials.createInsecure());
  return {
    close: () => client.close(),
    call: <Answer>(method: keyof typeof vi_vnfmService, request: unknown, metadata = new Metadata()) =>
      new Promise<{ readonly answer: Answer; readonly trailers: Metadata }>((resolve, reject) => {
        let answer: unknown;
        const invoke = Reflect.get(client, method) as Unary;
        const call = invoke.call(client, request, metadata, (error, found) => {
          if (error !== null) reject(error);
          answer = found;
        });
        call.on("status", ({ metadata: trailers }) =>
          setImmediate(() => resolve({ answer: answer as Answer, trailers })),
        );
      }),
  };
}
