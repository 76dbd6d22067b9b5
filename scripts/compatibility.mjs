// Writes docs/compatibility.md: what GetCapabilities says of every operation and input, per cloud and role.
//
//   node scripts/compatibility.mjs                      the simulator's columns; those of other clouds stay as they are
//   node scripts/compatibility.mjs "Zed" member admin   also those of a real cloud, by two clouds of clouds.yaml
//   node scripts/compatibility.mjs --check              writes nothing, fails when the simulator's columns are not up to date
import { readFileSync, writeFileSync } from "node:fs";
import { readConfig } from "../src/gateway/config.ts";
import { startGateway } from "../src/gateway/main.ts";

const FILE = new URL("../docs/compatibility.md", import.meta.url);
const PORTS = ["grpc", "http", "occi", "simulator"].flatMap((door) => [`--${door}-port`, "0"]);
const QUIET = ["--log-level", "silent", "--data-dir", "memory"];

const WORDS = {
  SUPPORT_SUPPORTED: "yes",
  SUPPORT_REFUSED: "refused",
  SUPPORT_IGNORED: "ignored, with a warning",
  SUPPORT_ABSENT: "absent",
  SUPPORT_DEPENDS: "depends",
};

async function columns(flags, names) {
  const gateway = await startGateway(readConfig([...PORTS, ...QUIET, ...flags], process.env));
  try {
    const answers = [];
    for (const headers of names(gateway)) answers.push(await capabilities(gateway.doors.http, headers));
    return answers;
  } finally {
    await gateway.close(1000);
  }
}

async function capabilities(http, headers) {
  const response = await fetch(`${http}/v1/capabilities`, { headers });
  if (response.status !== 200) throw new Error(`/v1/capabilities: ${response.status} ${await response.text()}`);
  const answer = await response.json();
  return new Map(answer.capabilities.map((row) => [key(row), cell(row)]));
}

const key = ({ operation, input }) => `${operation}\t${input ?? ""}`;

function cell({ support, reason, explanation }) {
  const word = WORDS[support] ?? support;
  if (support === "SUPPORT_SUPPORTED") return word;
  const why = explanation === "" ? (reason ?? "") : explanation;
  return `${word}: ${why.replaceAll("|", "\\|")}`;
}

const basic = (user, password) => ({ authorization: `Basic ${btoa(`${user}:${password}`)}` });

const simulator = await columns([], ({ simulator: { control } }) =>
  ["demo", "admin"].map((name) => {
    const { username, password } = control.clouds()[name];
    return basic(username, password);
  }),
);

/** Columns of other clouds as the file has them now. */
function kept() {
  let text;
  try {
    text = readFileSync(FILE, "utf8");
  } catch {
    return { title: undefined, columns: [] };
  }
  const lines = text.split("\n").filter((line) => line.startsWith("| "));
  const [head = "", ...rows] = lines;
  const title = /\| (\S+) member \| \S+ admin \|$/.exec(head.replace(/\| simulator.*?admin /, ""))?.[1];
  const maps = [new Map(), new Map()];
  for (const row of rows) {
    const cells = row.slice(2, -2).split(/(?<!\\)\s\|\s/);
    const at = `${cells[0].replaceAll("`", "")}\t${cells[1].replaceAll("`", "").trim()}`;
    maps[0].set(at, cells[4]);
    maps[1].set(at, cells[5]);
  }
  return { title, columns: maps };
}

const isCheck = process.argv.includes("--check");
const [title, member, admin] = process.argv.slice(2).filter((argument) => argument !== "--check");
const other =
  title === undefined
    ? kept()
    : {
        title,
        columns: [
          ...(await columns(["--cloud", member, "--anonymous-cloud", member], () => [{}])),
          ...(await columns(["--cloud", admin, "--anonymous-cloud", admin], () => [{}])),
        ],
      };

const rows = [...simulator[0].keys()].map((at) => {
  const [operation, input] = at.split("\t");
  const cells = [...simulator, ...other.columns].map((column) => column.get(at) ?? "");
  return `| \`${operation}\` | ${input === "" ? "" : `\`${input}\``} | ${cells.join(" | ")} |`;
});
const real = other.title === undefined ? [] : [`${other.title} member`, `${other.title} admin`];
const heads = ["operation", "input", "simulator member", "simulator admin", ...real];
const text = `# What works where

Written by \`node scripts/compatibility.mjs\` from what \`GET /v1/capabilities\` says; ask your own gateway for your own cloud.
"refused" ends the call with that reason before anything is made; nothing is dropped in silence.

| ${heads.join(" | ")} |
|${heads.map(() => "---").join("|")}|
${rows.join("\n")}
`;

if (!isCheck) writeFileSync(FILE, text);
else if (readFileSync(FILE, "utf8") !== text) {
  console.error("docs/compatibility.md is not what GET /v1/capabilities says: run node scripts/compatibility.mjs");
  process.exitCode = 1;
}
