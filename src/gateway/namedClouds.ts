/** Which clouds stand behind the doors: those of clouds.yaml, or the embedded simulator's. Part of the composition root. */
import { type CloudConfig, loadCloudConfigs } from "../backends/openstack/index.ts";
import { type Credentials, Secret } from "../cloud/index.ts";
import type { SimulatedCloud, Simulator } from "../simulator/index.ts";
import type { Config } from "./config.ts";
import { ConfigError, isLoopbackHost } from "./settings.ts";

/** What the embedded simulator is called among the clouds. */
export const EMBEDDED = "simulator";

export interface NamedClouds {
  readonly configs: Readonly<Record<string, CloudConfig>>;
  /** Nothing: no cloud is configured. */
  readonly name: string | undefined;
}

/** A cloud counts as configured when it is named; a clouds.yaml that merely lies about does not. */
export function loadNamed(config: Config, env: NodeJS.ProcessEnv): NamedClouds {
  if (config.cloud === undefined && (env.OS_AUTH_URL ?? "") === "") {
    if (config.anonymousClouds.length > 0) throw new ConfigError("anonymous-cloud: no cloud is configured");
    return { configs: {}, name: undefined };
  }
  const { configs, defaultName } = loadCloudConfigs({
    env: config.cloud === undefined ? env : { ...env, OS_CLOUD: config.cloud },
  });
  const unknown = config.anonymousClouds.find((name) => configs[name] === undefined);
  if (unknown !== undefined) throw new ConfigError(`anonymous-cloud: no cloud is named ${unknown}`);
  return { configs, name: defaultName };
}

export function cloudConfigOf(configs: NamedClouds["configs"], name: string): CloudConfig {
  const config = configs[name];
  if (config === undefined) throw new ConfigError(`cloud: no cloud is named ${name}`);
  return config;
}

/** The simulator's ordinary member: what callers without credentials are. */
export function memberOf(simulator: Simulator): SimulatedCloud {
  const member = simulator.clouds().demo;
  if (member === undefined) throw new Error("the simulator's default world has no member");
  return member;
}

/** The simulator's operator, who makes flavours for OCCI's free sizes. */
export function operatorOf(simulator: Simulator): Credentials {
  const admin = simulator.clouds().admin;
  if (admin === undefined) throw new Error("the simulator's default world has no administrator");
  const { username: user, user_domain_name: domain, password, project_name: project } = admin;
  return { kind: "password", user, domain, password: new Secret(password), project };
}

export function embeddedConfig(simulator: Simulator): CloudConfig {
  const { auth_url, username, password, project_name, user_domain_name, project_domain_name, region_name } =
    memberOf(simulator);
  return {
    name: EMBEDDED,
    authUrl: auth_url,
    auth: {
      method: "password",
      user: { name: username, domain: { name: user_domain_name } },
      password: new Secret(password),
      project: { name: project_name, domain: { name: project_domain_name } },
    },
    region: region_name,
    regions: [],
    interface: "public",
    overrides: {},
    tls: { verify: true },
  };
}

export function anonymousClouds(config: Config, isEmbedded: boolean): readonly string[] {
  if (config.anonymous === "off" || !isLoopbackHost(config.host)) return [];
  return isEmbedded ? [EMBEDDED] : config.anonymousClouds;
}
