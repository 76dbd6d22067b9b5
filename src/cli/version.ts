import { readFileSync } from "node:fs";
import type { Command } from "./verb.ts";

export const version: Command = {
  arguments: [],
  options: {},
  async run(_input, io) {
    const manifest: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    const told = typeof manifest === "object" && manifest !== null && "version" in manifest ? manifest.version : "";
    io.out(`vimana ${String(told)}\n`);
    return 0;
  },
};
