import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

/**
 * Upstream's own clients against the gateway. `VIMANA_PEERS` names a folder with
 *
 * - `venv/`: a Python environment with what the drivers import, such as `grpcio`, `protobuf`, `googleapis-common-protos`
 *   and the REST client that kube-vim-api keeps under `generated/python`
 * - `run/*.py`: drivers. Each reads `VIMANA_GRPC` (host:port), `VIMANA_HTTP` (base URL) and, when set, `VIMANA_TOKEN`,
 *   prints `ok <step>` per step and exits 0 when all went well
 *
 * Nothing of it is in the repository: the clients are upstream's. The recorded conversations are replayed without it.
 */
const peers = process.env.VIMANA_PEERS;
const drivers =
  peers === undefined ? ["grpc_journey.py", "rest_journey.py"] : globSync("*.py", { cwd: join(peers, "run") });

describe.skipIf(peers === undefined)("upstream's clients", () => {
  let gateway: Awaited<ReturnType<typeof startTestGateway>>;
  beforeAll(async () => {
    gateway = await startTestGateway();
  });
  afterAll(() => gateway.close());

  it("has drivers", () => expect(drivers).not.toEqual([]));

  it.each(drivers.map((driver) => basename(driver)).sort())("%s", { timeout: 300_000 }, async (driver) => {
    const folder = peers ?? "";
    const run = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(
        join(folder, "venv", "bin", "python"),
        [join(folder, "run", driver)],
        { env: { ...process.env, VIMANA_GRPC: gateway.grpc, VIMANA_HTTP: gateway.http }, timeout: 290_000 },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
      );
    });
    process.stdout.write(`${driver}\n${run.stdout}`);
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("ok ") });
  });
});
