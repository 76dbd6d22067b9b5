/** What was measured, as text for the terminal and as docs/performance.md. */
import { readFileSync, writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
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
/** What stands below this line in the file is written by hand and stays. */
const FINDINGS = "## Findings";

export function table({ title, text, rows }: Section): string {
  const lines = rows.map(({ what, measured, goal = "", holds }) => {
    const verdict = holds === undefined ? "" : holds ? "holds" : "**misses**";
    return `| ${what} | ${measured} | ${goal} | ${verdict} |`;
  });
  if (rows.length === 0) return [`## ${title}`, "", text, ""].join("\n");
  return [`## ${title}`, "", text, "", "| what | measured | goal | |", "|---|---|---|---|", ...lines, ""].join("\n");
}

export function writeReport(sections: readonly Section[], command: string, date: Date): void {
  const [cpu] = cpus();
  const about = [
    "# Performance",
    "",
    `Measured on ${date.toISOString().slice(0, 10)} with \`${command}\`: ${cpus().length} × ${cpu?.model ?? "unknown"},`,
    `${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}, everything on loopback, all processes on the same processors.`,
    "Candidates take turns within one run: read the ratios, not the absolute figures.",
    "",
  ].join("\n");
  const before = readText();
  const findings = before.includes(FINDINGS) ? before.slice(before.indexOf(FINDINGS)) : `${FINDINGS}\n`;
  writeFileSync(FILE, [about, ...sections.map(table), findings].join("\n"));
}

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
