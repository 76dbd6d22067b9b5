/** What a verb is. Help, parsing and completion read nothing else. */
import { parseArgs } from "node:util";
import type { Clock } from "../cloud/index.ts";
import { suggest } from "./suggest.ts";

/** A verb's place in the table; the rest of it is loaded when it is asked for. */
export interface Verb {
  readonly name: string;
  /** One line, without a full stop. */
  readonly summary: string;
  /** For programs, not for people: neither listed nor completed. */
  readonly isHidden?: true;
  load(): Promise<Command>;
}

export interface Command {
  /** In their order; optional ones last. */
  readonly arguments: readonly Argument[];
  /** By name without the dashes. */
  readonly options: Readonly<Record<string, Option>>;
  /** What help says beside: exit codes, examples. */
  readonly notes?: string;
  /** The exit code; nothing when the program goes on by itself. */
  run(input: Input, io: Io): Promise<number | undefined>;
}

export interface Argument extends Completed {
  readonly name: string;
  readonly help: string;
  readonly isOptional?: true;
  /** Takes all that follow. */
  readonly isRepeated?: true;
}

export interface Option extends Completed {
  readonly help: string;
  /** What its value is called in help; absent: a switch. */
  readonly value?: string;
  /** One letter. */
  readonly short?: string;
  /** The environment variable that stands in for it. */
  readonly env?: string;
  /** What help says that it is without being told. */
  readonly default?: string;
  readonly isRepeated?: true;
}

interface Completed {
  readonly choices?: readonly string[];
  /** What may stand here, after the arguments before it. */
  complete?(before: readonly string[], io: Io): Promise<readonly Candidate[]>;
}

export interface Candidate {
  readonly word: string;
  readonly help?: string;
}

/** A command line as read against its command. */
export interface Input {
  /** As it was typed, for verbs that read it themselves. */
  readonly raw: readonly string[];
  readonly arguments: readonly string[];
  /** The option's value, or what its variable says; `true` for a switch that is on. */
  text(option: string): string | undefined;
  texts(option: string): readonly string[];
  isOn(option: string): boolean;
}

/** What a verb has of the process that it runs in; tests give their own. */
export interface Io {
  /** The table, for verbs that tell about the others. */
  readonly verbs: readonly Verb[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly isTerminal: boolean;
  /** The machine's when absent. */
  readonly clock?: Clock;
  out(text: string): void;
  err(text: string): void;
}

export function shown(verbs: readonly Verb[]): readonly Verb[] {
  return verbs.filter(({ isHidden }) => isHidden !== true);
}

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Reads a command line; what the command does not know is refused by name. */
export function readInput(command: Command, raw: readonly string[], env: NodeJS.ProcessEnv): Input {
  const options = Object.fromEntries(
    Object.entries(command.options).map(([name, { value, short, isRepeated }]) => [
      name,
      {
        type: value === undefined ? ("boolean" as const) : ("string" as const),
        multiple: isRepeated === true,
        ...(short === undefined ? {} : { short }),
      },
    ]),
  );
  let parsed: { readonly values: Record<string, unknown>; readonly positionals: readonly string[] };
  try {
    parsed = parseArgs({ args: [...raw], options, allowPositionals: true });
  } catch (cause) {
    throw new UsageError(complaintOf(cause, Object.keys(options)), { cause });
  }
  const { values, positionals } = parsed;
  checkCount(command.arguments, positionals);
  for (const [name, { choices }] of Object.entries(command.options)) {
    const value = values[name];
    if (choices !== undefined && typeof value === "string" && !choices.includes(value))
      throw new UsageError(`--${name}: must be one of ${choices.join(", ")}`);
  }
  const texts = (option: string): readonly string[] => {
    const variable = command.options[option]?.env;
    const value = values[option] ?? (variable === undefined ? undefined : env[variable] || undefined);
    return value === undefined ? [] : Array.isArray(value) ? value.map(String) : [String(value)];
  };
  return {
    raw,
    arguments: positionals,
    texts,
    text: (option) => texts(option).at(-1),
    isOn: (option) => texts(option).at(-1) === "true",
  };
}

/** Node's first sentence; what follows tells how to escape a dash. */
function complaintOf(cause: unknown, known: readonly string[]): string {
  const text = cause instanceof Error ? cause.message : String(cause);
  const unknown = /^Unknown option '--([^']*)'/.exec(text)?.[1];
  if (unknown === undefined) return text;
  const meant = suggest(unknown, known);
  return `unknown option --${unknown}${meant === undefined ? "" : `; did you mean --${meant}?`}`;
}

function checkCount(wanted: readonly Argument[], given: readonly string[]): void {
  const missing = wanted.find((argument, index) => argument.isOptional !== true && given[index] === undefined);
  if (missing !== undefined) throw new UsageError(`<${missing.name}> is missing`);
  const isOpen = wanted.at(-1)?.isRepeated === true;
  const surplus = isOpen ? undefined : given[wanted.length];
  if (surplus !== undefined) throw new UsageError(`unexpected argument ${JSON.stringify(surplus)}`);
  for (const [index, word] of given.entries()) {
    const argument = wanted[Math.min(index, wanted.length - 1)];
    if (argument?.choices !== undefined && !argument.choices.includes(word))
      throw new UsageError(`<${argument.name}>: must be one of ${argument.choices.join(", ")}`);
  }
}
