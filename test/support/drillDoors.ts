/** What a drill does through each door, and how the door says what became of it. */
import { credentials, Metadata, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";

/** `OK`, or the reason that every door's error carries. */
export interface Outcome {
  readonly reason: string;
  /** gRPC code or HTTP status. */
  readonly status: number;
  readonly message: string;
  readonly requestId: string;
  readonly retryAfter: number | undefined;
  /** Ids in the answer. */
  readonly ids: readonly string[];
}

export interface AskOptions {
  /** The caller's own deadline. */
  readonly deadlineMs?: number;
  /** The caller's leaving. */
  readonly signal?: AbortSignal;
}

export interface DrillDoor {
  readonly name: "gRPC" | "REST" | "OCCI";
  list(options?: AskOptions): Promise<Outcome>;
  create(name: string, options?: AskOptions): Promise<Outcome>;
  network(name: string): Promise<Outcome>;
  remove(id: string): Promise<Outcome>;
}

export interface Doors {
  readonly grpc: string;
  readonly http: string;
  readonly occi: string;
}

/** What machines are made of. */
export interface Parts {
  readonly imageId: string;
  readonly flavourId: string;
  readonly networkId: string;
}

export interface DrillDoors {
  readonly all: readonly DrillDoor[];
  readonly grpc: DrillDoor;
  readonly rest: DrillDoor;
  readonly occi: DrillDoor;
  close(): void;
}

const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

export function openDrillDoors(doors: Doors, parts: Parts, headers: Readonly<Record<string, string>> = {}): DrillDoors {
  const { door: grpc, close } = grpcDoor(doors.grpc, parts, headers);
  const rest = restDoor(doors.http, parts, headers);
  const occi = occiDoor(doors.occi, parts, headers);
  return { all: [grpc, rest, occi], grpc, rest, occi, close };
}

const allocate = ({ imageId, flavourId, networkId }: Parts, computeName: string) => ({
  computeName,
  computeFlavourId: { value: flavourId },
  vcImageId: { value: imageId },
  affinityOrAntiAffinityConstraints: [],
  interfaceIpam: [],
  interfaceData: [
    {
      networkId: { value: networkId },
      typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE",
      typeConfiguration: [],
      accelerationCapability: [],
    },
  ],
});

const network = (networkResourceName: string) => ({
  networkResourceName,
  networkResourceType: "NETWORK",
  affinityOrAntiAffinityConstraints: [],
  typeNetworkData: { bandwidth: 0, layer3Attributes: [], networkQos: [] },
});

type Unary = (
  request: unknown,
  metadata: Metadata,
  options: object,
  done: (error: ServiceError | null, answer: unknown) => void,
) => { cancel(): void };

function grpcDoor(
  address: string,
  parts: Parts,
  headers: Readonly<Record<string, string>>,
): { door: DrillDoor; close: () => void } {
  const Constructor = makeGenericClientConstructor(vi_vnfmService, "vi_vnfm");
  const client = new Constructor(address, credentials.createInsecure());
  const ask = (method: keyof typeof vi_vnfmService, request: unknown, { deadlineMs, signal }: AskOptions = {}) =>
    new Promise<Outcome>((resolve) => {
      const metadata = new Metadata();
      for (const [name, value] of Object.entries(headers)) metadata.set(name, value);
      const options = deadlineMs === undefined ? {} : { deadline: Date.now() + deadlineMs };
      const call = (Reflect.get(client, method) as Unary).call(client, request, metadata, options, (error, answer) =>
        resolve(grpcOutcome(error, answer)),
      );
      signal?.addEventListener("abort", () => call.cancel(), { once: true });
    });
  return {
    close: () => client.close(),
    door: {
      name: "gRPC",
      list: (options) => ask("queryVirtualisedComputeResource", {}, options),
      create: (name, options) => ask("allocateVirtualisedComputeResource", allocate(parts, name), options),
      network: (name) => ask("allocateVirtualisedNetworkResource", network(name)),
      remove: (id) => ask("terminateVirtualisedComputeResource", { computeId: { value: id } }),
    },
  };
}

function grpcOutcome(error: ServiceError | null, answer: unknown): Outcome {
  if (error === null) {
    const ids = [...JSON.stringify(answer).matchAll(/"computeId":\{"value":"([^"]+)"/g)].map((match) => match[1] ?? "");
    return { reason: "OK", status: 0, message: "", requestId: "", retryAfter: undefined, ids };
  }
  const text = (name: string): string | undefined => error.metadata.get(name)[0]?.toString();
  const retry = text("retry-after");
  return {
    reason: text("vimana-reason") ?? `code ${error.code}`,
    status: error.code,
    message: error.details,
    requestId: text("x-request-id") ?? "",
    retryAfter: retry === undefined ? undefined : Number(retry),
    ids: [],
  };
}

interface Sent extends AskOptions {
  readonly body?: object | string;
}

/** One exchange with an HTTP door whose errors are JSON with a `reason`. */
async function exchange(
  url: string,
  method: string,
  headers: Readonly<Record<string, string>>,
  { body, deadlineMs, signal }: Sent = {},
): Promise<Outcome> {
  const ends = [
    ...(signal === undefined ? [] : [signal]),
    ...(deadlineMs === undefined ? [] : [AbortSignal.timeout(deadlineMs)]),
  ];
  try {
    const response = await fetch(url, {
      method,
      headers,
      ...(ends.length === 0 ? {} : { signal: AbortSignal.any(ends) }),
      ...(body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const retry = response.headers.get("retry-after");
    const common = {
      status: response.status,
      requestId: response.headers.get("x-request-id") ?? "",
      retryAfter: retry === null ? undefined : Number(retry),
    };
    if (response.ok) return { ...common, reason: "OK", message: text, ids: [...new Set(text.match(UUID) ?? [])] };
    const { reason, message } = JSON.parse(text) as { reason?: string; message?: string };
    return { ...common, reason: reason ?? text, message: message ?? text, ids: [] };
  } catch (thrown) {
    // The caller went away, or the connection did.
    const message = thrown instanceof Error ? `${thrown.name}: ${thrown.message}` : String(thrown);
    return { reason: "GONE", status: 0, message, requestId: "", retryAfter: undefined, ids: [] };
  }
}

function restDoor(base: string, parts: Parts, more: Readonly<Record<string, string>>): DrillDoor {
  const headers = { "content-type": "application/json", ...more };
  const ask = (method: string, path: string, sent?: Sent) =>
    exchange(`${base}/vivnfm/v5${path}`, method, headers, sent);
  return {
    name: "REST",
    list: (options) => ask("GET", "/compute", options),
    create: (name, options) => ask("POST", "/compute", { ...options, body: allocate(parts, name) }),
    network: (name) => ask("POST", "/networks", { body: network(name) }),
    remove: (id) => ask("DELETE", `/compute/${id}`),
  };
}

const SCHEME = "http://schemas.ogf.org/occi/infrastructure#";

function occiDoor(
  base: string,
  { imageId, flavourId, networkId }: Parts,
  more: Readonly<Record<string, string>>,
): DrillDoor {
  const ask = (method: string, path: string, sent?: Sent, accept = "application/occi+json") =>
    exchange(`${base}${path}`, method, { accept, "content-type": "application/occi+json", ...more }, sent);
  const mixins = [
    `http://schemas.openstack.org/template/os#${imageId}`,
    `http://schemas.openstack.org/template/resource#${flavourId}`,
  ];
  const card = { kind: `${SCHEME}networkinterface`, target: { location: `/network/${networkId}` } };
  return {
    name: "OCCI",
    list: (options) => ask("GET", "/compute/", options),
    create: (name, options) =>
      ask("POST", "/compute/", {
        ...options,
        body: { kind: `${SCHEME}compute`, mixins, attributes: { "occi.core.title": name }, links: [card] },
      }),
    network: (name) =>
      ask("POST", "/network/", { body: { kind: `${SCHEME}network`, attributes: { "occi.core.title": name } } }),
    remove: (id) => ask("DELETE", `/compute/${id}`),
  };
}
