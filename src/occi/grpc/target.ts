import { CloudError } from "../../cloud/index.ts";
import type { Collection } from "../collection.ts";
import { type Members, type Scope, type Target, targetOf } from "../operate/index.ts";

/** What the path of a request means here; NOT_FOUND for what it cannot mean. */

function at(scope: Scope, path: string): Target {
  return targetOf(path, scope.mixins.defined);
}

export function entityAt(scope: Scope, path: string): { readonly collection: Collection; readonly id: string } {
  const target = at(scope, path);
  if (target.is === "entity") return target;
  throw new CloudError("NOT_FOUND", `no entity can be at ${path}`, { field: "path" });
}

export function membersAt(scope: Scope, path: string): Members {
  const target = at(scope, path);
  if (target.is === "members") return target.members;
  throw new CloudError("NOT_FOUND", `no collection is at ${path}`, { field: "path" });
}
