/** Tags of projects, and the lists of what the simulator's cloud has none of. */
import { isList, isObject, type Json } from "../core/json.ts";
import { Refusal } from "../core/refusal.ts";
import type { Answer, Call, Method, Rule, Route } from "../core/types.ts";
import { collectionLinks, need, notFound } from "./form.ts";
import { tag } from "./parts.ts";
import { type Project, projects } from "./tables.ts";

const path = "/v3/projects/{project}/tags";

const project = (call: Call): Project => need(call, projects, "project", call.params.project ?? "");

function tagsOf(row: Project): readonly Json[] {
  return isList(row.tags) ? row.tags : [];
}

function store(call: Call, row: Project, tags: readonly Json[]): void {
  call.world.of(projects).put({ ...row, tags: [...new Set(tags)] });
}

function all(call: Call, tags: readonly Json[]): Answer {
  return { status: 200, body: { tags, links: { self: `${call.base}/v3` } } };
}

/** The tag, or what is wrong with it, said of a place where there is one. */
function checked(value: Json, place = ""): string {
  const complaint = tag(value);
  if (complaint !== undefined || typeof value !== "string") throw new Refusal(400, place + complaint);
  return value;
}

const inside: Rule = (call) => call.actor.admin || call.params.project === call.actor.projectId;

const route = (method: Method, tail: string, policy: string, rule: Rule, handle: Route["handle"]): Route => ({
  method,
  path: path + tail,
  policy: { name: `identity:${policy}`, rule },
  handle,
});

/** Refuses a tag that the project has not. */
function known(call: Call): readonly [Project, string] {
  const row = project(call);
  const wanted = call.params.tag ?? "";
  if (!tagsOf(row).includes(wanted)) throw notFound("project tag", wanted);
  return [row, wanted];
}

export const projectTagRoutes: readonly Route[] = [
  route("GET", "", "list_project_tags", inside, (call) => all(call, tagsOf(project(call)))),
  route("PUT", "", "update_project_tags", "admin", (call) => {
    const given = isObject(call.body) ? call.body.tags : undefined;
    if (!isList(given)) throw new Refusal(400, "'tags' is a required property");
    const tags = given.map((one, index) => checked(one, `Invalid input for field '${index}': `));
    store(call, project(call), tags);
    return all(call, tags);
  }),
  route("DELETE", "", "delete_project_tags", "admin", (call) => {
    store(call, project(call), []);
    return { status: 204 };
  }),
  route("GET", "/{tag}", "get_project_tag", inside, (call) => {
    known(call);
    return { status: 204 };
  }),
  route("PUT", "/{tag}", "create_project_tag", "admin", (call) => {
    const row = project(call);
    const added = checked(call.params.tag ?? "");
    store(call, row, [...tagsOf(row), added]);
    // Without `projects`, as Keystone has it.
    return { status: 201, headers: { Location: `${call.base}/v3/${row.id}/tags/${added}` } };
  }),
  route("DELETE", "/{tag}", "delete_project_tag", "admin", (call) => {
    const [row, wanted] = known(call);
    store(
      call,
      row,
      tagsOf(row).filter((one) => one !== wanted),
    );
    return { status: 204 };
  }),
];

/** Collections that nobody can add to here, and so are empty, as on a cloud that does not use them. */
const absent: readonly (readonly [path: string, plural: string, policy: string, rule: Rule])[] = [
  ["/v3/limits", "limits", "list_limits", "token"],
  ["/v3/registered_limits", "registered_limits", "list_registered_limits", "token"],
  ["/v3/OS-TRUST/trusts", "trusts", "list_trusts", "admin"],
  ["/v3/policies", "policies", "list_policies", "admin"],
  ["/v3/OS-EP-FILTER/endpoint_groups", "endpoint_groups", "list_endpoint_groups", "admin"],
  ["/v3/OS-FEDERATION/identity_providers", "identity_providers", "list_identity_providers", "admin"],
  ["/v3/OS-FEDERATION/mappings", "mappings", "list_mappings", "admin"],
  ["/v3/OS-FEDERATION/service_providers", "service_providers", "list_service_providers", "admin"],
  ["/v3/OS-OAUTH1/consumers", "consumers", "list_consumers", "admin"],
];

const model = {
  name: "flat",
  description: "Limit enforcement and validation does not take project hierarchy into consideration.",
};

export const absentRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v3/limits/model",
    policy: { name: "identity:get_limit_model", rule: "token" },
    handle: () => ({ status: 200, body: { model } }),
  },
  ...absent.map(
    ([where, plural, policy, rule]): Route => ({
      method: "GET",
      path: where,
      policy: { name: `identity:${policy}`, rule },
      handle: (call) => ({ status: 200, body: { [plural]: [], links: collectionLinks(call) } }),
    }),
  ),
];
