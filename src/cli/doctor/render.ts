/** Findings for people: a heading for each part, and below it a line for each finding, with what to do about it. */
import type { Finding, Grade } from "./finding.ts";

/** SGR codes (ECMA-48 §8.3.117). */
const COLOURS: Readonly<Record<Grade, number>> = { ok: 32, note: 36, warning: 33, fault: 31 };

export interface RenderOptions {
  readonly isColoured: boolean;
  /** Everything; otherwise long lists are cut, and what is in order is told in short. */
  readonly isWhole: boolean;
}

/** How many rows of a list are shown. */
const SHOWN = 4;

export function render(findings: readonly Finding[], options: RenderOptions): string {
  const text: string[] = [];
  const shown = findings.filter(({ isMinor }) => options.isWhole || isMinor !== true);
  for (const [part, group] of Map.groupBy(shown, (finding) => finding.part)) {
    const width = Math.max(...group.map(({ subject }) => subject.length));
    text.push(`${part}\n`, ...group.map((finding) => line(finding, width, options)), "\n");
  }
  const hidden = findings.length - shown.length;
  if (hidden > 0) text.push(`${hidden} findings of no consequence are left out (--all shows them)\n`);
  return text.join("") + summary(findings);
}

function line({ grade, subject, message, advice, facts }: Finding, width: number, options: RenderOptions): string {
  const word = grade.padEnd(7);
  const mark = options.isColoured ? `\u001b[${COLOURS[grade]}m${word}\u001b[0m` : word;
  const indent = " ".repeat(2 + word.length + 2 + width + 2);
  const rows = Array.isArray(facts?.rows) ? facts.rows.map(String) : [];
  const shown = options.isWhole ? rows : rows.slice(0, SHOWN);
  const rest = rows.length - shown.length;
  const below = [
    ...shown,
    ...(rest > 0 ? [`and ${rest} more (--all)`] : []),
    ...(advice === undefined ? [] : [`→ ${advice}`]),
  ];
  const first = `  ${mark}  ${subject.padEnd(width)}  ${message}\n`;
  return first + below.map((text) => `${indent}${text}\n`).join("");
}

function summary(findings: readonly Finding[]): string {
  const count = (grade: Grade): number => findings.filter((finding) => finding.grade === grade).length;
  const [faults, warnings] = [count("fault"), count("warning")];
  if (faults + warnings === 0) return "all is well\n";
  const several = (number: number, word: string): string => `${number} ${word}${number === 1 ? "" : "s"}`;
  return `${several(faults, "fault")}, ${several(warnings, "warning")}\n`;
}
