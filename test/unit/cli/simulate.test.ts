import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";

const MAIN = join(import.meta.dirname, "../../../src/cli/main.ts");
let folder: string;
const children: ChildProcess[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vimana-simulate-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Started {
  readonly child: ChildProcess;
  /** What it wrote on standard output until it was ready. */
  readonly out: string;
}

/** Starts the program and waits until it said something; rejects with what it complained about. */
function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, "simulate", "--port", "0", ...args], {
    env: { ...process.env, ...env },
  });
  children.push(child);
  let complaint = "";
  child.stderr.on("data", (bytes) => {
    complaint += bytes;
  });
  return new Promise((resolve, reject) => {
    child.stdout.once("data", (bytes) => resolve({ child, out: String(bytes) }));
    child.once("close", (code) => reject(new Error(`exit ${code}: ${complaint}`)));
  });
}

const urlIn = (out: string): string => /http:\/\/127\.0\.0\.1:\d+/.exec(out)?.[0] ?? "";
const health = async (url: string) => (await fetch(`${url}/_sim/health`)).json();

test("says where it is and who may come, writes clouds.yaml for its owner, and ends well", async () => {
  const path = join(folder, "clouds.yaml");
  const { child, out } = await start(["--write", path]);
  const url = urlIn(out);
  expect(out).toContain("user demo, password vimana, project demo");
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const { clouds } = parse(readFileSync(path, "utf8"));
  expect(Object.keys(clouds)).toEqual(["admin", "demo", "other", "demo-reader"]);
  expect(clouds.demo.auth.auth_url).toBe(`${url}/identity/v3`);
  const { username, password, project_name } = clouds.demo.auth;
  const domain = { name: clouds.demo.auth.user_domain_name };
  const identity = { methods: ["password"], password: { user: { name: username, password, domain } } };
  const auth = { identity, scope: { project: { name: project_name, domain } } };
  const signIn = await fetch(`${url}/identity/v3/auth/tokens`, { method: "POST", body: JSON.stringify({ auth }) });
  expect(signIn.status).toBe(201);
  const ended = new Promise((resolve) => child.once("close", resolve));
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  // Its own file it overwrites.
  await start(["--write", path]);
});

test("an openrc on standard output, and nothing else", async () => {
  const { out } = await start(["--openrc", "-", "--as", "admin"]);
  const shell = spawn("sh", ["-c", `${out}\necho "$OS_USERNAME $OS_PROJECT_NAME $OS_AUTH_URL"`]);
  const said = await new Promise((resolve) => shell.stdout.once("data", (bytes) => resolve(String(bytes))));
  expect(said).toBe(`admin admin ${urlIn(out)}/identity/v3\n`);
});

test("flags go before the environment, that before serve's file", async () => {
  const config = join(folder, "vimana.yaml");
  writeFileSync(config, "http-port: 1\nsimulator-transitions: 7\nsimulator-profile: modern\nsimulator-port: 1\n");
  const { out } = await start(["--config", config], { VIMANA_SIMULATOR_TRANSITIONS: "realistic" });
  expect(await health(urlIn(out))).toMatchObject({ profile: "modern", transitions: { mode: "realistic" } });
});

test("a preset from a YAML file, and what is wrong with one", async () => {
  const preset = join(folder, "site.yaml");
  writeFileSync(preset, "base: empty\nusers: [{name: alice, roles: {demo: [member]}}]\n");
  const { out } = await start(["--preset", preset]);
  expect(out).toContain("user alice, password vimana, project demo");
  writeFileSync(preset, "servers: [{name: a, project: demo, flavor: huge}]\n");
  await expect(start(["--preset", preset])).rejects.toThrow("preset: servers[0].flavor: there is no flavor huge");
  await expect(start(["--preset", join(folder, "none.yaml")])).rejects.toThrow("preset: ENOENT");
});

test.each([
  [["--preset", "none"], "there is no preset none; there are default, empty, nfv"],
  [["--profile", "yoga"], "profile: must be one of zed, modern"],
  [["--transitions", "soon"], "transitions: must be instant, realistic, or a number of milliseconds"],
  [["--seed", "-"], "seed: must be a whole number"],
  [["--host", "0.0.0.0"], "0.0.0.0 is not loopback"],
  [["--as", "nobody"], "--as: must be one of admin, demo"],
  [["--write", import.meta.filename], "was not written by vimana simulate"],
  [["--write", "/nonexistent/clouds.yaml"], "ENOENT"],
])("refused: %j", async (args, why) => {
  await expect(start(args)).rejects.toThrow(why);
});
