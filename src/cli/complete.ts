/** `vimana complete -- words…`: what the shells' scripts ask. The last word is the one being typed. */
import { type Argument, type Candidate, type Command, type Io, type Option, shown } from "./verb.ts";

export const complete: Command = {
  arguments: [
    { name: "word", help: "the words after vimana, the last one unfinished", isOptional: true, isRepeated: true },
  ],
  options: {},
  notes: "One word a line, with a tab and its meaning. Nothing: a file may stand here.",
  async run({ arguments: words }, io) {
    const typed = words.at(-1) ?? "";
    const candidates = await candidatesFor(words.slice(0, -1), typed, io);
    const fitting = candidates.filter(({ word }) => word.startsWith(typed));
    io.out(fitting.map(({ word, help = "" }) => `${word}\t${help}\n`).join(""));
    return 0;
  },
};

async function candidatesFor(before: readonly string[], typed: string, io: Io): Promise<readonly Candidate[]> {
  const [name, ...words] = before;
  if (name === undefined) return shown(io.verbs).map(({ name: word, summary }) => ({ word, help: summary }));
  const command = await io.verbs.find((verb) => verb.name === name)?.load();
  if (command === undefined) return [];
  const given = argumentsAmong(command, words);
  const asked = awaiting(command, words.at(-1));
  if (asked !== undefined) return optionsFor(asked, given, io);
  if (typed.startsWith("-")) {
    const options = Object.entries(command.options).map(([word, { help }]) => ({ word: `--${word}`, help }));
    return [...options, { word: "--help", help: "tell about this verb" }];
  }
  const last = command.arguments.at(-1);
  const argument = command.arguments[given.length] ?? (last?.isRepeated === true ? last : undefined);
  return argument === undefined ? [] : optionsFor(argument, given, io);
}

async function optionsFor(
  { choices, complete: ask }: Argument | Option,
  given: readonly string[],
  io: Io,
): Promise<readonly Candidate[]> {
  return choices?.map((word) => ({ word })) ?? (await ask?.(given, io)) ?? [];
}

/** The option that waits for the next word as its value. */
function awaiting({ options }: Command, word: string | undefined): Option | undefined {
  if (word === undefined || !word.startsWith("-") || word.includes("=")) return undefined;
  const option = options[word.slice(2)] ?? Object.values(options).find(({ short }) => `-${short}` === word);
  return option?.value === undefined ? undefined : option;
}

function argumentsAmong(command: Command, words: readonly string[]): readonly string[] {
  return words.filter((word, index) => !word.startsWith("-") && awaiting(command, words[index - 1]) === undefined);
}
