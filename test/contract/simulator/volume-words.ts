/** Words of the conversation with Cinder, and what every resource with metadata is asked. */
import type { Step } from "./step.ts";

export const newest = "3.70";
export const nobody = "00000000-0000-0000-0000-000000000000";
export const server = "11111111-1111-4111-8111-111111111111";

export function step(
  as: Step["as"],
  method: string,
  path: string,
  body?: unknown,
  version = newest,
  more?: Partial<Step>,
): Step {
  const headers = version === "" ? {} : { headers: { "openstack-api-version": `volume ${version}` } };
  return { as, on: "block-storage", method, path, ...headers, ...(body === undefined ? {} : { body }), ...more };
}

export const get = (path: string, version?: string, as: Step["as"] = "member") =>
  step(as, "GET", path, undefined, version);
export const post = (path: string, body: unknown, version?: string) => step("member", "POST", path, body, version);
export const act = (action: unknown, version?: string, as: Step["as"] = "member") =>
  step(as, "POST", "/v3/volumes/{volume}/action", action, version);
export const until = (path: string, kind: string, is: string): Step =>
  step("member", "GET", path, undefined, newest, { until: { path: [kind, "status"], is } });
export const gone = (path: string): Step => step("member", "GET", path, undefined, newest, { until: { status: 404 } });

export function metadata(base: string): readonly Step[] {
  const path = `${base}/metadata`;
  const put = (end: string, body: unknown) => step("member", "PUT", path + end, body);
  return [
    get(path, "3.0"),
    get(path),
    post(path, { metadata: { k: "v" } }),
    post(path, {}),
    post(path, { metadata: { k: 1 } }),
    post(path, { metadata: { k: "v" }, x: 1 }),
    put("", { metadata: { k2: "v" } }),
    get(`${path}/k2`),
    get(`${path}/nope`),
    put("/k3", { meta: { k3: "v3" } }),
    put("/k3", { meta: { k4: "v3" } }),
    put("/k3", { meta: {} }),
    put("/k3", {}),
    step("member", "DELETE", `${path}/k3`),
    step("member", "DELETE", `${path}/k3`),
  ];
}
