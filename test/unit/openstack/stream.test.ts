import { afterEach, beforeEach, expect, test } from "vitest";
import { CloudError } from "../../../src/cloud/index.ts";
import { connectFake, FakeCloud, type Opened } from "./fake-cloud.ts";

const IMAGE = "/image/v2/images/i";
const FILE = `${IMAGE}/file`;
const image = (status: string) => ({
  ...{ id: "i", status, created_at: "2026-01-01T00:00:00Z", updated_at: "2026-01-01T00:00:00Z" },
});

let fake: FakeCloud;
let opened: Opened;
let status: string;

beforeEach(async () => {
  fake = await FakeCloud.start();
  opened = connectFake(fake);
  status = "queued";
  fake.on("GET", IMAGE, () => ({ status: 200, body: image(status) }));
});

afterEach(async () => {
  await opened.clouds.close();
  await fake.stop();
});

async function* chunks(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text);
}

async function upload(data: AsyncIterable<Uint8Array>, sizeBytes?: number): Promise<unknown> {
  const { images } = await opened.open();
  return images.upload("i", data, sizeBytes).then(
    () => "none",
    (error: unknown) => (error instanceof CloudError ? error.reason : error),
  );
}

test("data go up as they are, with their length where it is known", async () => {
  fake.on("PUT", FILE, () => ({ status: 204 }));
  expect(await upload(chunks("ab", "", "c"))).toBe("none");
  expect(await upload(chunks("ab", "c"), 3)).toBe("none");
  const [unknown, known] = fake.of("PUT", FILE);
  expect([unknown?.body, known?.body]).toEqual(["abc", "abc"]);
  expect(unknown?.headers).toMatchObject({ "content-type": "application/octet-stream", "x-auth-token": "token-1" });
  expect(unknown?.headers["transfer-encoding"]).toBe("chunked");
  expect(known?.headers["content-length"]).toBe("3");
});

test.each([
  ["a fault", { status: 503, body: "" }, "UNAVAILABLE"],
  ["a token that is refused", { status: 401, body: "" }, "UNAUTHENTICATED"],
  ["a lost answer", "cut", "AMBIGUOUS"],
] as const)("data are sent once, whatever comes: %s", async (_what, reply, expected) => {
  fake.on("PUT", FILE, () => reply);
  expect(await upload(chunks("abc"))).toBe(expected);
  expect(fake.of("PUT", FILE)).toHaveLength(1);
});

test("a lost answer to data that have arrived is a success", async () => {
  fake.on("PUT", FILE, () => {
    status = "active";
    return "cut";
  });
  expect(await upload(chunks("abc"))).toBe("none");
});

test("an image that has data is asked for nothing, and the data are not read", async () => {
  status = "active";
  let isRead = false;
  async function* data() {
    isRead = true;
    yield Buffer.from("a");
  }
  expect(await upload(data())).toBe("STATE_CONFLICT");
  expect(isRead).toBe(false);
});

test("data that are fewer than was said, or break off, are the caller's fault", async () => {
  fake.on("PUT", FILE, () => ({ status: 204 }));
  async function* broken() {
    yield Buffer.from("a");
    throw new CloudError("TOO_LARGE", "over the limit");
  }
  expect(await upload(broken())).toBe("TOO_LARGE");
  expect(await upload(chunks("ab"), 3)).not.toBe("none");
});

test("data come down as they are; an error is told with its reason, and none are a conflict", async () => {
  const { images } = await opened.open();
  let reply: Parameters<FakeCloud["on"]>[2] = () => ({ status: 200, body: "abc", headers: { "content-length": "3" } });
  fake.on("GET", FILE, (asked) => reply(asked));
  const { data, sizeBytes } = await images.download("i");
  let text = "";
  for await (const chunk of data) text += Buffer.from(chunk).toString();
  expect([text, sizeBytes]).toEqual(["abc", 3]);
  reply = () => ({ status: 204 });
  await expect(images.download("i")).rejects.toMatchObject({ reason: "STATE_CONFLICT" });
  reply = () => ({ status: 403, body: "no" });
  await expect(images.download("i")).rejects.toMatchObject({ reason: "FORBIDDEN" });
});

test("a download follows its caller's cancellation", async () => {
  fake.on("GET", FILE, () => ({ status: 200, body: "abc", headers: { "content-length": "1000" } }));
  const controller = new AbortController();
  const { images } = await opened.open({ signal: controller.signal });
  const { data } = await images.download("i");
  const reading = (async () => {
    for await (const _ of data) controller.abort();
  })();
  await expect(reading).rejects.toMatchObject({ reason: "CANCELLED" });
});
