/**
 * Glance as of Zed (v2.15): images with their data, members, tags, schemas.
 *
 * images (rows, visibility) · attributes (checks, view) · change (create, patch) · data (upload, download) · imports (stage,
 * import) · tasks · metadefs (property definitions) · members · form (errors, filters, pages) · schemas · seed
 */
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Policy, Resource, Route, Service } from "../core/types.ts";
import { webobError } from "../core/webob.ts";
import { imageView } from "./attributes.ts";
import { create, patch } from "./change.ts";
import { download, upload } from "./data.ts";
import { denied, list, refuse, words } from "./form.ts";
import { importMachineTasks, importMembers, importRoutes, staged } from "./imports.ts";
import { type Image, images, isListed, isVisible, members } from "./images.ts";
import { memberRoutes } from "./members.ts";
import { schemas } from "./schemas.ts";
import { metadefRoutes } from "./metadefs.ts";
import { seedGlance } from "./seed.ts";
import { taskRoutes } from "./tasks.ts";

const anyone: Policy = { name: "versions", rule: "public" };
const reader = (name: string): Policy => ({ name, rule: "reader" });
const member = (name: string): Policy => ({ name, rule: "member" });

function owned(image: Image, call: Call): void {
  if (image.owner !== call.actor.projectId && !call.actor.admin) throw denied("You do not own this image");
}

/** By its owner, too (glance stable/zed: policies/image.py; seen live). */
function setStatus(image: Image, from: string, to: string, call: Call): Answer {
  owned(image, call);
  if (image.status !== from && image.status !== to)
    throw denied(`Not allowed to ${to === "active" ? "reactivate" : "deactivate"} image in status '${image.status}'`);
  call.world.of(images).put({ ...image, status: to, updated_at: call.now });
  return { status: 204 };
}

const imageResource: Resource<Image> = {
  singular: "image",
  plural: "images",
  path: "/v2/images",
  table: images,
  policies: { list: reader("get_images"), delete: member("delete_image") },
  attributes: [],
  order: [],
  visible: isVisible,
  listed: isListed,
  writable: () => true,
  view: imageView,
  notFound: (id, call) =>
    call.method === "DELETE" && call.path === `/v2/images/${id}`
      ? new Refusal(404, `Failed to find image ${id} to delete`)
      : words.notFound(imageResource, id),
  onDelete(image, call) {
    owned(image, call);
    if (image.protected) throw denied(`Image ${image.id} is protected and cannot be deleted.`);
    for (const row of call.world.of(members).by("image_id", image.id)) call.world.of(members).delete(row.id);
    call.world.blobs.delete(image.id);
    call.world.blobs.delete(staged(image));
    return undefined;
  },
  members: [
    { method: "GET", path: "", policy: reader("get_image"), run: (image) => ({ status: 200, body: imageView(image) }) },
    {
      method: "PATCH",
      path: "",
      policy: member("modify_image"),
      run(image, call) {
        owned(image, call);
        return patch(image, call);
      },
    },
    { method: "PUT", path: "/file", policy: member("upload_image"), body: "stream", run: upload },
    { method: "GET", path: "/file", policy: reader("download_image"), run: download },
    {
      method: "POST",
      path: "/actions/deactivate",
      policy: member("deactivate"),
      run: (image, call) => setStatus(image, "active", "deactivated", call),
    },
    {
      method: "POST",
      path: "/actions/reactivate",
      policy: member("reactivate"),
      run: (image, call) => setStatus(image, "deactivated", "active", call),
    },
    ...importMembers,
    ...memberRoutes,
  ],
};

/** v2.14 does not exist outside of caching (glance: api/versions.py). */
const zed = [15, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0];

function versions(call: Call, status: number, minors: readonly number[]): Answer {
  const links = [{ rel: "self", href: `${call.base}/v2/` }];
  const shown = minors.map((minor, index) => ({
    id: `v2.${minor}`,
    status: index === 0 ? "CURRENT" : "SUPPORTED",
    links,
  }));
  return { status, body: { versions: shown } };
}

const routesOf = (minors: readonly number[]): readonly Route[] => [
  {
    method: "GET",
    path: "/v2",
    policy: { name: "versions", rule: "token" },
    handle: (call) => ({ status: 302, headers: { Location: `${call.base}/v2/` } }),
  },
  { method: "GET", path: "/", policy: anyone, handle: (call) => versions(call, 300, minors) },
  { method: "GET", path: "/versions", policy: anyone, handle: (call) => versions(call, 200, minors) },
  { method: "POST", path: "/v2/images", policy: member("add_image"), handle: create },
  ...Object.entries(schemas).map(([name, body]): Route => {
    return {
      method: "GET",
      path: `/v2/schemas/${name}`,
      policy: { name: "schemas", rule: "token" },
      handle: () => ({ status: 200, body }),
    };
  }),
  ...importRoutes,
  ...taskRoutes,
  ...metadefRoutes,
];

/** What depends on the versions that are announced. */
function release(minors: readonly number[]): Pick<Service, "routes" | "unknownPath"> {
  return {
    routes: routesOf(minors),
    // Outside of /v2 any path is answered with the versions (seen live).
    unknownPath: (call) =>
      call.path.startsWith("/v2/")
        ? webobError(call, 404, "The resource could not be found.")
        : versions(call, 300, minors),
  };
}

export const glance: Service = {
  name: "glance",
  type: "image",
  prefix: "/image",
  endpoint: "",
  roots: ["/v2"],
  bodyFirst: false,
  updateMethod: "PATCH",
  statuses: { list: 200, detail: 200, show: 200, create: 201, update: 200, delete: 204 },
  list,
  words,
  resources: [imageResource],
  ...release(zed),
  // 2.17 has a new API of locations, which is not built.
  modern: release([16, ...zed]),
  tasks: importMachineTasks,
  seed: seedGlance,
  headers: (call, { status }): Record<string, string> =>
    status === 401 || !call.path.startsWith("/v2/") ? {} : { "x-openstack-request-id": call.requestId },
  refuse,
  wrongMethod: (call, allowed) =>
    webobError(call, 405, `The method ${call.method} is not allowed for this resource. `, "", {
      Allow: [...allowed].sort().join(", "),
    }),
};
