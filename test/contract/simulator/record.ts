/**
 * Records what a real OpenStack answers: `node test/contract/simulator/record.ts <admin> <member> <stranger>` with the
 * names of three clouds in the clouds.yaml that OS_CLIENT_CONFIG_FILE names. Member and stranger are of different projects.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { parse } from "yaml";
import { type Account, talk } from "./talk.ts";

const { clouds } = parse(readFileSync(process.env.OS_CLIENT_CONFIG_FILE ?? "clouds.yaml", "utf8"));
const [admin = "admin", member = "member", stranger = "stranger"] = process.argv.slice(2);
const account = (name: string): Account => clouds[name].auth;

const lines = await talk({ admin: account(admin), member: account(member), stranger: account(stranger) });
const recorded = { on: new Date().toISOString().slice(0, 10), release: "zed", lines };
writeFileSync(new URL("recorded.json", import.meta.url), `${JSON.stringify(recorded, null, 1)}\n`);
