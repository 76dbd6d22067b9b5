import { Metadata, type ServiceError } from "@grpc/grpc-js";
import type { AllocateComputeResponse } from "../../generated/ts/kubevim/compute.ts";
import { eventually } from "../support/eventually.ts";
import type { Native } from "../support/native.ts";
import { viVnfmClient } from "../support/viVnfm.ts";
import type { Doors } from "./killGateway.ts";

/** Clients that make and remove things by every door, each with a key, and do not give up before they are answered. */

export interface Tenant extends Native {
  readonly networkId: string;
  readonly flavourId: string;
  readonly imageId: string;
}

/** Something that an answer said is there: by its name, and how many of each kind belong to it. */
export interface Thing {
  readonly name: string;
  readonly parts: Readonly<Record<string, number>>;
  /** Paths of the door below which it is removed. */
  readonly paths: readonly string[];
}

interface Trade {
  readonly parts: Thing["parts"];
  make(doors: Doors, as: Tenant, name: string, key: string): Promise<readonly string[]>;
  remove(doors: Doors, as: Tenant, path: string, key: string): Promise<void>;
}

/** What is worth asking again, with the same key. */
class Unanswered extends Error {}
class Gone extends Error {}

/** A quota may be used up by what is only about to be taken back. */
const PASSING = new Set(["CONFLICT", "QUOTA_EXCEEDED", "conflict", "quota-exceeded"]);

async function http(url: string, as: Tenant, key: string, init: RequestInit): Promise<string> {
  const headers = { "x-auth-token": as.token, "idempotency-key": key, accept: "*/*", ...init.headers };
  const answer = await fetch(url, { ...init, headers, signal: AbortSignal.timeout(30_000) })
    .then(async (response) => ({ status: response.status, text: await response.text() }))
    .catch((cause: unknown) => {
      throw new Unanswered("nobody answered", { cause });
    });
  const { status, text } = answer;
  if (status < 300) return text;
  if (status === 404 && init.method === "DELETE") throw new Gone(text);
  const word = /"reason":"(\w+)"|^([a-z-]+):/.exec(text);
  if (status >= 500 || PASSING.has(word?.[1] ?? word?.[2] ?? "")) throw new Unanswered(text);
  throw new Error(`${init.method} ${url}: ${status} ${text}`);
}

const json = { "content-type": "application/json" };
const I = "http://schemas.ogf.org/occi/infrastructure";
const kind = (term: string): string => `Category: ${term}; scheme="${I}#"; class="kind"`;
const title = (name: string): string => `X-OCCI-Attribute: occi.core.title="${name}"`;

async function occi(doors: Doors, as: Tenant, path: string, lines: string[], key: string): Promise<readonly string[]> {
  const isJson = lines[0]?.startsWith("{") === true;
  const headers = { "content-type": isJson ? "application/occi+json" : "text/plain", accept: "text/plain" };
  const text = await http(`${doors.occi}${path}`, as, key, { method: "POST", headers, body: lines.join("\n") });
  return [...text.matchAll(/X-OCCI-Location: \S+?(\/[a-z]+\/\S+)/g)].map(([, found = ""]) => found);
}

const removeOcci = async (doors: Doors, as: Tenant, path: string, key: string): Promise<void> => {
  await http(`${doors.occi}${path}`, as, key, { method: "DELETE" });
};
const removeRest = async (doors: Doors, as: Tenant, path: string, key: string): Promise<void> => {
  await http(`${doors.http}${path}`, as, key, { method: "DELETE" });
};

const restNetwork: Trade = {
  parts: { networks: 1, subnets: 2 },
  async make({ http: at }, as, name, key) {
    const layer3Attributes = ["10.9.0.0/24", "10.9.1.0/24"].map((cidr) => ({ cidr: { cidr } }));
    const typeNetworkData = { bandwidth: 0, layer3Attributes };
    const body = JSON.stringify({ networkResourceName: name, networkResourceType: "NETWORK", typeNetworkData });
    const text = await http(`${at}/vivnfm/v5/networks`, as, key, { method: "POST", headers: json, body });
    return [`/vivnfm/v5/networks/${JSON.parse(text).networkData.networkResourceId.value}`];
  },
  remove: removeRest,
};

const grpcCompute: Trade = {
  parts: { servers: 1, ports: 2 },
  async make({ grpc }, as, name, key) {
    const metadata = new Metadata();
    metadata.set("x-auth-token", as.token);
    metadata.set("idempotency-key", key);
    const card = { typeConfiguration: [], accelerationCapability: [], typeVirtualNic: "TYPE_VIRTUAL_NIC_BRIDGE" };
    const nic = { ...card, networkId: { value: as.networkId } };
    const request = {
      computeName: name,
      computeFlavourId: { value: as.flavourId },
      vcImageId: { value: as.imageId },
      affinityOrAntiAffinityConstraints: [],
      interfaceData: [nic, nic],
      interfaceIpam: [{ networkId: { value: as.networkId }, macAddress: { mac: macOf(name) } }],
    };
    const client = viVnfmClient(grpc);
    try {
      const { answer } = await client.call<AllocateComputeResponse>(
        "allocateVirtualisedComputeResource",
        request,
        metadata,
      );
      return [`/vivnfm/v5/compute/${answer.computeData?.computeId?.value}`];
    } catch (thrown) {
      const { code, message, metadata: told } = thrown as ServiceError;
      const reason = String(told?.get("vimana-reason")[0] ?? "");
      // No answer of the gateway's, or one that asks to come again.
      if (reason === "" || PASSING.has(reason) || [1, 2, 4, 14].includes(code)) throw new Unanswered(message);
      throw thrown;
    } finally {
      client.close();
    }
  },
  remove: removeRest,
};

function macOf(name: string): string {
  const digits = [...name].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) % 2 ** 24, 7);
  return `fa:16:3e:${digits
    .toString(16)
    .padStart(6, "0")
    .replace(/(..)(..)(..)/, "$1:$2:$3")}`;
}

const occiCompute: Trade = {
  parts: { servers: 1, ports: 1 },
  make: (doors, as, name, key) =>
    occi(
      doors,
      as,
      "/compute/",
      [
        kind("compute"),
        `Category: ${as.imageId}; scheme="http://schemas.openstack.org/template/os#"; class="mixin"`,
        `Category: ${as.flavourId}; scheme="http://schemas.openstack.org/template/resource#"; class="mixin"`,
        title(name),
        `Link: </network/${as.networkId}>; rel="${I}#network"; category="${I}#networkinterface"`,
      ],
      key,
    ),
  remove: removeOcci,
};

const occiStorage: Trade = {
  parts: { volumes: 1 },
  make: (doors, as, name, key) =>
    occi(doors, as, "/storage/", [kind("storage"), title(name), "X-OCCI-Attribute: occi.storage.size=1.0"], key),
  remove: removeOcci,
};

const occiBatch: Trade = {
  parts: { networks: 3 },
  make(doors, as, name, key) {
    const resources = [1, 2, 3].map(() => ({ kind: `${I}#network`, title: name }));
    return occi(doors, as, "/network/", [JSON.stringify({ resources })], key);
  },
  remove: removeOcci,
};

export const TRADES: readonly Trade[] = [restNetwork, grpcCompute, occiCompute, occiStorage, occiBatch];

/** What one client keeps at a time; more is removed, oldest first. */
const KEPT = 2;

export interface ClientOptions {
  readonly trade: Trade;
  readonly as: Tenant;
  readonly name: string;
  readonly newKey: () => string;
  /** One of the gateways that live. */
  readonly doors: () => Doors | undefined;
  readonly isOver: () => boolean;
}

/** Works until it is over, and returns what was said to be there at the end. */
export async function work({ trade, as, name, newKey, doors, isOver }: ClientOptions): Promise<readonly Thing[]> {
  const things: Thing[] = [];
  const answered = <Answer>(ask: (at: Doors) => Promise<Answer>): Promise<{ answer: Answer } | undefined> =>
    eventually(
      async () => {
        const at = doors();
        if (at === undefined) return undefined;
        try {
          return { answer: await ask(at) };
        } catch (thrown) {
          if (thrown instanceof Unanswered) return undefined;
          throw thrown;
        }
      },
      (found) => found !== undefined,
      120,
    );
  for (let count = 1; !isOver(); count += 1) {
    const own = `${name}-${count}`;
    const key = newKey();
    const made = await answered((at) => trade.make(at, as, own, key));
    things.push({ name: own, parts: trade.parts, paths: made?.answer ?? [] });
    if (things.length <= KEPT) continue;
    const [oldest] = things.splice(0, 1);
    for (const path of oldest?.paths ?? []) {
      const removal = newKey();
      await answered((at) =>
        trade.remove(at, as, path, removal).catch((thrown: unknown) => {
          if (!(thrown instanceof Gone)) throw thrown;
        }),
      );
    }
  }
  return things;
}
