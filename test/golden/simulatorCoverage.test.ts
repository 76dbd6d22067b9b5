import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openapiFolder } from "../support/openapi/documents.ts";

test.skipIf(openapiFolder === undefined)(
  "docs/simulator-coverage.md says what the simulator has",
  { timeout: 60_000 },
  () => {
    const script = join(import.meta.dirname, "../../scripts/simulator-coverage.mjs");
    expect(() => execFileSync(process.execPath, [script, "--check"], { stdio: "pipe" })).not.toThrow();
  },
);
