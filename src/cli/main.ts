/**
 * The command line.
 *
 * main     the process: `vimana <verb>`
 * run      from words to an exit code
 * verb     what a verb is, and how its command line is read
 * verbs    the table: add a verb here, with a file that exports its `Command`
 * help, suggest, version
 * completion, complete   for shells: the script, and the words it asks for
 * serve, welcome         the gateway
 * doctor/  what will not work, and why
 * call     any method     address, data, methods   where to, what, which
 */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { run } from "./run.ts";
import { VERBS } from "./verbs.ts";

// Most of a start is compiling; what is imported after this line is compiled once and then read back.
enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/vimana", import.meta.url)));
// Who reads may have had enough: `vimana call … | head`.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
const code = await run(process.argv.slice(2), {
  verbs: VERBS,
  env: process.env,
  stdin: process.stdin,
  isTerminal: process.stdout.isTTY === true,
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
});
if (code !== undefined) process.exitCode = code;
