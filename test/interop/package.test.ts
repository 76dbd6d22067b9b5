import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/** The package as somebody else installs it, without a registry: packed, unpacked below a node_modules, used by its name. */
const ROOT = join(import.meta.dirname, "../..");
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "vimana-package-"));
  execFileSync("npm", ["pack", "--pack-destination", folder], { cwd: ROOT, stdio: "pipe" });
  const [archive = ""] = readdirSync(folder);
  mkdirSync(join(folder, "node_modules"));
  execFileSync("tar", ["-xzf", join(folder, archive), "-C", join(folder, "node_modules")]);
  execFileSync("mv", [join(folder, "node_modules/package"), join(folder, "node_modules/vimana")]);
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  for (const name of readdirSync(join(ROOT, "node_modules")))
    if (name !== "vimana") symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
}, 180_000);
afterAll(() => rmSync(folder, { recursive: true }));

const program = `import { startSimulator, type Simulator } from "vimana/simulator";
const simulator: Simulator = await startSimulator({ transitions: { fixed: 1000 }, listen: false });
const answer: Response = await simulator.fetch("/compute/");
const { versions } = await answer.json();
console.log(answer.status, versions.length, simulator.clouds().demo?.username);
await simulator.close();
`;

test("it holds what was compiled, and neither sources nor tests", () => {
  const inside = readdirSync(join(folder, "node_modules/vimana"), { recursive: true }).map(String);
  expect(inside).toContain("dist/src/simulator/index.js");
  expect(inside.filter((path) => /^(?:src|test|scripts|node_modules)\b/.test(path))).toEqual([]);
});

test("import { startSimulator } from 'vimana/simulator', with its types", () => {
  writeFileSync(join(folder, "use.ts"), program);
  const options = ["--module", "nodenext", "--strict", "--types", "node", "--target", "esnext", "--outDir", folder];
  execFileSync(join(ROOT, "node_modules/.bin/tsc"), [...options, "use.ts"], { cwd: folder, stdio: "pipe" });
  const said = execFileSync(process.execPath, ["use.js"], { cwd: folder, encoding: "utf8" });
  expect(said).toBe("200 2 demo\n");
});

test("the examples of docs/occi-library.md say what stands below them", () => {
  const page = readFileSync(join(ROOT, "docs/occi-library.md"), "utf8");
  const blocks = [...page.matchAll(/^```(ts)?\n([\s\S]*?)^```$/gm)];
  const code = blocks.filter(([, language]) => language === "ts").map(([, , text]) => text);
  const said = blocks.filter(([, language]) => language === undefined).map(([, , text]) => text);
  writeFileSync(join(folder, "examples.ts"), code.join("\n"));
  const options = ["--module", "nodenext", "--strict", "--types", "node", "--target", "esnext", "--outDir", folder];
  execFileSync(join(ROOT, "node_modules/.bin/tsc"), [...options, "examples.ts"], { cwd: folder, stdio: "pipe" });
  expect(execFileSync(process.execPath, ["examples.js"], { cwd: folder, encoding: "utf8" })).toBe(said.join(""));
});

test.each([
  ["simulate", ["--port", "0"], "simulates an OpenStack at http://127.0.0.1:"],
  [
    "serve",
    ["--grpc-port", "0", "--http-port", "0", "--occi-port", "0", "--simulator-port", "0", "--data-dir", "memory"],
    "vimana is ready",
  ],
  ["version", [], "vimana "],
])("its program runs: vimana %s", async (verb, args, words) => {
  const child = spawn("sh", [join(folder, "node_modules/vimana/bin/vimana"), verb, ...args], { cwd: folder });
  let complaint = "";
  child.stderr.on("data", (bytes) => {
    complaint += bytes;
  });
  const said = await new Promise((resolve) => {
    child.stdout.once("data", (bytes) => resolve(String(bytes)));
    child.once("close", () => resolve(complaint));
  });
  child.kill();
  expect(said).toContain(words);
});
