/**
 * The command line.
 *
 * main   `vimana <verb>`; serve is the only one so far
 */
import { enableCompileCache } from "node:module";
import { fileURLToPath } from "node:url";
import { CloudError } from "../cloud/index.ts";
import { ConfigError, readConfig, SETTINGS } from "../gateway/config.ts";
import { welcome } from "./welcome.ts";

const DRAIN_MILLISECONDS = 10_000;

async function serve(args: readonly string[]): Promise<void> {
  const config = readConfig(args, process.env);
  // Most of a start is compiling; what is imported after this line is compiled once and then read back.
  enableCompileCache(fileURLToPath(new URL("../../node_modules/.cache/vimana", import.meta.url)));
  const { startGateway } = await import("../gateway/main.ts");
  const gateway = await startGateway(config);
  process.stdout.write(welcome(gateway));
  const stop = (): void => {
    process.once("SIGINT", () => process.exit(130));
    gateway.close(DRAIN_MILLISECONDS).then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once("SIGTERM", stop);
  process.once("SIGINT", stop);
}

function help(): string {
  const lines = Object.entries(SETTINGS).map(
    ([name, { env, help: text, default: value }]) =>
      `  --${name.padEnd(16)} ${env.padEnd(24)} ${text}${value === "" ? "" : ` (${value})`}`,
  );
  return `usage: vimana serve [options]\n\n${lines.join("\n")}\n  --${"config".padEnd(16)} ${"VIMANA_CONFIG".padEnd(24)} YAML file with the same keys\n`;
}

async function run(args: readonly string[]): Promise<number | undefined> {
  const [verb, ...rest] = args;
  if (verb === "help" || verb === "--help" || args.includes("--help")) {
    process.stdout.write(help());
    return 0;
  }
  if (verb !== "serve") {
    process.stderr.write(`vimana: unknown verb ${verb ?? "(none)"}\n${help()}`);
    return 2;
  }
  try {
    await serve(rest);
    return undefined;
  } catch (thrown) {
    if (!(thrown instanceof ConfigError) && !(thrown instanceof CloudError) && !isListenError(thrown)) throw thrown;
    process.stderr.write(`vimana: ${thrown.message}\n`);
    return 2;
  }
}

function isListenError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && /EADDRINUSE|EACCES|No address added/.test(thrown.message);
}

const code = await run(process.argv.slice(2));
if (code !== undefined) process.exitCode = code;
