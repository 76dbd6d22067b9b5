/** From the words after `vimana` to an exit code. */
import { type Io, readInput, UsageError } from "./verb.ts";

export async function run(args: readonly string[], io: Io): Promise<number | undefined> {
  const [first, ...rest] = args;
  try {
    if (first === undefined || first === "--help" || first === "-h") {
      const { overview } = await import("./help.ts");
      if (first === undefined) throw new UsageError(`no verb\n${overview(io.verbs)}`);
      io.out(overview(io.verbs));
      return 0;
    }
    const name = first === "--version" ? "version" : first;
    const verb = io.verbs.find((one) => one.name === name) ?? (await import("./help.ts")).verbNamed(name, io.verbs);
    const end = rest.indexOf("--");
    if ((end === -1 ? rest : rest.slice(0, end)).some((word) => word === "--help" || word === "-h")) {
      io.out(await (await import("./help.ts")).helpOf(verb));
      return 0;
    }
    const command = await verb.load();
    return await command.run(readInput(command, rest, io.env), io);
  } catch (thrown) {
    if (!(thrown instanceof UsageError)) throw thrown;
    const known = io.verbs.some((verb) => verb.name === first);
    io.err(`vimana${known ? ` ${first}` : ""}: ${thrown.message.trimEnd()}\n`);
    if (known) io.err(`vimana help ${first} tells more.\n`);
    return 2;
  }
}
