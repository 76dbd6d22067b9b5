import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** The rooms of docs/architecture.md as data: who may import whom, which package lives where, how long a file may be. */

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const MAX_LINES = 300;

/** Longest prefix wins. What a room may import beside itself. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  "src/cloud": [],
  "src/etsi": ["src/cloud", "generated", "src/gateway/operation.ts"],
  "src/occi": ["src/cloud", "generated", "src/gateway/operation.ts"],
  "src/services": ["src/cloud", "generated", "src/gateway/operation.ts"],
  "src/gateway": ["src/cloud", "generated"],
  "src/gateway/main.ts": ["src", "generated"],
  // The other half of the composition root.
  "src/gateway/namedClouds.ts": ["src", "generated"],
  "src/cli": ["src", "generated"],
  // Composition roots of programs that import parts of ours.
  "src/library": ["src", "generated"],
  "src/backends/openstack": ["src/cloud"],
  "src/backends/infomaniak": ["src/cloud", "src/backends/openstack"],
  "src/simulator": ["src/cloud/runtime.ts"],
  "src/ddns": ["src/cloud"],
  "src/store": ["src/cloud"],
  "src/recovery": ["src/cloud"],
  generated: [],
  bench: ["src", "test/support"],
};

/** Rooms that may import a package; packages that are not here are free for nobody, `node:` apart. */
const PACKAGES: readonly { readonly name: RegExp; readonly rooms: readonly string[] }[] = [
  { name: /^express$|^http-proxy-middleware$/, rooms: ["src/gateway", "src/etsi/sol013", "bench"] },
  { name: /^@grpc\/|^grpc-health-check$/, rooms: ["src/gateway", "src/cli", "generated", "bench"] },
  { name: /^@bufbuild\/protobuf/, rooms: ["src/gateway", "generated"] },
  { name: /^undici$|^@aws-sdk\//, rooms: ["src/backends", "bench"] },
  { name: /^yaml$/, rooms: ["src/backends", "src/gateway/config.ts"] },
  { name: /^node:sqlite$|^pg$/, rooms: ["src/store"] },
  { name: /^pino$|^prom-client$/, rooms: ["src/gateway"] },
  {
    name: /^node:/,
    rooms: [
      "src/etsi",
      "src/occi",
      "src/services",
      "src/gateway",
      "src/cli",
      "src/library",
      "src/backends",
      "src/simulator",
      "src/ddns",
      "src/store",
      "bench",
      "src/recovery",
    ],
  },
];

interface Import {
  readonly from: string;
  readonly to: string;
}

const files = ["src", "test", "bench", "generated/ts"].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
);
const sources = files.filter((file) => !file.startsWith("test/"));

function importsOf(file: string): Import[] {
  const text = readFileSync(join(ROOT, file), "utf8");
  const found = text.matchAll(
    /^(?:import|export)\s[^;]*?from\s+["']([^"']+)["']|^import\s+["']([^"']+)["']|\bimport\(["']([^"']+)["']\)/gm,
  );
  return [...found].map((match) => {
    const name = match[1] ?? match[2] ?? match[3] ?? "";
    return { from: file, to: name.startsWith(".") ? relative(ROOT, resolve(ROOT, dirname(file), name)) : name };
  });
}

const imports = sources.flatMap(importsOf);
const isOurs = (path: string): boolean => /^(?:src|test|bench|generated)\//.test(path);
const ours = imports.filter(({ to }) => isOurs(to));
const within = (path: string, room: string): boolean => path === room || path.startsWith(`${room}/`);
const roomOf = (file: string): string =>
  Object.keys(ROOMS)
    .filter((room) => within(file, room))
    .sort((a, b) => b.length - a.length)[0] ?? "";

test("there is something to look at", () => {
  expect(sources.length).toBeGreaterThan(50);
  expect(ours.length).toBeGreaterThan(50);
});

test("rooms import only what the house allows", () => {
  const wrong = ours.filter(({ from, to }) => {
    const room = roomOf(from);
    return !within(to, room) && !(ROOMS[room] ?? []).some((allowed) => within(to, allowed));
  });
  expect(wrong).toEqual([]);
});

test("nothing but main opens the rooms of the gateway's root", () => {
  const wrong = ours.filter(({ from, to }) => to === "src/gateway/main.ts" && !within(from, "src/cli"));
  expect(wrong).toEqual([]);
});

test("packages live where the house put them", () => {
  const wrong = imports.filter(({ from, to }) => {
    if (isOurs(to)) return false;
    return !PACKAGES.some(({ name, rooms }) => name.test(to) && rooms.some((room) => within(from, room)));
  });
  expect(wrong).toEqual([]);
});

/** As an ES module node:http brings all that it loads lazily, fetch and its client: 40 ms and 16 MiB of every start. */
test("what runs from the start has node:http from process.getBuiltinModule", () => {
  const late = "src/gateway/passthroughProxy.ts";
  const wrong = sources.filter(
    (file) =>
      file.startsWith("src/") &&
      file !== late &&
      /^import (?!type\b)[^;]*from "node:http"/m.test(readFileSync(join(ROOT, file), "utf8")),
  );
  expect(wrong).toEqual([]);
});

test("there are no cycles", () => {
  const next = Map.groupBy(
    ours.filter(({ from }) => from.startsWith("src/")),
    ({ from }) => from,
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) cycles.push([...path.slice(path.indexOf(file)), file].join(" → "));
    if (done.has(file) || path.includes(file)) return;
    for (const { to } of next.get(file) ?? []) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of next.keys()) visit(file, []);
  expect(cycles).toEqual([]);
});

test(`no file of ours is longer than ${MAX_LINES} lines`, () => {
  const long = files
    .filter((file) => !file.startsWith("generated/"))
    .map((file) => ({ file, lines: readFileSync(join(ROOT, file), "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  expect(long).toEqual([]);
});
