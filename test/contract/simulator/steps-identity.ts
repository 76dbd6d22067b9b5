/** The part of the conversation that is about who is who: what is refused, and to whom. */
import type { Step } from "./step.ts";

const asked: readonly Step[] = (
  [
    ["nobody", "/"],
    ["nobody", "/v3"],
    ["nobody", "/v3/projects"],
    ["nobody", "/v3/nope"],
    ["nonsense", "/v3/projects"],
    ["nonsense", "/v3/auth/tokens"],
    ["member", "/v3/auth/tokens"],
    ["member", "/v3/users"],
    ["member", "/v3/projects"],
    ["member", "/v3/roles"],
    ["member", "/v3/services"],
    ["member", "/v3/endpoints"],
    ["member", "/v3/domains"],
    ["member", "/v3/domains/default"],
    ["member", "/v3/role_assignments"],
    ["member", "/v3/projects/{stranger.project}"],
    ["member", "/v3/users/nobody"],
    ["member", "/v3/auth/domains"],
    ["member", "/v3/users/{stranger.user}/projects"],
    ["admin", "/v3/domains"],
    ["admin", "/v3/users?name=nope"],
    ["admin", "/v3/users/nobody"],
    ["admin", "/v3/projects/nothing"],
    ["admin", "/v3/regions/nope"],
    ["admin", "/v3/roles/nope"],
    ["admin", "/v3/roles?name=member"],
    ["admin", "/v3/services/nope"],
    ["admin", "/v3/endpoints/nope"],
    ["member", "/v3/users/{member.user}/application_credentials/nope"],
    ["stranger", "/v3/users/{member.user}/application_credentials"],
  ] as const
).map(([as, path]) => ({ as, on: "identity", path }));

function signIn(auth: unknown): Step {
  return { as: "nobody", on: "identity", method: "POST", path: "/v3/auth/tokens?nocatalog", body: { auth } };
}

const user = (given: unknown) => ({ methods: ["password"], password: { user: given } });

const logins: readonly Step[] = [
  { as: "nobody", on: "identity", method: "POST", path: "/v3/auth/tokens", body: {} },
  { as: "nobody", on: "identity", method: "POST", path: "/v3/auth/tokens", body: "zz" },
  signIn({ identity: { methods: ["foo"] } }),
  signIn({ identity: { methods: [] } }),
  signIn({ identity: { methods: ["password"] } }),
  signIn({ identity: user({ name: "admin", domain: { id: "default" }, password: "wrong" }) }),
  signIn({ identity: user({ name: "admin", password: "wrong" }) }),
  signIn({ identity: user({ id: "x" }) }),
  signIn({ identity: { methods: ["token"], token: { id: "zz" } } }),
  signIn({ identity: { methods: ["application_credential"], application_credential: { name: "x", secret: "x" } } }),
];

const projects: readonly Step[] = [
  { as: "member", on: "identity", method: "POST", path: "/v3/projects", body: { project: { name: "x" } } },
  { as: "admin", on: "identity", method: "POST", path: "/v3/projects", body: "{bad" },
  { as: "admin", on: "identity", method: "POST", path: "/v3/projects", body: { project: { name: 1 } } },
  { as: "admin", on: "identity", method: "POST", path: "/v3/projects", body: { project: { name: "" } } },
  { as: "admin", on: "identity", method: "POST", path: "/v3/projects", body: { project: { name: "x", enabled: "x" } } },
  {
    as: "admin",
    on: "identity",
    method: "POST",
    path: "/v3/projects",
    body: { project: { name: "x", domain_id: "nope" } },
  },
  {
    as: "admin",
    on: "identity",
    method: "POST",
    path: "/v3/projects",
    body: { project: { name: "parity" } },
    save: { project: ["project", "id"] },
  },
  { as: "admin", on: "identity", method: "POST", path: "/v3/projects", body: { project: { name: "parity" } } },
  {
    as: "admin",
    on: "identity",
    method: "POST",
    path: "/v3/users",
    body: { user: { name: "parity", password: "p" } },
    save: { user: ["user", "id"] },
  },
  { as: "admin", on: "identity", method: "POST", path: "/v3/users", body: { user: { name: "parity", password: "p" } } },
  { as: "admin", on: "identity", path: "/v3/roles?name=member", save: { role: ["roles", "0", "id"] } },
  { as: "admin", on: "identity", method: "PUT", path: "/v3/projects/{project}/users/{user}/roles/{role}" },
  { as: "admin", on: "identity", path: "/v3/projects/{project}/users/{user}/roles" },
  { as: "admin", on: "identity", method: "HEAD", path: "/v3/projects/{project}/users/{user}/roles/{role}" },
  { as: "admin", on: "identity", method: "DELETE", path: "/v3/projects/{project}/users/{user}/roles/{role}" },
  { as: "admin", on: "identity", method: "DELETE", path: "/v3/projects/{project}/users/{user}/roles/{role}" },
  { as: "admin", on: "identity", method: "PUT", path: "/v3/projects/{project}/users/{user}/roles/nope" },
  { as: "admin", on: "identity", path: "/v3/projects/{project}/users/nope/roles" },
  {
    as: "nobody",
    on: "identity",
    method: "POST",
    path: "/v3/users/{user}/password",
    body: { user: { original_password: "x", password: "q" } },
  },
  { as: "admin", on: "identity", method: "DELETE", path: "/v3/users/{user}" },
  { as: "admin", on: "identity", path: "/v3/users/{user}" },
  { as: "admin", on: "identity", method: "DELETE", path: "/v3/projects/{project}" },
  { as: "admin", on: "identity", method: "POST", path: "/v3/roles", body: { role: { name: "admin" } } },
  { as: "admin", on: "identity", method: "POST", path: "/v3/domains", body: { domain: { name: "Default" } } },
  { as: "admin", on: "identity", method: "DELETE", path: "/v3/domains/default" },
];

export const identity: readonly Step[] = [...asked, ...logins, ...projects];
