import type { Flow, Store } from "../../cloud/index.ts";
import type { Call } from "../../gateway/operation.ts";
import { classOf } from "../registry.ts";
import type { Context, FlavourPolicy } from "../table.ts";
import { UserMixins } from "./userMixins.ts";

/** What every operation needs: a caller's cloud, the categories that this caller knows, and how to read the caller's URIs. */
export interface Scope extends Context {
  readonly mixins: UserMixins;
  /** The absolute path of a URI of ours; nothing when it is somebody else's. */
  readonly pathOf: (uri: string) => string | undefined;
  /** How many entities one deletion may remove; 0 allows none but the deletion of one entity by its own path. */
  readonly deleteMany: number;
  /** Whether `/` is a collection in this sense: everything of a project at once. */
  readonly deleteAll: boolean;
}

export interface ScopeOptions {
  readonly call: Call;
  readonly flow: Flow;
  readonly store: Store;
  readonly flavourPolicy: FlavourPolicy;
  readonly flavourMaker: Context["flavourMaker"];
  readonly deleteMany: number;
  readonly deleteAll: boolean;
  readonly pathOf: (uri: string) => string | undefined;
}

const URN = "urn:uuid:";
/** Ids of the cloud that may stand in a path: nothing in them can lead elsewhere. */
const ID = /^[A-Za-z0-9][A-Za-z0-9_-]{0,254}$/;

export function isId(segment: string): boolean {
  return ID.test(segment);
}

export async function openScope(options: ScopeOptions): Promise<Scope> {
  const { call, flow, store, pathOf } = options;
  const mixins = await UserMixins.open(store, call.cloud, flow.ids);
  return {
    call,
    flow: { ...flow, log: call.log },
    flavourPolicy: options.flavourPolicy,
    flavourMaker: options.flavourMaker,
    deleteMany: options.deleteMany,
    deleteAll: options.deleteAll,
    mixins,
    pathOf,
    idAt(uri, location) {
      if (uri.startsWith(URN)) return idOf(uri.slice(URN.length));
      const path = pathOf(uri);
      return path?.startsWith(location) === true ? idOf(path.slice(location.length)) : undefined;
    },
    classOf: (name) => classOf(name) ?? (mixins.find(name) === undefined ? undefined : "mixin"),
    isOwn: (name) => mixins.find(name) !== undefined,
  };
}

function idOf(text: string): string | undefined {
  return isId(text) ? text : undefined;
}

/** The same caller, no longer cut off when the caller leaves: for undoing half of a write. */
export function detached(scope: Scope): Scope {
  return { ...scope, call: { ...scope.call, cloud: scope.call.cloud.detached() } };
}
