import type { JsonObject } from "@bufbuild/protobuf";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";
import { type Described, lint, readGenerated } from "./openapiLint.ts";

/** What the gateway really answers fits what the documents say: real answers take the place of the examples. */

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway();
});
afterAll(() => gateway.close());

const { document } = readGenerated("vivnfm-v5");

async function call(
  method: string,
  path: string,
  body?: JsonObject,
): Promise<{ answer: JsonObject; response: Response }> {
  const response = await fetch(`${gateway.http}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
  });
  return { answer: (await response.json()) as JsonObject, response };
}

function operation(method: string, path: string): Described {
  const found = document.paths[path]?.[method.toLowerCase()];
  if (found === undefined) throw new Error(`${method} ${path} is not described`);
  return found;
}

/** The linter's word on the document with this answer as its example. */
async function faults(method: string, path: string, answer: JsonObject): Promise<string[]> {
  const described = structuredClone(operation(method, path));
  const content = described.responses["200"]?.content["application/json"];
  if (content === undefined) throw new Error("no answer is described");
  content.example = answer;
  const item = { ...document.paths[path], [method.toLowerCase()]: described };
  return lint({ ...document, paths: { ...document.paths, [path]: item } });
}

function exampleBody(method: string, path: string): JsonObject {
  const body = operation(method, path).requestBody as { content: { "application/json": { example: JsonObject } } };
  return body.content["application/json"].example;
}

async function succeeds(method: string, template: string, path = template, body?: JsonObject): Promise<JsonObject> {
  const { answer, response } = await call(method, path, body);
  expect([response.status, answer]).toEqual([200, expect.anything()]);
  expect(response.headers.get("x-request-id")).toMatch(/^req-/);
  expect(await faults(method, template, answer)).toEqual([]);
  return answer;
}

test("the example of a network makes one, and every answer on its way is as described", async () => {
  const made = await succeeds("POST", "/vivnfm/v5/networks", undefined, exampleBody("POST", "/vivnfm/v5/networks"));
  const { networkData } = made as { networkData: { networkResourceId: { value: string } } };
  await succeeds("GET", "/vivnfm/v5/networks", "/vivnfm/v5/networks?networkResourceType=NETWORK");
  await succeeds("GET", "/vivnfm/v5/networks", "/vivnfm/v5/networks?networkResourceType=SUBNET");
  const id = networkData.networkResourceId.value;
  await succeeds("DELETE", "/vivnfm/v5/networks/{networkResourceId.value}", `/vivnfm/v5/networks/${id}`);
});

test("the example of a machine makes one when its ids are real", async () => {
  const { flavours } = (await succeeds("GET", "/vivnfm/v5/flavours")) as { flavours: { flavourId: JsonObject }[] };
  const images = (await succeeds("GET", "/vivnfm/v5/images")) as {
    softwareImagesInformation: { softwareImageId: { value: string }; name: string }[];
  };
  const image = images.softwareImagesInformation.find(({ name }) => name === "cirros");
  await succeeds(
    "GET",
    "/vivnfm/v5/images/{softwareImageId.value}",
    `/vivnfm/v5/images/${image?.softwareImageId.value}`,
  );
  const made = (await call("POST", "/vivnfm/v5/networks", exampleBody("POST", "/vivnfm/v5/networks"))).answer as {
    networkData: { networkResourceId: JsonObject };
  };
  const example = exampleBody("POST", "/vivnfm/v5/compute") as { interfaceData: JsonObject[] };
  const machine = (await succeeds("POST", "/vivnfm/v5/compute", undefined, {
    ...example,
    computeFlavourId: flavours[0]?.flavourId ?? null,
    vcImageId: image?.softwareImageId ?? null,
    interfaceData: example.interfaceData.map((card) => ({ ...card, networkId: made.networkData.networkResourceId })),
  })) as { computeData: { computeId: { value: string } } };
  const id = machine.computeData.computeId.value;
  await succeeds("GET", "/vivnfm/v5/compute");
  const operate = "/vivnfm/v5/compute/{computeId.value}/{computeOperation}";
  await succeeds("POST", operate, `/vivnfm/v5/compute/${id}/STOP`, {});
  await succeeds("DELETE", "/vivnfm/v5/compute/{computeId.value}", `/vivnfm/v5/compute/${id}`);
});

test.each([
  ["GET", "/vivnfm/v5/images/nothing", undefined, 404],
  ["GET", "/vivnfm/v5/images?filter=(", undefined, 400],
  ["POST", "/vivnfm/v5/compute", { computeFlavourId: { value: "1" }, reservationId: { value: "r" } }, undefined],
])("%s %s: the problem is as described", async (method, path, body, status) => {
  const { answer, response } = await call(method, path, body);
  if (status !== undefined) expect(response.status).toBe(status);
  expect(response.status).toBeGreaterThanOrEqual(400);
  const { components } = document as unknown as { components: { responses: JsonObject } };
  const name = `Problem${response.status}`;
  const described = structuredClone(components.responses[name]) as {
    content: { [type: string]: { example: JsonObject } };
  };
  const content = described.content["application/problem+json"];
  if (content === undefined) throw new Error("no problem is described");
  content.example = answer;
  const responses = { ...components.responses, [name]: described as unknown as JsonObject };
  expect(await lint({ ...document, components: { ...components, responses } })).toEqual([]);
});
