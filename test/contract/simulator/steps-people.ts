/** Tokens and their ends, application credentials, users and projects in the conversation. */
import { type Step, saving, verbs } from "./step.ts";

const { get, post, put, patch, del, head } = verbs("identity");
const admin = verbs("identity", undefined, "admin");
const nobody = verbs("identity", undefined, "nobody");
const stranger = verbs("identity", undefined, "stranger");
const domain = { id: "default" };

const password = (user: unknown) => ({ methods: ["password"], password: { user } });
const me = password({ name: "{member.username}", domain, password: "{member.password}" });
const signIn = (auth: unknown, token?: string): Step =>
  nobody.post("/v3/auth/tokens?nocatalog", { auth }, token === undefined ? {} : { token });
const by = (token: string) => ({ headers: { "x-auth-token": `{${token}}` } });
const about = (token: string) => ({ headers: { "x-subject-token": `{${token}}` } });
const home = { project: { name: "{member.home}", domain } };

const tokens: readonly Step[] = [
  signIn({ identity: me, scope: home }, "first"),
  signIn({ identity: me, scope: { project: { id: "{member.project}" } } }, "second"),
  signIn({ identity: me }, "unscoped"),
  signIn({ identity: me, scope: "unscoped" }),
  signIn({ identity: me, scope: { project: { name: "{member.home}" } } }),
  signIn({ identity: me, scope: { project: { id: "nope" } } }),
  signIn({ identity: me, scope: { project: { id: "{stranger.project}" } } }),
  signIn({ identity: me, scope: { domain } }),
  signIn({ identity: me, scope: { system: { all: true } } }),
  signIn({ identity: me, scope: {} }),
  signIn({ identity: me, scope: { project: { id: "{member.project}" }, domain } }),
  signIn({ identity: password({ id: "{member.user}", password: "{member.password}" }), scope: home }),
  signIn({ identity: password({ id: "{member.user}", password: 5 }) }),
  signIn({ identity: password({ name: "{member.username}", password: "x" }) }),
  signIn({ identity: { methods: ["token"], token: { id: "{first}" } }, scope: home }, "third"),
  signIn({ identity: { methods: ["token"], token: { id: "{unscoped}" } } }),
  signIn({
    identity: { methods: ["token"], token: { id: "{first}" } },
    scope: { project: { id: "{stranger.project}" } },
  }),
  signIn({ identity: { ...me, methods: ["password", "nope"] } }),
  get("/v3/auth/tokens?nocatalog", about("first")),
  head("/v3/auth/tokens", about("first")),
  get("/v3/auth/tokens?nocatalog", about("unscoped")),
  stranger.get("/v3/auth/tokens?nocatalog", about("first")),
  admin.get("/v3/auth/tokens?nocatalog", about("first")),
  get("/v3/auth/tokens", { headers: { "x-subject-token": "nope" } }),
  del("/v3/auth/tokens", { headers: { "x-subject-token": "nope" } }),
  nobody.get("/v3/auth/projects", by("unscoped")),
  nobody.del("/v3/auth/tokens", { headers: { "x-auth-token": "{third}", "x-subject-token": "{third}" } }),
  nobody.get("/v3/auth/projects", by("third")),
  verbs("compute", undefined, "nobody").get("/v2.1/flavors", by("third")),
  verbs("network", undefined, "nobody").get("/v2.0/networks", by("third")),
  verbs("image", undefined, "nobody").get("/v2/images", by("third")),
  verbs("block-storage", undefined, "nobody").get("/v3/volumes", by("third")),
  admin.get("/v3/auth/tokens", about("third")),
  admin.head("/v3/auth/tokens", about("third")),
  admin.del("/v3/auth/tokens", about("second")),
  nobody.get("/v3/auth/projects", by("second")),
];

const base = "/v3/users/{member.user}/application_credentials";
const credential = (more: unknown) => ({ application_credential: Object(more) });
const application = (secret: string) => ({
  methods: ["application_credential"],
  application_credential: { id: "{credential}", secret },
});

const credentials: readonly Step[] = [
  ...[
    {},
    {},
    { name: 5 },
    { name: "parity", roles: [{ name: "nope" }] },
    { name: "parity", expires_at: "x" },
    { name: "parity", roles: [{ name: "admin" }] },
  ].map((body) => post(base, credential(body))),
  post(base, credential({ name: "parity", secret: "s3cret", roles: [{ name: "reader" }], description: "d" }), {
    ...saving("credential", "application_credential"),
  }),
  post(base, credential({ name: "parity", secret: "s3cret" })),
  get(`${base}/{credential}`),
  get(`${base}?name=parity`),
  stranger.get(`${base}/{credential}`),
  stranger.del(`${base}/{credential}`),
  signIn({ identity: application("wrong") }),
  signIn({ identity: application("s3cret") }, "application"),
  signIn({ identity: application("s3cret"), scope: home }),
  signIn({
    identity: {
      methods: ["application_credential"],
      application_credential: { name: "parity", secret: "s3cret", user: { id: "{member.user}" } },
    },
  }),
  nobody.post(base, credential({ name: "parity-two" }), by("application")),
  nobody.get(`${base}?name=parity`, by("application")),
  verbs("compute", undefined, "nobody").get("/v2.1/flavors?limit=1&sort_key=flavorid", by("application")),
  del(`${base}/{credential}`),
  del(`${base}/{credential}`),
  signIn({ identity: application("s3cret") }),
];

const user = "/v3/users/{user}";
const project = "/v3/projects/{project}";
const his = (secret: string) => password({ name: "parity-user", domain, password: secret });
const persons: readonly Step[] = [
  admin.post(
    "/v3/projects",
    { project: { name: "parity-home", description: "d", tags: ["a"] } },
    saving("project", "project"),
  ),
  ...[
    {},
    { user: {} },
    { user: { name: 5 } },
    { user: { name: "x", enabled: "x" } },
    { user: { name: "x", default_project_id: 5 } },
    { user: { name: "x", domain_id: "nope" } },
  ].map((body) => admin.post("/v3/users", body)),
  post("/v3/users", { user: { name: "x", password: "p" } }),
  admin.post(
    "/v3/users",
    {
      user: {
        name: "parity-user",
        password: "p1",
        email: "u@example.org",
        description: "d",
        default_project_id: "{project}",
      },
    },
    saving("user", "user"),
  ),
  admin.get(user),
  get(user),
  admin.get("/v3/users?name=parity-user&enabled=true"),
  admin.get("/v3/users?name=parity-user&enabled=false"),
  admin.get("/v3/users?domain_id=default&name=parity-user"),
  admin.get("/v3/users?name__contains=rity-us"),
  ...["", "?enabled=true", "?enabled=false", "?name__contains=home", "?description=d"].map((query) =>
    admin.get(`${user}/projects${query}`),
  ),
  signIn({ identity: his("p1") }, "his"),
  signIn({ identity: his("p1"), scope: { project: { id: "{project}" } } }),
  admin.get("/v3/roles?name=reader", { save: { reader: ["roles", "0", "id"] } }),
  admin.put(`${project}/users/{user}/roles/{reader}`),
  signIn({ identity: his("p1"), scope: { project: { id: "{project}" } } }, "scoped"),
  admin.get("/v3/role_assignments?user.id={user}&include_names=true"),
  admin.get("/v3/role_assignments?user.id={user}&scope.project.id={project}"),
  admin.get("/v3/role_assignments?user.id={user}&effective=true"),
  nobody.post(`${user}/password`, { user: { original_password: "wrong", password: "p2" } }),
  nobody.post(`${user}/password`, { user: { password: "p2" } }),
  nobody.post(`${user}/password`, { user: { original_password: "p1", password: "p2" } }),
  nobody.get("/v3/auth/projects", by("scoped")),
  signIn({ identity: his("p1") }),
  signIn({ identity: his("p2") }),
  ...[
    {},
    { user: { name: "" } },
    { user: { enabled: "x" } },
    { user: { description: "e" } },
    { user: { enabled: false } },
  ].map((body) => admin.patch(user, body)),
  signIn({ identity: his("p2") }),
  admin.patch(user, { user: { enabled: true } }),
  patch(user, { user: { name: "z" } }),
  del(user),
  admin.get(project),
  get(project),
  admin.get("/v3/projects?name=parity-home"),
  admin.get("/v3/projects?domain_id=default&name=parity-home&enabled=true"),
  admin.get("/v3/projects?tags=a&name=parity-home"),
  ...[
    { project: { enabled: "x" } },
    { project: { description: null } },
    { project: { name: "" } },
    { project: { enabled: false } },
  ].map((body) => admin.patch(project, body)),
  admin.get(`${user}/projects`),
  signIn({ identity: his("p2"), scope: { project: { id: "{project}" } } }),
  admin.patch("/v3/projects/nope", { project: {} }),
  admin.del(`${project}/users/{user}/roles/{reader}`),
  admin.del(user),
  admin.del(user),
  admin.del(project),
  admin.del(project),
  put("/v3/users/{member.user}", { user: {} }),
];

const roles: readonly Step[] = [
  admin.post("/v3/roles", { role: {} }),
  admin.post("/v3/roles", { role: { name: "parity-role" } }, saving("role", "role")),
  admin.post("/v3/roles", { role: { name: "parity-role" } }),
  admin.patch("/v3/roles/{role}", { role: { description: "d" } }),
  admin.get("/v3/roles/{role}"),
  del("/v3/roles/{role}"),
  admin.del("/v3/roles/{role}"),
  admin.post("/v3/domains", { domain: { name: "parity-domain", enabled: true } }, saving("domain", "domain")),
  admin.get("/v3/domains/{domain}"),
  admin.get("/v3/domains?name=parity-domain"),
  admin.del("/v3/domains/{domain}"),
  admin.patch("/v3/domains/{domain}", { domain: { enabled: false } }),
  admin.del("/v3/domains/{domain}"),
  admin.post("/v3/regions", { region: { id: "parity-region", description: "d" } }),
  admin.post("/v3/regions", { region: { id: "parity-region" } }),
  get("/v3/regions/parity-region"),
  admin.patch("/v3/regions/parity-region", { region: { description: "e" } }),
  admin.del("/v3/regions/parity-region"),
  admin.post("/v3/services", { service: {} }),
  admin.post(
    "/v3/services",
    { service: { name: "parity", type: "parity", description: "d" } },
    saving("service", "service"),
  ),
  admin.get("/v3/services?type=parity"),
  admin.post("/v3/endpoints", { endpoint: { service_id: "{service}" } }),
  admin.post("/v3/endpoints", { endpoint: { service_id: "{service}", interface: "outer", url: "http://192.0.2.1" } }),
  admin.post("/v3/endpoints", {
    endpoint: { service_id: "{service}", interface: "public", url: "http://192.0.2.1", region_id: "nope" },
  }),
  admin.post(
    "/v3/endpoints",
    { endpoint: { service_id: "{service}", interface: "public", url: "http://192.0.2.1" } },
    saving("endpoint", "endpoint"),
  ),
  admin.get("/v3/endpoints?service_id={service}&interface=public"),
  admin.patch("/v3/endpoints/{endpoint}", { endpoint: { enabled: false } }),
  admin.del("/v3/endpoints/{endpoint}"),
  admin.patch("/v3/services/{service}", { service: { name: "parity-two" } }),
  admin.del("/v3/services/{service}"),
  admin.del("/v3/services/{service}"),
  post("/v3/services", { service: { type: "x" } }),
];

export const people: readonly Step[] = [...tokens, ...credentials, ...persons, ...roles];
