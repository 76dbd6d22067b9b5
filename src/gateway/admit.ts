import { CloudError, type Clouds, type Credentials, type Log, readCredentials } from "../cloud/index.ts";
import type { Admit, Caller } from "./operation.ts";

export interface AdmitOptions {
  readonly clouds: Clouds;
  readonly log: Log;
  /** Clouds that callers without credentials may use, with the gateway's own; empty switches them off. */
  readonly anonymousClouds: readonly string[];
}

/** Hosts that only a program on this machine can mean; any other name may be somebody's page rebinding its DNS. */
const LOCAL_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
const LOCAL_ORIGIN = /^https?:\/\/(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;
const OWN_SITE = new Set(["none", "same-origin"]);

/** Lets callers in, the same way on every door (house, "Contracts that every door shares"). */
export function createAdmit(options: AdmitOptions): Admit {
  return async (caller) => {
    const cloudName = nonEmpty(caller.header("vimana-cloud"));
    const region = nonEmpty(caller.header("vimana-region"));
    const name = cloudName ?? options.clouds.defaultName;
    const credentials = readCredentials(caller.header) ?? anonymous(options, caller, name);
    const log = options.log.child({ requestId: caller.requestId, operation: caller.operation, cloud: name, region });
    const cloud = await options.clouds.open({
      cloud: name,
      ...(region === undefined ? {} : { region }),
      credentials,
      signal: caller.signal,
      requestId: caller.requestId,
      log,
    });
    const { operation, requestId, signal } = caller;
    return { operation, requestId, cloud, signal, log, warn: (message) => log.warn({}, message) };
  };
}

function nonEmpty(value: string | undefined): string | undefined {
  return value === "" ? undefined : value;
}

/** Whether the `Host` that a caller names is this machine; HTTP/2 and old clients name none. */
export function isLocalHost(host: string | undefined): boolean {
  return host === undefined || LOCAL_HOST.test(host);
}

function anonymous(options: AdmitOptions, caller: Caller, cloud: string): Credentials {
  if (!caller.isLoopback || !options.anonymousClouds.includes(cloud)) {
    throw new CloudError("UNAUTHENTICATED", "send X-Auth-Token, or Authorization with Bearer or Basic credentials");
  }
  const host = caller.header("host");
  if (!isLocalHost(host)) {
    throw new CloudError("FORBIDDEN", "without credentials the Host must be this machine's loopback name");
  }
  const origin = caller.header("origin");
  if (origin !== undefined && !LOCAL_ORIGIN.test(origin)) {
    throw new CloudError("FORBIDDEN", "without credentials no foreign web page may call");
  }
  const site = caller.header("sec-fetch-site");
  if (site !== undefined && !OWN_SITE.has(site)) {
    throw new CloudError("FORBIDDEN", "without credentials no foreign web page may call");
  }
  return { kind: "configured" };
}
