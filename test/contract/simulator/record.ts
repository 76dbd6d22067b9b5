/**
 * Records what a real OpenStack answers: `node test/contract/simulator/record.ts <admin> <member> <stranger> [chapter…]`
 * with the names of three clouds in the clouds.yaml that OS_CLIENT_CONFIG_FILE names; without chapters, all of them.
 * Member and stranger are of different projects.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { chapters } from "./chapters.ts";
import { type Account, talk } from "./talk.ts";

const { clouds } = parse(readFileSync(process.env.OS_CLIENT_CONFIG_FILE ?? "clouds.yaml", "utf8"));
const [admin = "admin", member = "member", stranger = "stranger", ...wanted] = process.argv.slice(2);
const account = (name: string): Account => clouds[name].auth;

for (const [chapter, steps] of Object.entries(chapters)) {
  if (wanted.length > 0 && !wanted.includes(chapter)) continue;
  const lines = await talk(steps, { admin: account(admin), member: account(member), stranger: account(stranger) });
  const recorded = { on: new Date().toISOString().slice(0, 10), release: "zed", lines };
  writeFileSync(new URL(`recorded/${chapter}.json`, import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`);
  process.stdout.write(`${chapter}: ${lines.length}\n`);
}
