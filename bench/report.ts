/** What was measured, as text for the terminal and as docs/performance.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, loadavg, totalmem } from "node:os";
import { join } from "node:path";
import { ROOT } from "./children.ts";

export interface Row {
  readonly what: string;
  readonly measured: string;
  /** As the issue words it; absent for what is only told. */
  readonly goal?: string;
  readonly holds?: boolean;
}

export interface Section {
  readonly title: string;
  /** What the figures are of, and how they were taken. */
  readonly text: string;
  readonly rows: readonly Row[];
}

const FILE = join(ROOT, "docs/performance.md");
/** The last section; it is written by hand and stays. */
const FINDINGS = "Findings";

export function table({ title, text, rows }: Section): string {
  const lines = rows.map(({ what, measured, goal = "", holds }) => {
    const verdict = holds === undefined ? "" : holds ? "holds" : "**misses**";
    return `| ${what} | ${measured} | ${goal} | ${verdict} |`;
  });
  if (rows.length === 0) return [`## ${title}`, "", text, ""].join("\n");
  return [`## ${title}`, "", text, "", "| what | measured | goal | |", "|---|---|---|---|", ...lines, ""].join("\n");
}

/** A section without figures. */
export function told(title: string, text: string): Section {
  return { title, text, rows: [] };
}

/** Puts the sections into the file, in place of those with the same titles; what is not measured now stays as it is. */
export function writeReport(sections: readonly Section[], command: string, date: Date): void {
  const [cpu] = cpus();
  const load = loadavg().map((one) => one.toFixed(1));
  const how = `Measured on ${date.toISOString().slice(0, 10)} with \`${command}\`: ${cpus().length} × ${cpu?.model ?? "unknown"}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}; load average afterwards ${load.join(", ")}.`;
  const [, ...before] = readText().split(/^## /m);
  const parts = new Map(before.map((part) => [part.slice(0, part.indexOf("\n")), `## ${part.trim()}\n`]));
  const findings = parts.get(FINDINGS) ?? `## ${FINDINGS}\n`;
  parts.delete(FINDINGS);
  for (const section of sections) parts.set(section.title, `${table(section)}\n${how}\n`);
  writeFileSync(FILE, [ABOUT, ...parts.values(), findings].join("\n"));
}

const ABOUT = `# Performance

Written by \`npm run bench -- --write\`; the findings at the end are written by hand. Everything is on loopback, with all processes
on the same processors, and candidates take turns: read the ratios, not the absolute figures.
`;

function readText(): string {
  try {
    return readFileSync(FILE, "utf8");
  } catch {
    return "";
  }
}

/** A figure that must not be above the goal. */
export function atMost(what: string, value: number, most: number, unit: string, show: (value: number) => string): Row {
  return { what, measured: `${show(value)} ${unit}`, goal: `≤ ${most} ${unit}`, holds: value <= most };
}

export function atLeast(what: string, value: number, least: number, show: (value: number) => string, more = ""): Row {
  return { what, measured: `${show(value)}${more}`, goal: `≥ ${least}`, holds: value >= least };
}
