// Writes docs/simulator-coverage.md: how many of the operations in OpenStack's OpenAPI the simulator has, per service.
//
//   node scripts/simulator-coverage.mjs           needs ../shared/openstack-api
//   node scripts/simulator-coverage.mjs --check   writes nothing, fails when the page is not up to date
import { readFileSync, writeFileSync } from "node:fs";
import { mount } from "../src/simulator/core/dispatch.ts";
import { servicesOf } from "../src/simulator/services.ts";
import { recorded } from "../test/contract/simulator/recorded.ts";
import { documentOf, operationsOf } from "../test/support/openapi/documents.ts";

const FILE = new URL("../docs/simulator-coverage.md", import.meta.url);

// Paths as they are whatever their parameters are called; the documents write `/v3/{project_id}` of Cinder beside `/v3`.
const shape = (path) =>
  path
    .replaceAll(/\{[^}]+\}/g, "{}")
    .replace(/^(\w+ )\/v3\/\{\}(?=\/)/, "$1/v3")
    .replace(/(?<=.)\/$/, "");

const rows = servicesOf("modern", false).map((service) => {
  const served = new Set([...mount(service).operations].map((name) => shape(name.split(" ").slice(0, 2).join(" "))));
  const document = documentOf(service.type);
  const all = new Set(
    (document === undefined ? [] : operationsOf(document))
      .filter(({ method }) => method !== "HEAD")
      .map(({ method, template }) => shape(`${method} ${template}`)),
  );
  const known = [...all].filter((name) => served.has(name)).length;
  const asked = [...recorded.values()].flat().filter(({ step }) => step.split(" ")[2]?.startsWith(`${service.type}/`));
  const percent = all.size === 0 ? "–" : `${Math.round((100 * known) / all.size)} %`;
  return `| ${service.name} | ${served.size} | ${known} | ${all.size} | ${percent} | ${asked.length} |`;
});

const page = `# What the simulator has of OpenStack

Written by \`node scripts/simulator-coverage.mjs\`. Operations are methods of paths; all actions of \`POST …/action\` are one.
HEAD is left out, and what the document doubles by a project in the path counts once. *Recorded* are the answers of a real
OpenStack Zed that the simulator gives, too (\`test/contract/simulator\`).

| service | served | of them in the OpenAPI | in the OpenAPI | share | recorded |
|---|---|---|---|---|---|
${rows.join("\n")}
`;

if (process.argv.includes("--check")) {
  if (readFileSync(FILE, "utf8") !== page) throw new Error("docs/simulator-coverage.md is not up to date");
} else writeFileSync(FILE, page);
