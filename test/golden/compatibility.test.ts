import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

test("docs/compatibility.md says of the simulator what the gateway says", { timeout: 60_000 }, () => {
  const script = join(import.meta.dirname, "../../scripts/compatibility.mjs");
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OS_")));
  expect(() => execFileSync(process.execPath, [script, "--check"], { env, stdio: "pipe" })).not.toThrow();
});
