import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { SIMULATE_SETTINGS } from "../../../src/gateway/simulatorConfig.ts";
import { routes } from "../../../src/simulator/control/routes.ts";
import { startSimulator } from "../../../src/simulator/index.ts";

/** docs/simulator.md says what is so. */
const page = readFileSync(join(import.meta.dirname, "../../../docs/simulator.md"), "utf8");

test("each setting stands in the table with its variable and its default", () => {
  for (const [name, { env, default: usual }] of Object.entries(SIMULATE_SETTINGS)) {
    const row = page.split("\n").find((line) => line.startsWith(`| \`--${name}\` `));
    if (name === "insecure") expect(page).toContain("`--insecure`");
    else expect(row, name).toContain(`\`${env}\``);
    if (row !== undefined) expect(row).toMatch(new RegExp(`\\((?:${usual === "" ? "none" : usual})\\)`));
  }
});

test("each thing that can be controlled is named", () => {
  for (const { path } of routes) {
    const shown = path.replace("/{name}/restore", "/{name}`, `POST …/restore");
    expect(page).toContain(`${shown}\``);
  }
});

test("its preset makes a world", async () => {
  const source = /```yaml\n(.*?)```/s.exec(page)?.[1] ?? "";
  const simulator = await startSimulator({ listen: false, preset: parse(source) });
  expect(Object.keys(simulator.clouds())).toContain("alice");
  await simulator.close();
});
