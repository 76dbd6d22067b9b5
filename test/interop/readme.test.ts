import { execFile, execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/**
 * The README's journey, word for word, on the embedded simulator: its `sh` blocks in one shell, with the addresses of the
 * test's gateway for the default ones. `openstack` is a client that we did not write; without it the test is skipped.
 */

const ROOT = join(import.meta.dirname, "../..");
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```sh\n(.*?)^```$/gms)].map((match) => match[1] ?? "");

function hasCommandLine(): boolean {
  try {
    execFileSync("openstack", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe.skipIf(!hasCommandLine())("the README's first VM", () => {
  let simulator: Simulator;
  let gateway: TestGateway;
  beforeAll(async () => {
    simulator = await startSimulator();
    gateway = await startTestGateway({ simulator });
  });
  afterAll(async () => {
    await gateway.close();
    await simulator.close();
  });

  test("through each door", { timeout: 120_000 }, async () => {
    expect(blocks).toHaveLength(4);
    const script = blocks
      .join("\n")
      .replaceAll("http://127.0.0.1:50051", `http://${gateway.grpc}`)
      .replaceAll("http://127.0.0.1:8080", gateway.http)
      .replaceAll("http://127.0.0.1:8787", gateway.occi)
      .replaceAll("http://127.0.0.1:9797", gateway.simulator);
    const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("OS_")));
    const output = await new Promise<string>((resolve, reject) => {
      execFile("bash", ["-euo", "pipefail", "-c", script], { cwd: ROOT, env }, (error, stdout, stderr) =>
        error === null ? resolve(stdout) : reject(new Error(`${stdout}\n${stderr}`)),
      );
    });
    const states = [...output.matchAll(/"runningState":\s*"(\w+)"/g)].map((match) => match[1]);
    expect(states).toEqual(["RUNNING", "RUNNING", "STOPPED"]);
    expect(output).toContain('occi.compute.state="inactive"');
    expect(output).toMatch(/\| status +\| ACTIVE/);
    expect(simulator.requests.count(({ status }) => status >= 500)).toBe(0);
  });
});
