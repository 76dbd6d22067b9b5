/** `vimana simulate`: the embedded OpenStack alone, until it is told to stop. */
import { hostOf } from "../gateway/settings.ts";
import { isPresetFile, SIMULATE_SETTINGS, simulatorConfig } from "../gateway/simulatorConfig.ts";
import { type Simulator, startSimulator } from "../simulator/index.ts";
import { cloudsYaml, openrc, writeOwn } from "./credentials.ts";
import { optionsOf, startError } from "./settings.ts";
import { type Command, type Input, type Io, UsageError } from "./verb.ts";

export const simulate: Command = {
  arguments: [],
  options: {
    ...optionsOf(SIMULATE_SETTINGS),
    write: { help: "write a clouds.yaml with all users; - prints it", value: "file" },
    openrc: { help: "write an openrc; - prints it", value: "file" },
    as: { help: "whose openrc: a cloud of that clouds.yaml", value: "cloud", default: "demo" },
    config: { help: "YAML file with the keys that serve has", value: "file", env: "VIMANA_CONFIG" },
  },
  notes: "The files are for their owner's eyes only (0600). SIGTERM and SIGINT end it.",
  async run(input, io) {
    const simulator = await open(input);
    const stop = (): void => {
      simulator.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.once("SIGTERM", stop);
    process.once("SIGINT", stop);
    // Last: whoever reads it may want it to end at once.
    try {
      if (!handOver(simulator, input, io)) io.out(welcome(simulator));
    } catch (thrown) {
      await simulator.close();
      throw thrown;
    }
    return undefined;
  },
};

async function open(input: Input): Promise<Simulator> {
  try {
    const path = input.text("config");
    // Reading YAML costs as much as half of the rest of the start: only who needs it loads it.
    const yaml = async () => import("../gateway/config.ts");
    const file = path === undefined ? {} : (await yaml()).readConfigFile(path);
    const value = (name: keyof typeof SIMULATE_SETTINGS): string => {
      const key = name === "host" || name === "insecure" ? name : `simulator-${name}`;
      return input.text(name) ?? file[key] ?? SIMULATE_SETTINGS[name].default;
    };
    const host = hostOf(value("host"), value("insecure"));
    const { readYaml } = isPresetFile(value("preset")) ? await yaml() : { readYaml: () => undefined };
    return await startSimulator({ host, ...simulatorConfig(value, readYaml) });
  } catch (thrown) {
    throw startError(thrown);
  }
}

/** Writes what was asked for; whether standard output was taken for it. */
function handOver(simulator: Simulator, input: Input, io: Io): boolean {
  const clouds = simulator.clouds();
  const as = input.text("as") ?? "demo";
  const cloud = clouds[as];
  if (cloud === undefined) throw new UsageError(`--as: must be one of ${Object.keys(clouds).join(", ")}`);
  const wanted = [
    ["write", cloudsYaml(clouds)],
    ["openrc", openrc(cloud)],
  ] as const;
  let printed = false;
  for (const [option, text] of wanted) {
    const path = input.text(option);
    if (path === "-") {
      io.out(text);
      printed = true;
    } else if (path !== undefined) writeOwn(path, text);
  }
  return printed;
}

/** What it says when it is ready. */
function welcome(simulator: Simulator): string {
  const users = Object.entries(simulator.clouds()).map(
    ([name, { username, password, project_name }]) =>
      `  ${name.padEnd(12)} user ${username}, password ${password}, project ${project_name}`,
  );
  const { auth_url = "" } = simulator.clouds().demo ?? {};
  return [
    `vimana simulates an OpenStack at ${simulator.url}`,
    "",
    ...users,
    "",
    `  auth URL ${auth_url}, domain Default`,
    "",
    "try:",
    `  curl ${simulator.url}/identity/`,
    `  curl ${simulator.url}/_sim/health`,
    `  openstack --os-auth-url ${auth_url} --os-username demo --os-password vimana --os-project-name demo \\`,
    "    --os-user-domain-name Default --os-project-domain-name Default server list",
    "",
    "",
  ].join("\n");
}
