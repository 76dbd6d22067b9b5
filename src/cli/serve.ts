/** `vimana serve`: the gateway, until it is told to stop. */
import { CloudError } from "../cloud/index.ts";
import { readConfig, SETTINGS } from "../gateway/config.ts";
import { optionsOf, startError } from "./settings.ts";
import { type Command, UsageError } from "./verb.ts";
import { welcome } from "./welcome.ts";

const DRAIN_MILLISECONDS = 10_000;

export const serve: Command = {
  arguments: [],
  options: {
    ...optionsOf(SETTINGS),
    config: { help: "YAML file with the same keys", value: "file", env: "VIMANA_CONFIG" },
  },
  async run({ raw }, io) {
    try {
      const config = readConfig(raw, io.env);
      const { startGateway } = await import("../gateway/main.ts");
      const gateway = await startGateway(config);
      const stop = (): void => {
        process.once("SIGINT", () => process.exit(130));
        gateway.close(DRAIN_MILLISECONDS).then(
          () => process.exit(0),
          () => process.exit(1),
        );
      };
      process.once("SIGTERM", stop);
      process.once("SIGINT", stop);
      // Last: whoever reads it may want it to end at once.
      io.out(welcome(gateway));
      return undefined;
    } catch (thrown) {
      throw thrown instanceof CloudError ? new UsageError(thrown.message, { cause: thrown }) : startError(thrown);
    }
  },
};
