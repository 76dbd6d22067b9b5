/** Whether an address can be reached at all: name, TCP, TLS. */
import { lookup } from "node:dns/promises";
import { connect, type Socket } from "node:net";
import { connect as secure, type PeerCertificate, type TLSSocket } from "node:tls";
import type { CloudConfig } from "../../backends/openstack/index.ts";
import type { Clock } from "../../cloud/index.ts";
import { type Finding, messageOf, type Tell } from "./finding.ts";

const DAY = 86_400_000;
/** A certificate that ends sooner is worth a word. */
const SOON_DAYS = 14;

export interface ReachOptions {
  readonly clock: Clock;
  readonly tls: CloudConfig["tls"];
  /** Milliseconds for each step. */
  readonly timeout: number;
}

/** Tells how far one gets; true when requests can be sent. */
export async function reach(subject: string, url: URL, options: ReachOptions, tell: Tell): Promise<boolean> {
  const say = (grade: Finding["grade"], message: string, advice?: string): void =>
    tell({
      ...{ part: "reach", subject, grade, message, facts: { origin: url.origin } },
      ...(advice === undefined ? {} : { advice }),
    });
  const host = url.hostname.replaceAll(/[[\]]/g, "");
  let addresses: readonly string[];
  try {
    addresses = (await within(lookup(host, { all: true }), options.timeout)).map(({ address }) => address);
  } catch (thrown) {
    say(
      "fault",
      `${host}: the name is not found: ${messageOf(thrown)}`,
      "correct the address, or the DNS of this machine",
    );
    return false;
  }
  const port = Number(url.port || (url.protocol === "https:" ? 443 : 80));
  const from = options.clock.now();
  let socket: Socket;
  try {
    socket = await open(connect({ host, port }), "connect", options.timeout);
  } catch (thrown) {
    const advice = "see whether the service runs, and whether a firewall or a VPN stands between";
    say("fault", `${host}:${port} (${addresses.join(", ")}): no connection: ${messageOf(thrown)}`, advice);
    return false;
  }
  const took = `${addresses.join(", ")} port ${port}, ${options.clock.now() - from} ms`;
  if (url.protocol !== "https:") {
    socket.destroy();
    say("ok", `${took}, without TLS`);
    return true;
  }
  return shakeHands(socket, host, took, options, say);
}

async function shakeHands(
  socket: Socket,
  host: string,
  took: string,
  { clock, tls, timeout }: ReachOptions,
  say: (grade: Finding["grade"], message: string, advice?: string) => void,
): Promise<boolean> {
  const { ca, cert, key } = tls;
  // The certificate is judged here and not by the handshake, so that more can be told than that it failed.
  const handshake = secure({
    ...{ socket, servername: /^[\d.]+$|:/.test(host) ? "" : host, host, rejectUnauthorized: false },
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  });
  try {
    await open(handshake, "secureConnect", timeout);
  } catch (thrown) {
    say("fault", `${took}: no TLS: ${messageOf(thrown)}`, "see whether this port speaks TLS");
    return false;
  }
  const certificate = handshake.getPeerCertificate();
  const until = Date.parse(certificate.valid_to);
  const described = `${handshake.getProtocol()}, ${describe(certificate, until)}`;
  const problem = problemOf(handshake);
  handshake.destroy();
  if (problem !== undefined) {
    const advice = "say cacert in clouds.yaml, or have the certificate renewed";
    say(tls.verify ? "fault" : "warning", `${took}, ${described}: the certificate is not trusted: ${problem}`, advice);
    return !tls.verify;
  }
  const isSoon = until - clock.now() < SOON_DAYS * DAY;
  say(isSoon ? "warning" : "ok", `${took}, ${described}`);
  return true;
}

function problemOf({ authorized, authorizationError }: TLSSocket): string | undefined {
  return authorized
    ? undefined
    : authorizationError instanceof Error
      ? authorizationError.message
      : String(authorizationError);
}

function describe({ subject, subjectaltname }: PeerCertificate, until: number): string {
  const end = Number.isNaN(until) ? "" : ` until ${new Date(until).toISOString().slice(0, 10)}`;
  return `certificate of ${subjectaltname ?? subject?.CN ?? "nobody"}${end}`;
}

function open<S extends Socket>(socket: S, event: string, timeout: number): Promise<S> {
  const opened = new Promise<S>((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    socket.once("error", reject);
  });
  // An error after this is nobody's business any more.
  socket.on("error", () => {});
  return within(opened, timeout).catch((thrown) => {
    socket.destroy();
    throw thrown;
  });
}

async function within<Value>(promise: Promise<Value>, milliseconds: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new Error(`nothing within ${milliseconds / 1000} s`)), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
