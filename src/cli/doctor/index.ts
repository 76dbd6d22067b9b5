/**
 * `vimana doctor`: looks at a cloud as the gateway would use it, and at the gateway's own data, and changes nothing.
 *
 * finding         what is found
 * configuration   files, variables, settings     reach      name, TCP, TLS
 * services        sign-in, catalogue, versions   tenant     quotas, networks, images, flavours, what the doors can do
 * data            the data directory             render     findings for people
 */
import {
  type CloudConfig,
  connectClouds,
  type Inspection,
  type OpenStackClouds,
} from "../../backends/openstack/index.ts";
import { type Cloud, silentLog } from "../../cloud/index.ts";
import { SETTINGS } from "../../gateway/config.ts";
import { systemClock, systemIds } from "../../gateway/runtime.ts";
import { type Command, type Input, UsageError } from "../verb.ts";
import { readConfiguration } from "./configuration.ts";
import { lookAtData } from "./data.ts";
import type { Finding, Tell } from "./finding.ts";
import { type ReachOptions, reach } from "./reach.ts";
import { render } from "./render.ts";
import { lookAt, signIn } from "./services.ts";
import { lookAtCapabilities, lookAtQuotas, lookAtStock } from "./tenant.ts";

export const doctor: Command = {
  arguments: [
    {
      name: "cloud",
      help: "cloud of clouds.yaml; none: OS_CLOUD, OS_AUTH_URL, or the only one there is",
      isOptional: true,
    },
  ],
  options: {
    json: { help: "print what was found as JSON" },
    all: { help: "cut no list short" },
    timeout: { help: "how long each step may take, seconds", value: "seconds", default: "20" },
    "data-dir": { ...SETTINGS["data-dir"], help: "the gateway's data directory", value: "directory" },
  },
  notes: `Nothing is changed, neither in the cloud nor in the directory.
Exit codes: 0 all is well; 1 something will not work; 2 the command line is wrong, or there is no cloud to look at.`,
  async run(input, io) {
    const timeout = readTimeout(input);
    const clock = io.clock ?? systemClock;
    const findings: Finding[] = [];
    const tell: Tell = (finding) => findings.push(finding);
    const config = readConfiguration(input.arguments[0], io.env, tell);
    findings.push(...lookAtData(input.text("data-dir") ?? SETTINGS["data-dir"].default, clock.now()));
    await lookAtCloud(config, { clock, timeout, tls: config.tls }, tell);
    const hasFault = findings.some(({ grade }) => grade === "fault");
    if (input.isOn("json")) io.out(`${JSON.stringify({ cloud: config.name, ok: !hasFault, findings }, null, 2)}\n`);
    else io.out(render(findings, { isColoured: io.isTerminal && !io.env.NO_COLOR, isWhole: input.isOn("all") }));
    return hasFault ? 1 : 0;
  },
};

function readTimeout(input: Input): number {
  const text = input.text("timeout") ?? "20";
  const seconds = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text) || seconds <= 0 || seconds > 600)
    throw new UsageError(`--timeout: ${JSON.stringify(text)} is not a number of seconds up to 600`);
  return seconds * 1000;
}

async function lookAtCloud(config: CloudConfig, options: ReachOptions, tell: Tell): Promise<void> {
  if (!(await reach("identity", new URL(config.authUrl), options, tell))) return;
  if (config.auth === undefined) return;
  const { clock, timeout } = options;
  const clouds = connectClouds({
    configs: { [config.name]: config },
    defaultName: config.name,
    clock,
    ids: systemIds,
    log: silentLog,
    // What fails is to be seen at the first time, and by itself.
    limits: { retry: { attempts: 1 }, breaker: { failures: Number.POSITIVE_INFINITY } },
  });
  try {
    const look = (): Promise<Inspection> => lookWithin(clouds, timeout);
    const inspection = await signIn(look, { clock, config }, tell);
    if (inspection !== undefined) await lookAtTenant(inspection, look, { ...options, config }, tell);
  } finally {
    await clouds.close();
  }
}

/** The same sign-in, with time of its own. */
function lookWithin(clouds: OpenStackClouds, timeout: number): Promise<Inspection> {
  const requestId = `req-${systemIds.uuid()}`;
  const signal = AbortSignal.timeout(timeout);
  return clouds.inspect({ credentials: { kind: "configured" }, signal, requestId, log: silentLog });
}

async function lookAtTenant(
  { services }: Inspection,
  look: () => Promise<Inspection>,
  options: ReachOptions & { readonly config: CloudConfig },
  tell: Tell,
): Promise<void> {
  const reached = new Set([new URL(options.config.authUrl).origin]);
  for (const { service, endpoint } of services) {
    if (endpoint === undefined || reached.has(endpoint.origin)) continue;
    reached.add(endpoint.origin);
    await reach(service, endpoint, options, tell);
  }
  // One after the other, so that each is told of its own time.
  for (const { service } of services) {
    const fresh = (await look()).services.find((one) => one.service === service);
    if (fresh !== undefined) await lookAt(fresh, options, tell);
  }
  const open = async (): Promise<Cloud> => (await look()).cloud;
  await lookAtQuotas(await open(), tell);
  await lookAtStock(open, tell);
  await lookAtCapabilities(await open(), tell);
}
