import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // Listens for secrets when VIMANA_CANARY is set (CONTRIBUTING); judges every answer of the simulator.
    setupFiles: ["test/support/canarySetup.ts", "test/support/openapi/watch.ts"],
    // Two cores are the smallest machine that runs this; more workers than cores only make tests time out.
    maxWorkers: 2,
    testTimeout: 60_000,
    // Also the time to wait for the real cloud, which one test file has at a time.
    hookTimeout: 1_800_000,
  },
});
