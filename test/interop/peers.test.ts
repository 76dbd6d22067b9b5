import { execFile } from "node:child_process";
import { globSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { startTestGateway } from "../support/gateway.ts";

/**
 * Upstream's own clients against the gateway. `VIMANA_PEERS` names a folder with
 *
 * - `venv/`: a Python environment with what the drivers import, such as `grpcio`, `protobuf`, `googleapis-common-protos`
 *   and the REST client that kube-vim-api keeps under `generated/python`
 * - `run/*.py`: drivers. Each reads `VIMANA_GRPC` (host:port), `VIMANA_HTTP` (base URL) and, when set, `VIMANA_TOKEN`,
 *   prints `ok <step>` per step and exits 0 when all went well
 * - `occi-run/*.py`: drivers of OCCI's public suites, each with a gateway of its own, at `VIMANA_OCCI` (base URL)
 *
 * Nothing of it is in the repository: the clients are upstream's. The recorded conversations are replayed without it.
 */
const peers = process.env.VIMANA_PEERS;
const driversIn = (folder: string, usual: readonly string[]): readonly string[] =>
  peers === undefined ? usual : globSync("*.py", { cwd: join(peers, folder) }).map((driver) => basename(driver));
const suites = ["dyso.py", "pocci.py", "pocci_header.py", "tent.py", "wg.py"];

describe.skipIf(peers === undefined).each([
  { what: "upstream's clients", folder: "run", drivers: driversIn("run", ["grpc_journey.py", "rest_journey.py"]) },
  { what: "OCCI's public suites", folder: "occi-run", drivers: driversIn("occi-run", suites) },
])("$what", ({ folder, drivers }) => {
  it("has drivers", () => expect(drivers).not.toEqual([]));

  it.each([...drivers].sort())("%s", { timeout: 300_000 }, async (driver) => {
    const gateway = await startTestGateway();
    onTestFinished(() => gateway.close());
    const doors = { VIMANA_GRPC: gateway.grpc, VIMANA_HTTP: gateway.http, VIMANA_OCCI: gateway.occi };
    const run = await new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
      execFile(
        join(peers ?? "", "venv", "bin", "python"),
        [join(peers ?? "", folder, driver)],
        { env: { ...process.env, ...doors }, timeout: 290_000 },
        (error, stdout, stderr) => resolve({ code: error === null ? 0 : (error.code ?? error.signal), stdout, stderr }),
      );
    });
    process.stdout.write(`${driver}\n${run.stdout}`);
    expect(run, run.stderr).toMatchObject({ code: 0, stdout: expect.stringContaining("ok ") });
  });
});
