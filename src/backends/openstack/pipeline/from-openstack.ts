/** The only place where a status and a body of a cloud become a reason. */
import { CloudError, type Reason, type Upstream } from "../../../cloud/index.ts";
import { isObject, type JsonObject, numberOrNone, textOrNone } from "../json.ts";
import { type Answer, type Exchange, hrefOf, requestIdOf } from "./exchange.ts";
import { redact } from "./redact.ts";
import { retryAfterSeconds } from "./retry.ts";

/** A service's complaint, whatever the shape of its body. */
interface Fault {
  readonly status: number;
  /** Nova's fault key (`itemNotFound`), Neutron's type (`IpAddressInUse`), Keystone's title; empty for bare HTML. */
  readonly type: string;
  readonly message: string;
  readonly retryAfter: number | undefined;
}

interface Rule {
  readonly statuses?: readonly number[];
  readonly type?: RegExp;
  readonly message?: RegExp;
  readonly reason: Reason;
}

/** The first rule that fits decides. What a service says goes before what its status says. */
const RULES: readonly Rule[] = [
  { statuses: [401], reason: "UNAUTHENTICATED" },
  { message: /no valid host/i, reason: "NO_VALID_HOST" },
  // nova: exception.NetworkAmbiguous, 409 since 2.1, 400 before.
  { statuses: [400, 409], message: /multiple possible networks found/i, reason: "SEVERAL_NETWORKS" },
  // Quota: Nova 403 forbidden, Neutron 409 OverQuota, Cinder 413 overLimit with `retryAfter: 0`.
  { statuses: [409], type: /^(?:OverQuota|IpAddressGenerationFailure|NoMoreIps.*)$/, reason: "QUOTA_EXCEEDED" },
  { statuses: [403, 413], message: /quota|exceed/i, reason: "QUOTA_EXCEEDED" },
  { statuses: [413], type: /^overLimit$/, reason: "RATE_LIMITED" },
  // 498 is Swift's word for 429 (swift: common/middleware/ratelimit.py).
  { statuses: [429, 498], reason: "RATE_LIMITED" },
  { statuses: [413, 414, 431], reason: "TOO_LARGE" },
  // nova: 403 for a flavour without a disk, which is a fault of the request.
  { statuses: [403], message: /volume-backed servers are allowed/i, reason: "INVALID_VALUE" },
  { statuses: [403], reason: "FORBIDDEN" },
  { statuses: [404, 410], reason: "NOT_FOUND" },
  // nova answers 400 when a flavour, image, network or port that a create names is missing.
  { statuses: [400], message: /could not be found|can not find requested/i, reason: "NOT_FOUND" },
  { statuses: [400], message: /unable to access requested image/i, reason: "NOT_FOUND" },
  {
    statuses: [400, 409],
    message: /already in use|is in use|still in use|already attached to|currently in 'in-use'/i,
    reason: "IN_USE",
  },
  // cinder and nova answer 400 when the volume's state is not the right one for what is asked.
  { statuses: [400], message: /^invalid (?:volume|snapshot): |cannot detach a root/i, reason: "STATE_CONFLICT" },
  { statuses: [400], reason: "INVALID_VALUE" },
  { statuses: [405, 501], reason: "UNSUPPORTED" },
  { statuses: [406], reason: "VERSION_UNSUPPORTED" },
  {
    statuses: [409],
    type: /(?:InUse|AlreadyAllocated|AlreadyAssociated|InUseByPort)$|^(?:IpAddressInUse|MacAddressInUse)/,
    reason: "IN_USE",
  },
  { statuses: [409], type: /Duplicate|AlreadyExists|Exists$/, reason: "ALREADY_EXISTS" },
  { statuses: [409], message: /already exists|duplicate/i, reason: "ALREADY_EXISTS" },
  { statuses: [409], reason: "STATE_CONFLICT" },
  { statuses: [412, 428], reason: "CONFLICT" },
  { statuses: [415, 422], reason: "INVALID_VALUE" },
  { statuses: [408, 502, 503, 504], reason: "UNAVAILABLE" },
];

/** Bytes of a body that are kept for operators. */
const KEPT_BODY = 4096;
const KEPT_MESSAGE = 500;

export function fromOpenStack(exchange: Exchange, answer: Answer, now: number): CloudError {
  const fault = readFault(answer);
  const reason = RULES.find((rule) => fits(rule, fault))?.reason ?? "UPSTREAM_FAILED";
  const seconds = reason === "QUOTA_EXCEEDED" ? undefined : (retryAfterSeconds(answer, now) ?? fault.retryAfter);
  return new CloudError(reason, redact(told(exchange, fault)).slice(0, KEPT_MESSAGE), {
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
    upstream: upstreamOf(exchange, answer),
  });
}

/** What is kept of a request for operators; without an answer when there was none. */
export function upstreamOf(exchange: Exchange, answer?: Answer): Upstream {
  const requestId = answer === undefined ? undefined : requestIdOf(answer);
  return {
    service: exchange.operation.service,
    method: exchange.operation.method,
    url: hrefOf(exchange.url),
    ...(answer === undefined ? {} : { status: answer.status, body: redact(answer.text.slice(0, KEPT_BODY)) }),
    ...(requestId === undefined ? {} : { requestId }),
  };
}

function fits(rule: Rule, fault: Fault): boolean {
  if (rule.statuses !== undefined && !rule.statuses.includes(fault.status)) return false;
  if (rule.type !== undefined && !rule.type.test(fault.type)) return false;
  return rule.message === undefined || rule.message.test(fault.message);
}

function told({ operation }: Exchange, fault: Fault): string {
  const { service } = operation;
  if (fault.status === 401) return `${service}: the credentials or the token are not accepted`;
  if (fault.status >= 300 && fault.status < 400) return `${service}: redirects are not followed (${fault.status})`;
  return fault.message === "" ? `${service}: status ${fault.status}` : `${service}: ${fault.message}`;
}

function readFault(answer: Answer): Fault {
  const fault = readBody(answer);
  // Glance puts its page's markup into the JSON message, too.
  return { ...fault, message: withoutMarkup(fault.message) };
}

function readBody({ status, text }: Answer): Fault {
  const body = tryParse(text);
  const bare: Fault = { status, type: "", message: text, retryAfter: undefined };
  if (body === undefined) return bare;
  const [first] = Object.entries(body).filter((entry): entry is [string, JsonObject] => isObject(entry[1]));
  // Glance with JSON and Designate: the members lie open.
  if (first === undefined) {
    const message = textOrNone(body.message) ?? textOrNone(body.faultstring) ?? textOrNone(body.description);
    return { ...bare, type: textOrNone(body.type) ?? textOrNone(body.title) ?? "", message: message ?? "" };
  }
  const [key, inner] = first;
  const isKeyed = key !== "NeutronError" && key !== "error";
  return {
    status,
    type: isKeyed ? key : (textOrNone(inner.type) ?? textOrNone(inner.title) ?? ""),
    message: textOrNone(inner.message) ?? textOrNone(inner.detail) ?? "",
    retryAfter: numberOrNone(inner.retryAfter) ?? wholeNumber(inner.retryAfter),
  };
}

/** Nova writes `retryAfter` as text, Cinder as a number. */
function wholeNumber(value: unknown): number | undefined {
  return typeof value === "string" && /^\d+$/.test(value) ? Number(value) : undefined;
}

function tryParse(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
    // Neutron wraps some complaints in nothing but quotes.
    return typeof value === "string" ? { message: value } : undefined;
  } catch {
    return undefined;
  }
}

/** The text of an HTML complaint (webob's template: title, heading, explanation), without markup. */
function withoutMarkup(text: string): string {
  if (!/<[\w!]/.test(text)) return text.trim();
  return text
    .replace(/<(title|h1|style|script)[^>]*>[\s\S]*?<\/\1>/gi, " ")
    .replace(/<[^>]*>/g, " ")
    .replace(/&lt;/g, "<")
    .replace(/&gt;/g, ">")
    .replace(/&quot;/g, '"')
    .replace(/&#x27;|&#39;/g, "'")
    .replace(/&amp;/g, "&")
    .replace(/\s+/g, " ")
    .trim();
}
