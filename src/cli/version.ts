import { productVersion } from "../gateway/runtime.ts";
import type { Command } from "./verb.ts";

export const version: Command = {
  arguments: [],
  options: {},
  async run(_input, io) {
    io.out(`vimana ${productVersion()}\n`);
    return 0;
  },
};
