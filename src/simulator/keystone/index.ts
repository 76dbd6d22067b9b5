/**
 * Keystone: who is who, and what there is. As of Zed (v3.14).
 *
 * tables · secrets · form (errors, lists, words) · parts · resources, catalogue (plain collections) · tokens · login · auth ·
 * assignments · inferences (of roles) · groups · credentials, access-rules (of applications) · stored-credentials (EC2 and others) · side-routes
 * (tags) · catalog (as tokens show it) · v2 (for old clients, on demand) · seed
 */
import type { Service } from "../core/types.ts";
import { accessRuleRoutes } from "./access-rules.ts";
import { assignmentRoutes } from "./assignments.ts";
import { authRoutes } from "./auth.ts";
import { credentialRoutes } from "./credentials.ts";
import { list, refuse, words } from "./form.ts";
import { inferenceRoutes } from "./inferences.ts";
import { membershipRoutes } from "./groups.ts";
import { resources, userResource } from "./resources.ts";
import { seedKeystone } from "./seed.ts";
import { absentRoutes, projectTagRoutes } from "./side-routes.ts";
import { ec2Routes } from "./stored-credentials.ts";
import { projects } from "./tables.ts";

const flask404 = `<!doctype html>
<html lang=en>
<title>404 Not Found</title>
<h1>Not Found</h1>
<p>The requested URL was not found on the server. If you entered the URL manually please check your spelling and try again.</p>
`;

export const keystone: Service = {
  name: "keystone",
  type: "identity",
  prefix: "/identity",
  endpoint: "",
  roots: ["/v3"],
  bodyFirst: false,
  openPaths: true,
  headAsGet: true,
  updateMethod: "PATCH",
  statuses: { list: 200, detail: 200, show: 200, create: 201, update: 200, delete: 204 },
  list,
  words,
  resources,
  routes: [
    ...authRoutes,
    ...assignmentRoutes,
    ...inferenceRoutes,
    ...membershipRoutes(userResource),
    ...projectTagRoutes,
    ...credentialRoutes,
    ...accessRuleRoutes,
    ...ec2Routes,
    ...absentRoutes,
  ],
  seed: seedKeystone,
  knowsProject: (world, id) => world.of(projects).get(id) !== undefined,
  headers: (call) => ({ Vary: "X-Auth-Token", "x-openstack-request-id": call.requestId }),
  refuse,
  unknownPath: () => ({
    status: 404,
    body: Buffer.from(flask404),
    headers: { "content-type": "text/html; charset=utf-8" },
  }),
  wrongMethod: (_call, allowed) => ({
    status: 405,
    body: { message: "The method is not allowed for the requested URL." },
    headers: { Allow: [...new Set([...allowed, "OPTIONS"])].join(", ") },
  }),
};
