import type { JsonObject } from "@bufbuild/protobuf";
import { expect, test } from "vitest";
import { adminService } from "../../generated/ts/kubevim/admin.ts";
import { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";
import { CapabilitiesServiceService } from "../../generated/ts/vimana/v1/capabilities.ts";
import { IdentityServiceService } from "../../generated/ts/vimana/v1/identity.ts";
import { answerWriter } from "../../src/gateway/answerJson.ts";
import { jsonToMessage, messageToJson } from "../../src/gateway/json.ts";
import { loadSchema } from "../../src/gateway/operations.ts";
import { fuzzMessage } from "../support/fuzzMessages.ts";
import { Random } from "../support/random.ts";

/** The short way of an answer to its JSON leads to the same place as the long one, for every answer that there is. */

const schema = loadSchema();
const SEED = Number(process.env.VIMANA_FUZZ_SEED ?? "20261128");
const TRIES = 200;

interface Method {
  readonly path: string;
  responseDeserialize(bytes: Buffer): unknown;
  responseSerialize(value: never): Buffer;
}

const methods: readonly Method[] = [
  ...Object.values(vi_vnfmService),
  ...Object.values(adminService),
  ...Object.values(CapabilitiesServiceService),
  ...Object.values(IdentityServiceService),
];

test.each(methods.map((method) => [method.path, method] as const))(`%s (seed ${SEED})`, (path, method) => {
  const operation = schema.operations.find(({ name }) => `/${name}` === path);
  if (operation === undefined) throw new Error(`no operation ${path}`);
  const { output } = operation;
  const random = new Random(SEED);
  const encode = (answer: object) => method.responseSerialize(answer as never);
  const write = answerWriter(schema, output, encode);
  let compared = 0;
  for (let attempt = 0; attempt < TRIES; attempt += 1) {
    const bytes = bytesOf(fuzzMessage(random, output, { known: [] }));
    if (bytes === undefined) continue;
    const answer = method.responseDeserialize(Buffer.from(bytes)) as object;
    expect(write(answer)).toEqual(messageToJson(schema, output, encode(answer)));
    compared += 1;
  }
  expect(compared).toBeGreaterThan(TRIES / 10);

  /** Nothing for what is no message; half of what the fuzzer makes is meant to be refused. */
  function bytesOf(json: JsonObject): Uint8Array | undefined {
    try {
      const { bytes } = jsonToMessage(schema, output, json);
      // What JavaScript cannot hold cannot be a handler's answer.
      method.responseDeserialize(Buffer.from(bytes));
      return bytes;
    } catch {
      return undefined;
    }
  }
});
