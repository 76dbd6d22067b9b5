/** `vimana help`, from the table of verbs. */

import { suggest } from "./suggest.ts";
import { type Argument, type Command, type Option, shown, UsageError, type Verb } from "./verb.ts";

export const help: Command = {
  arguments: [
    {
      name: "verb",
      help: "the verb to tell about",
      isOptional: true,
      complete: async (_before, { verbs }) => shown(verbs).map(({ name, summary }) => ({ word: name, help: summary })),
    },
  ],
  options: {},
  async run({ arguments: [name] }, io) {
    io.out(name === undefined ? overview(io.verbs) : await helpOf(verbNamed(name, io.verbs)));
    return 0;
  },
};

/** The verb, or a usage error that names the one that was probably meant. */
export function verbNamed(name: string, verbs: readonly Verb[]): Verb {
  const verb = verbs.find((one) => one.name === name);
  if (verb !== undefined) return verb;
  const names = shown(verbs).map((one) => one.name);
  const meant = suggest(name, names);
  const hint = meant === undefined ? `there are ${names.join(", ")}` : `did you mean ${meant}?`;
  throw new UsageError(`unknown verb ${JSON.stringify(name)}; ${hint}`);
}

export function overview(verbs: readonly Verb[]): string {
  const rows = shown(verbs).map(({ name, summary }) => [`vimana ${name}`, summary]);
  return `usage: vimana <verb> [arguments] [options]\n\n${columns(rows)}\nvimana help <verb> tells more.\n`;
}

export async function helpOf({ name, summary, load }: Verb): Promise<string> {
  const { arguments: wanted, options, notes } = await load();
  const names = Object.keys(options);
  const usage = ["usage: vimana", name, ...wanted.map(shapeOf), ...(names.length === 0 ? [] : ["[options]"])].join(" ");
  const parts = [`${usage}\n\n${summary}\n`];
  if (wanted.length > 0) parts.push(columns(wanted.map((one) => [`<${one.name}>`, toldOf(one)])));
  if (names.length > 0) parts.push(columns(Object.entries(options).map(rowOf)));
  if (notes !== undefined) parts.push(`${notes}\n`);
  return parts.join("\n");
}

function shapeOf({ name, isOptional, isRepeated }: Argument): string {
  const shape = `<${name}>${isRepeated === true ? "…" : ""}`;
  return isOptional === true ? `[${shape}]` : shape;
}

function rowOf([name, option]: [string, Option]): string[] {
  const { short, value, env, default: usual } = option;
  const flag = `${short === undefined ? "" : `-${short}, `}--${name}${value === undefined ? "" : ` <${value}>`}`;
  return [flag, env ?? "", `${toldOf(option)}${usual === undefined || usual === "" ? "" : ` (${usual})`}`];
}

function toldOf({ help: text, choices }: Argument | Option): string {
  return choices === undefined ? text : `${text}: ${choices.join(", ")}`;
}

/** Rows with their columns below each other, two spaces in; a column without a word takes no room. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .flatMap((cell, column) => (widths[column] === 0 ? [] : [cell.padEnd(widths[column] ?? 0)]))
      .join("  ")
      .trimEnd();
  return rows.map((row) => `  ${line(row)}\n`).join("");
}
