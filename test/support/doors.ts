import { type Client, credentials, Metadata, makeGenericClientConstructor, type ServiceError } from "@grpc/grpc-js";
import type { AllocateComputeResponse, QueryComputeResponse } from "../../generated/ts/kubevim/compute.ts";
import { vi_vnfmService } from "../../generated/ts/kubevim/vi_vnfm.ts";
import type { OpenBackend } from "./backends.ts";
import type { Native } from "./native.ts";

/** What every door can do to a server, said the same way, so that tests can pair any two of them. */
export interface Door {
  readonly name: string;
  create(name: string): Promise<string>;
  /** `running`, `stopped`, or nothing when the server is not there for this caller. */
  state(id: string): Promise<string | undefined>;
  stop(id: string): Promise<void>;
  remove(id: string): Promise<void>;
  list(): Promise<readonly string[]>;
}

export function openDoors(backend: OpenBackend, as: Native): { readonly doors: readonly Door[]; close(): void } {
  const grpc = grpcDoor(backend, as);
  return {
    doors: [grpc.door, restDoor(backend, as), occiDoor(backend, as), nativeDoor(backend, as)],
    close: grpc.close,
  };
}

const allocateBody = ({ imageId, flavourId, networkId }: OpenBackend, computeName: string): object => ({
  computeName,
  computeFlavourId: { value: flavourId },
  vcImageId: { value: imageId },
  interfaceData: [{ networkId: { value: networkId }, typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE" }],
});

const STATES: Readonly<Record<string, string>> = { RUNNING: "running", STOPPED: "stopped" };
const stateOf = ({ queryResult }: QueryComputeResponse): string | undefined => {
  const word = queryResult[0]?.runningState;
  return word === undefined ? undefined : (STATES[word] ?? word);
};

type Unary = (
  request: unknown,
  metadata: Metadata,
  done: (error: ServiceError | null, answer: unknown) => void,
) => void;

function grpcDoor(backend: OpenBackend, as: Native): { door: Door; close: () => void } {
  const Constructor = makeGenericClientConstructor(vi_vnfmService, "vi_vnfm");
  const client: Client = new Constructor(backend.gateway.grpc, credentials.createInsecure());
  const metadata = new Metadata();
  metadata.set("x-auth-token", as.token);
  const call = <Answer>(method: keyof typeof vi_vnfmService, request: unknown): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const invoke = Reflect.get(client, method) as Unary;
      invoke.call(client, request, metadata, (error, answer) =>
        error === null ? resolve(answer as Answer) : reject(error),
      );
    });
  const query = (value: string): Promise<QueryComputeResponse> =>
    call("queryVirtualisedComputeResource", { queryComputeFilter: { value } });
  const empty = { affinityOrAntiAffinityConstraints: [], interfaceIpam: [] };
  const card = { typeConfiguration: [], accelerationCapability: [] };
  return {
    close: () => client.close(),
    door: {
      name: "gRPC",
      async create(name) {
        const { imageId, flavourId, networkId } = backend;
        const { computeData } = await call<AllocateComputeResponse>("allocateVirtualisedComputeResource", {
          ...empty,
          computeName: name,
          computeFlavourId: { value: flavourId },
          vcImageId: { value: imageId },
          interfaceData: [{ ...card, networkId: { value: networkId }, typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE" }],
        });
        return computeData?.computeId?.value ?? "";
      },
      state: async (id) => stateOf(await query(`(eq,computeId/value,${id})`)),
      stop: async (id) => {
        await call("operateVirtualisedComputeResource", {
          computeId: { value: id },
          computeOperation: "STOP",
          computeOperationInputData: {},
        });
      },
      remove: async (id) => {
        await call("terminateVirtualisedComputeResource", { computeId: { value: id } });
      },
      list: async () => (await query("")).queryResult.map((one) => one.computeId?.value ?? ""),
    },
  };
}

function restDoor(backend: OpenBackend, as: Native): Door {
  const call = async <Answer>(method: string, path: string, body?: object): Promise<Answer> => {
    const response = await fetch(`${backend.gateway.http}/vivnfm/v5${path}`, {
      method,
      headers: { authorization: `Bearer ${as.token}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (response.status !== 200) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as Answer;
  };
  const query = (filter: string): Promise<QueryComputeResponse> =>
    call("GET", `/compute?queryComputeFilter.value=${encodeURIComponent(filter)}`);
  return {
    name: "REST",
    async create(name) {
      const { computeData } = await call<AllocateComputeResponse>("POST", "/compute", allocateBody(backend, name));
      return computeData?.computeId?.value ?? "";
    },
    state: async (id) => stateOf(await query(`filter=(eq,computeId/value,${id})`)),
    stop: (id) => call("POST", `/compute/${id}/STOP`, {}),
    remove: (id) => call("DELETE", `/compute/${id}`),
    list: async () => (await query("")).queryResult.map((one) => one.computeId?.value ?? ""),
  };
}

const INFRASTRUCTURE = "http://schemas.ogf.org/occi/infrastructure";

function occiDoor(backend: OpenBackend, as: Native): Door {
  const call = async (
    method: string,
    path: string,
    lines?: readonly string[],
  ): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${backend.gateway.occi}${path}`, {
      method,
      headers: { "x-auth-token": as.token, accept: "text/plain", "content-type": "text/plain" },
      ...(lines === undefined ? {} : { body: lines.join("\r\n") }),
    });
    return { status: response.status, text: await response.text() };
  };
  const done = async (method: string, path: string, lines?: readonly string[]): Promise<string> => {
    const { status, text } = await call(method, path, lines);
    if (status >= 300) throw new Error(`${method} ${path}: ${status} ${text}`);
    return text;
  };
  const template = async (scheme: string, title: string): Promise<string> => {
    const line = (await done("GET", "/-/"))
      .split(/\r?\n/)
      .find((one) => one.includes(scheme) && one.includes(`title="${title}"`));
    return `Category: ${/Category: ([^;]+);/.exec(line ?? "")?.[1]}; scheme="${scheme}"; class="mixin"`;
  };
  return {
    name: "OCCI",
    async create(name) {
      const answer = await done("POST", "/compute/", [
        `Category: compute; scheme="${INFRASTRUCTURE}#"; class="kind"`,
        await template("http://schemas.openstack.org/template/os#", "cirros"),
        await template("http://schemas.openstack.org/template/resource#", "m1.tiny"),
        `X-OCCI-Attribute: occi.core.title="${name}"`,
        `Link: </network/${backend.networkId}>; rel="${INFRASTRUCTURE}#network"; category="${INFRASTRUCTURE}#networkinterface"`,
      ]);
      return /X-OCCI-Location: .*\/compute\/(\S+)/.exec(answer)?.[1] ?? "";
    },
    async state(id) {
      const { status, text } = await call("GET", `/compute/${id}`);
      if (status === 404) return undefined;
      const word = /occi\.compute\.state="(\w+)"/.exec(text)?.[1] ?? "";
      return { active: "running", inactive: "stopped" }[word] ?? word;
    },
    stop: async (id) => {
      await done("POST", `/compute/${id}?action=stop`, [
        `Category: stop; scheme="${INFRASTRUCTURE}/compute/action#"; class="action"`,
      ]);
    },
    remove: async (id) => {
      await done("DELETE", `/compute/${id}`);
    },
    list: async () =>
      [...(await done("GET", "/compute/")).matchAll(/\/compute\/(\S+)/g)].map((match) => match[1] ?? ""),
  };
}

function nativeDoor(backend: OpenBackend, as: Native): Door {
  const { imageId, flavourId, networkId } = backend;
  const done = async (method: string, path: string, body?: unknown): Promise<Record<string, unknown>> => {
    const reply = await as.call("compute", method, path, body);
    if (reply.status >= 300) throw new Error(`${method} ${path}: ${reply.status} ${JSON.stringify(reply.body)}`);
    return reply.body;
  };
  return {
    name: "OpenStack",
    async create(name) {
      const networks = [{ uuid: networkId }];
      const { server } = await done("POST", "/servers", {
        server: { name, imageRef: imageId, flavorRef: flavourId, networks },
      });
      return (server as { id: string }).id;
    },
    async state(id) {
      const { status, body } = await as.call("compute", "GET", `/servers/${id}`);
      if (status === 404) return undefined;
      const word = (body.server as { status: string }).status;
      return { ACTIVE: "running", SHUTOFF: "stopped" }[word] ?? word;
    },
    stop: async (id) => {
      await done("POST", `/servers/${id}/action`, { "os-stop": null });
    },
    remove: async (id) => {
      await done("DELETE", `/servers/${id}`);
    },
    list: async () => ((await done("GET", "/servers")).servers as readonly { id: string }[]).map(({ id }) => id),
  };
}
