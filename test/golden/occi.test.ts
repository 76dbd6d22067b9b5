import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("docs/occi.md lists the kinds, mixins and actions that there are", { timeout: 60_000 }, () => {
  const script = join(import.meta.dirname, "../../scripts/occi-tables.mjs");
  expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
});
