import { createHash, timingSafeEqual } from "node:crypto";
import { CloudError, type Clouds, type Credentials, type Log, readCredentials, type Secret } from "../cloud/index.ts";
import type { Admit, Caller } from "./operation.ts";

export interface AdmitOptions {
  readonly clouds: Clouds;
  readonly log: Log;
  /** Clouds that callers without credentials may use, with the gateway's own; empty switches them off. */
  readonly anonymousClouds: readonly string[];
  /** What operators send in `vimana-operator`; without it, whoever calls from this machine is one. */
  readonly operatorToken?: Secret | undefined;
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
    const isOperator = isOperatorCall(options, caller);
    return { operation, requestId, cloud, signal, log, isOperator, warn: (message) => log.warn({}, message) };
  };
}

function isOperatorCall({ operatorToken }: AdmitOptions, caller: Caller): boolean {
  if (operatorToken === undefined) return caller.isLoopback && foreignness(caller) === undefined;
  const digest = (text: string) => createHash("sha256").update(text).digest();
  const said = caller.header("vimana-operator");
  return said !== undefined && timingSafeEqual(digest(said), digest(operatorToken.reveal()));
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
  const trouble = foreignness(caller);
  if (trouble !== undefined) throw new CloudError("FORBIDDEN", trouble);
  return { kind: "configured" };
}

/** Why a call from this machine may be a foreign web page's, which a browser on this machine only carries. */
function foreignness({ header }: Caller): string | undefined {
  if (!isLocalHost(header("host"))) return "without credentials the Host must be this machine's loopback name";
  const origin = header("origin");
  const site = header("sec-fetch-site");
  const isForeign = (origin !== undefined && !LOCAL_ORIGIN.test(origin)) || (site !== undefined && !OWN_SITE.has(site));
  return isForeign ? "without credentials no foreign web page may call" : undefined;
}
