/** Roles that bring others along, and what a change of an identity must have. */
import { type Step, saving, verbs } from "./step.ts";

const { get, post, put, patch, del, head } = verbs("identity", undefined, "admin");
const member = verbs("identity");
const absent = "0".repeat(32);
const implied = "/v3/roles/{prior}/implies/{other}";

const roles: readonly Step[] = [
  post("/v3/roles", { role: { name: "parity-prior" } }, saving("prior", "role")),
  post("/v3/roles", { role: { name: "parity-other" } }, saving("other", "role")),
  get("/v3/roles/{prior}/implies"),
  get(`/v3/roles/${absent}/implies`),
  member.get("/v3/roles/{prior}/implies"),
  get(implied),
  head(implied),
  del(implied),
  put(`/v3/roles/{prior}/implies/${absent}`),
  member.put(implied),
  put(implied),
  put(implied),
  get(implied),
  head(implied),
  get("/v3/roles/{prior}/implies"),
  member.get("/v3/role_inferences"),
  put("/v3/projects/{member.project}/users/{member.user}/roles/{prior}"),
  get("/v3/role_assignments?user.id={member.user}&scope.project.id={member.project}&role.id={other}&effective"),
  del("/v3/projects/{member.project}/users/{member.user}/roles/{prior}"),
  del(implied),
  get(implied),
  patch("/v3/roles/{prior}", { role: {} }),
  del("/v3/roles/{prior}"),
  del("/v3/roles/{other}"),
];

const odd: readonly Step[] = [
  post("/v3/regions", { region: { id: "parity-region" } }),
  patch("/v3/regions/parity-region", { region: { description: null } }),
  patch("/v3/regions/parity-region", { region: {} }),
  del("/v3/regions/parity-region"),
  post("/v3/projects", { project: { name: "parity-tags" } }, saving("made", "project")),
  ...[["a,b"], ["a/b"], [""], [1], ["a", "a"], "a", ["x".repeat(256)]].map((tags) =>
    patch("/v3/projects/{made}", { project: { tags } }),
  ),
  post("/v3/projects", { project: { name: "parity-tags-two", tags: ["a,b"] } }),
  put("/v3/projects/{made}/tags", { tags: ["a,b"] }),
  put("/v3/projects/{made}/tags/a%2Cb"),
  put("/v3/projects/{made}/tags/ok"),
  patch("/v3/projects/{made}", { project: { tags: ["b", "a"] } }),
  patch("/v3/projects/{made}", { project: {} }),
  del("/v3/projects/{made}"),
];

export const inference: readonly Step[] = [...roles, ...odd];
