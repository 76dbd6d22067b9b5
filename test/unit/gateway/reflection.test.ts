import { Client, credentials } from "@grpc/grpc-js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";

/** Reflection is made when it is first asked for, and nobody notices. */

let gateway: TestGateway;

beforeAll(async () => {
  gateway = await startTestGateway();
});

afterAll(() => gateway.close());

/** ServerReflectionRequest with `list_services` (7) empty. */
const LIST_SERVICES = Buffer.from([0x3a, 0x00]);

/** Sends requests on one stream; what comes back, and how it ended. */
function ask(version: string, requests: readonly Buffer[]): Promise<{ answers: string[]; code: number }> {
  const client = new Client(gateway.grpc, credentials.createInsecure());
  const path = `/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`;
  const plain = (bytes: Buffer): Buffer => bytes;
  const stream = client.makeBidiStreamRequest(path, plain, plain);
  const answers: string[] = [];
  stream.on("data", (bytes: Buffer) => answers.push(bytes.toString("latin1")));
  stream.on("error", () => {});
  const ended = new Promise<{ answers: string[]; code: number }>((resolve) => {
    stream.on("status", ({ code }) => {
      client.close();
      resolve({ answers, code });
    });
  });
  for (const request of requests) stream.write(request);
  stream.end();
  return ended;
}

test.each(["v1", "v1alpha"])("%s lists the services, as often as it is asked", async (version) => {
  const { answers, code } = await ask(version, [LIST_SERVICES, LIST_SERVICES]);
  expect(code).toBe(0);
  expect(answers).toHaveLength(2);
  for (const answer of answers) expect(answer).toContain("kubenvf.kubevim.api.pb.vi_vnfm");
});

test("what is no request is refused", async () => {
  expect((await ask("v1", [Buffer.from([0xff, 0xff])])).code).toBe(3);
});
