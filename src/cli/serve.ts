/** `vimana serve`: the gateway, until it is told to stop. */
import { CloudError } from "../cloud/index.ts";
import { ConfigError, readConfig, SETTINGS } from "../gateway/config.ts";
import { type Command, type Option, UsageError } from "./verb.ts";
import { welcome } from "./welcome.ts";

const DRAIN_MILLISECONDS = 10_000;

export const serve: Command = {
  arguments: [],
  options: {
    ...Object.fromEntries(Object.entries(SETTINGS).map(([name, setting]) => [name, optionOf(setting)])),
    config: { help: "YAML file with the same keys", value: "file", env: "VIMANA_CONFIG" },
  },
  async run({ raw }, io) {
    try {
      const config = readConfig(raw, io.env);
      const { startGateway } = await import("../gateway/main.ts");
      const gateway = await startGateway(config);
      io.out(welcome(gateway));
      const stop = (): void => {
        process.once("SIGINT", () => process.exit(130));
        gateway.close(DRAIN_MILLISECONDS).then(
          () => process.exit(0),
          () => process.exit(1),
        );
      };
      process.once("SIGTERM", stop);
      process.once("SIGINT", stop);
      return undefined;
    } catch (thrown) {
      if (thrown instanceof ConfigError || thrown instanceof CloudError || isListenError(thrown))
        throw new UsageError(thrown.message, { cause: thrown });
      throw thrown;
    }
  },
};

function optionOf(setting: (typeof SETTINGS)[keyof typeof SETTINGS]): Option {
  const { help, env, default: usual } = setting;
  return { help, env, default: usual, ...("flag" in setting ? {} : { value: "value" }) };
}

function isListenError(thrown: unknown): thrown is Error {
  return thrown instanceof Error && /EADDRINUSE|EACCES|No address added/.test(thrown.message);
}
