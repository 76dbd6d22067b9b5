import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("docs/occi-types.md says what the table of kinds says", { timeout: 60_000 }, () => {
  const script = join(import.meta.dirname, "../../scripts/occi-types.mjs");
  expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
});
