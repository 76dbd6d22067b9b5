import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { openSite, type Site } from "../support/site.ts";

/** Who reads the log is somebody else's program, and may stop. */

let site: Site;
beforeAll(async () => {
  site = await openSite();
});
afterAll(() => site.close());

test("a reader of the log who stops reading holds up no call, and finds every line when he goes on", async () => {
  const { gateway } = site;
  const ask = async (): Promise<string> => {
    const response = await fetch(`${gateway.occi}/compute/`);
    expect(response.status).toBe(200);
    await response.text();
    return response.headers.get("x-request-id") ?? "";
  };
  await ask();
  gateway.child.stderr?.pause();
  // A pipe holds 64 KiB, and a call's lines half a KiB at least.
  const ids: string[] = [];
  for (let call = 0; call < 500; call += 1) ids.push(await ask());
  expect(gateway.said()).not.toContain(ids.at(-1));
  gateway.child.stderr?.resume();
  await eventually(
    async () => gateway.said(),
    (said) => said.includes(ids.at(-1) ?? "none"),
  );
  const answered = gateway
    .said()
    .split("\n")
    .filter((line) => line.includes('"msg":"answered"'));
  for (const id of ids) expect(answered.filter((line) => line.includes(id))).toHaveLength(1);
});
