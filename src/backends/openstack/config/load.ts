/** All clouds that files and environment tell of. */
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { CloudError } from "../../../cloud/index.ts";
import { type ReadFile, readCloud } from "./cloud.ts";
import type { CloudConfig } from "./config.ts";
import {
  amendments,
  cloudOfEnvironment,
  ENVIRONMENT_CLOUD,
  ENVIRONMENT_PLACE,
  type Environment,
} from "./environment.ts";
import { candidates, type Found, firstFile, merge, type Places, secureBeside } from "./files.ts";
import { faulty, Section } from "./reader.ts";

export interface LoadOptions {
  readonly env: Environment;
  /** clouds.yaml files instead of the usual places; the first that exists counts. */
  readonly files?: readonly string[];
  /** Only these clouds are read, so that a fault of another one does no harm. */
  readonly only?: readonly string[];
  readonly cwd?: string;
  readonly home?: string;
  /** The text of a file, or nothing when there is none. */
  readonly readFile?: ReadFile;
}

export interface LoadedClouds {
  readonly configs: Readonly<Record<string, CloudConfig>>;
  /** `OS_CLOUD`, else the environment's own cloud, else the only one there is. */
  readonly defaultName: string | undefined;
}

export function loadCloudConfigs(options: LoadOptions): LoadedClouds {
  const { env, readFile = readTextFile } = options;
  const places: Places = { env, cwd: options.cwd ?? process.cwd(), home: options.home ?? homedir() };
  const file = findClouds(options, places, readFile);
  const secure = file === undefined ? undefined : findSecure(options, places, file, readFile);
  const chosen = env.OS_CLOUD === "" ? undefined : env.OS_CLOUD;

  const sections = new Map<string, Section>();
  for (const [name, section] of fileClouds(file, secure)) {
    const amended = name === chosen ? new Section({ ...section.values, ...amendments(env) }, section.place) : section;
    sections.set(name, withProfile(amended, places, readFile));
  }
  const own = cloudOfEnvironment(env, readFile);
  if (own !== undefined) sections.set(ENVIRONMENT_CLOUD, new Section(own, ENVIRONMENT_PLACE));

  const configs: Record<string, CloudConfig> = {};
  for (const [name, section] of sections) {
    if (options.only !== undefined && !options.only.includes(name)) continue;
    configs[name] = readCloud(name, section, readFile);
  }
  const names = Object.keys(configs);
  if (chosen !== undefined && configs[chosen] === undefined) {
    const known = sections.size === 0 ? "there is none" : `there are: ${[...sections.keys()].join(", ")}`;
    throw faulty(ENVIRONMENT_PLACE, "OS_CLOUD", `no cloud is named ${chosen}; ${known}`);
  }
  const only = names.length === 1 ? names[0] : undefined;
  return { configs, defaultName: chosen ?? (configs[ENVIRONMENT_CLOUD] === undefined ? only : ENVIRONMENT_CLOUD) };
}

function findClouds({ files, env }: LoadOptions, places: Places, readFile: ReadFile): Found | undefined {
  if (files !== undefined) return firstFile(files, readFile);
  const named = env.OS_CLIENT_CONFIG_FILE === "" ? undefined : env.OS_CLIENT_CONFIG_FILE;
  if (named !== undefined && readFile(named) === undefined) {
    throw faulty(ENVIRONMENT_PLACE, "OS_CLIENT_CONFIG_FILE", `${named} cannot be read`);
  }
  return firstFile(candidates(places, "clouds", named), readFile);
}

function findSecure(options: LoadOptions, places: Places, file: Found, readFile: ReadFile): Found | undefined {
  const named = options.env.OS_CLIENT_SECURE_FILE === "" ? undefined : options.env.OS_CLIENT_SECURE_FILE;
  const usual = options.files === undefined ? candidates(places, "secure", named) : [];
  return firstFile([...secureBeside(file.path), ...usual], readFile);
}

/** The clouds of clouds.yaml, with what secure.yaml adds to each. */
function* fileClouds(file: Found | undefined, secure: Found | undefined): Generator<readonly [string, Section]> {
  if (file === undefined) return;
  const top = new Section(file.content, { source: file.path, path: "" });
  const clouds = top.section("clouds");
  if (clouds === undefined) throw top.fault("clouds", "is missing");
  const secrets =
    secure === undefined ? undefined : new Section(secure.content, { source: secure.path, path: "" }).section("clouds");
  for (const name of Object.keys(clouds.values)) {
    const cloud = clouds.section(name);
    if (cloud === undefined) throw clouds.fault(name, "is empty");
    const more = secrets?.section(name);
    yield [name, more === undefined ? cloud : new Section(merge(cloud.values, more.values), cloud.place)];
  }
}

/**
 * `profile:` takes its values from clouds-public.yaml. The profiles that openstacksdk ships inside itself are not
 * known here: one that is in no file is refused, for the cloud would be another without it.
 */
function withProfile(cloud: Section, places: Places, readFile: ReadFile): Section {
  const key = cloud.has("profile") ? "profile" : "cloud";
  const profile = cloud.text(key);
  if (profile === undefined) return cloud;
  const file = firstFile(candidates(places, "clouds-public", undefined), readFile);
  const known =
    file === undefined
      ? undefined
      : new Section(file.content, { source: file.path, path: "" }).section("public-clouds");
  const values = known?.section(profile)?.values;
  if (values === undefined) {
    throw cloud.fault(key, `the profile ${profile} is in no clouds-public.yaml; write its values into the cloud`);
  }
  return new Section(merge(values, cloud.values), cloud.place);
}

function readTextFile(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "EISDIR") return undefined;
    throw new CloudError("INVALID_VALUE", `${path}: cannot be read (${String(code)})`, { cause });
  }
}
