import type { Flavour, Image, Server, ServerChange, ServerStatus } from "../../cloud/index.ts";
import { roundFloat } from "../attribute.ts";
import type { Row } from "../table.ts";
import type { ComputeLinks } from "./computeLinks.ts";
import { SUMMARY, TITLE } from "./core.ts";
import type { MetadataChange, MetadataDraft } from "./metadata.ts";
import { COMPUTE_SIZES } from "./sizes.ts";
import { gibOfMib } from "./templates.ts";

/** A server, and what its volumes tell of it. */
export interface ComputeServer extends Server {
  /** The image of the volume that it boots from. */
  readonly bootImageId?: string | undefined;
}

/** What a client wants of a compute, before the sizes became a flavour. */
export interface ComputeDraft extends MetadataDraft {
  readonly title: string;
  readonly summary: string;
  readonly hostname: string;
  readonly architecture: string;
  readonly cores: number;
  readonly memoryGib: number;
  /** An attribute that the cloud cannot honour and GFD.224 dropped: accepted with a warning. */
  readonly speed: number;
  readonly image: Image;
  readonly flavour: Flavour;
  readonly userData: string;
  readonly osUserData: string;
  /** Of a key pair that exists, or of the one that is made of the key. */
  readonly keyName: string;
  readonly publicKey: string;
  readonly osPublicKey: string;
  /** A name of GFD.222, whose sizes hold then. */
  readonly profile: string;
  readonly zone: string;
  /** Cards, addresses, volumes and groups. */
  readonly links: ComputeLinks;
}

/** A new flavour or profile resizes, and a new image rebuilds. */
export interface ComputeChange
  extends Pick<ServerChange, "name" | "description">,
    Partial<Pick<ComputeDraft, "cores" | "memoryGib" | "flavour" | "profile" | "image">>,
    MetadataChange {}

type ComputeRow = Row<ComputeServer, ComputeDraft, ComputeChange>;

/** Where the host name lives when it is not the server's name: in the server's own metadata. */
export const HOSTNAME_KEY = "occi.compute.hostname";

/** Nova's states in OCCI's words. */
export const COMPUTE_STATES: Readonly<Record<ServerStatus, "active" | "inactive" | "suspended" | "error">> = {
  active: "active",
  rebooting: "active",
  resizing: "active",
  resized: "active",
  migrating: "active",
  building: "inactive",
  rebuilding: "inactive",
  stopped: "inactive",
  shelved: "inactive",
  rescued: "inactive",
  deleting: "inactive",
  deleted: "inactive",
  paused: "suspended",
  suspended: "suspended",
  error: "error",
  unknown: "error",
};

/** The cloud's own words about the state: status, what it is doing, why it failed. */
function stateMessage({ nativeStatus, task, fault }: Server): string {
  return [nativeStatus, task, fault]
    .filter((part) => part !== undefined && part !== "")
    .join(", ")
    .replaceAll(/\s+/g, " ");
}

const ANY_ARCHITECTURE = "arch";

export const COMPUTE_ROWS: readonly ComputeRow[] = [
  {
    ...TITLE,
    type: "string",
    read: ({ name }) => name,
    write: (title) => ({ title }),
    // A server always has a name; without a title it keeps its own.
    change: (title) => (title === undefined ? {} : { name: title }),
  },
  {
    ...SUMMARY,
    type: "string",
    read: ({ description }) => description || undefined,
    write: (summary) => ({ summary }),
    change: (summary) => ({ description: summary ?? "" }),
  },
  {
    name: "occi.compute.architecture",
    type: "string",
    description: "CPU architecture",
    values: ["x86", "x64"],
    // pOCCI's OCCI/CORE/CREATE/001 sends this word and expects 201.
    placeholders: [ANY_ARCHITECTURE],
    write: (architecture) => (architecture === ANY_ARCHITECTURE ? {} : { architecture }),
  },
  {
    name: "occi.compute.cores",
    ...COMPUTE_SIZES["occi.compute.cores"],
    minimum: 1,
    read: ({ vcpus }) => vcpus,
    write: (cores: number) => ({ cores }),
    change: (cores: number | undefined) => (cores === undefined ? {} : { cores }),
  },
  {
    name: "occi.compute.hostname",
    type: "string",
    description: "Fully qualified host name",
    pattern: "^.{1,255}$",
    read: ({ name, metadata }) => metadata[HOSTNAME_KEY] ?? name,
    write: (hostname) => ({ hostname }),
    change: (hostname) => ({ [`metadata.${HOSTNAME_KEY}`]: hostname ?? null }),
  },
  {
    name: "occi.compute.share",
    type: "integer",
    description: "Relative CPU shares (1.2)",
    minimum: 0,
  },
  {
    name: "occi.compute.memory",
    ...COMPUTE_SIZES["occi.compute.memory"],
    minimum: 0,
    exclusiveMinimum: true,
    read: ({ ramMiB }) => gibOfMib(ramMiB),
    write: (memoryGib: number) => ({ memoryGib: roundFloat(memoryGib) }),
    change: (memoryGib: number | undefined) => (memoryGib === undefined ? {} : { memoryGib: roundFloat(memoryGib) }),
  },
  {
    name: "occi.compute.state",
    type: "string",
    immutable: true,
    description: "State of the compute",
    values: ["active", "inactive", "suspended", "error"],
    read: ({ status }) => COMPUTE_STATES[status],
    outcome: "active",
  },
  {
    name: "occi.compute.state.message",
    type: "string",
    immutable: true,
    description: "Explanation of the state in words",
    read: stateMessage,
  },
  {
    // Gone in 1.2, wanted by a 1.1 suite and used in 1.2's own examples.
    name: "occi.compute.speed",
    type: "float",
    description: "Clock rate in GHz (1.1 only)",
    minimum: 0,
    write: (speed) => ({ speed }),
  },
];
