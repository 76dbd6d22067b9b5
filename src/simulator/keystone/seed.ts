/** The identities of the default world. Fixed passwords are public knowledge: the simulator is for loopback only. */
import { isoMicros } from "../core/times.ts";
import type { Seed } from "../core/types.ts";
import { grant } from "./assignments.ts";
import { imply } from "./inferences.ts";
import { hashSecret, newId } from "./secrets.ts";
import { catalogServices, domains, endpoints, projects, regions, roles, users } from "./tables.ts";

export const region = "RegionOne";

/** Password of every default user. */
export const defaultPassword = "vimana";

/** The default users: each is a named cloud of `Simulator.clouds()`. */
export const defaultUsers = [
  { cloud: "admin", user: "admin", project: "admin", role: "admin" },
  { cloud: "demo", user: "demo", project: "demo", role: "member" },
  { cloud: "other", user: "other", project: "other", role: "member" },
  { cloud: "demo-reader", user: "demo-reader", project: "demo", role: "reader" },
] as const;

/** Id of a default project, for the seeds of other services. */
export function projectNamed(seed: Seed, name: string): string {
  return seed.world.of(projects).find((project) => project.name === name)?.id ?? "";
}

export function seedKeystone(seed: Seed): void {
  const { world, ids } = seed;
  const options = {};
  world
    .of(domains)
    .put({ id: "default", name: "Default", description: "The default domain", enabled: true, tags: [], options });
  world.of(regions).put({ id: region, description: "", parent_region_id: null });
  const roleIds = new Map<string, string>();
  for (const name of ["admin", "manager", "member", "reader", "service"]) {
    const id = newId(ids);
    roleIds.set(name, id);
    world.of(roles).put({ id, name, domain_id: null, description: null, options: { immutable: true } });
  }
  // Admin has what manager has, and so on down (keystone: bootstrap's implied roles).
  const line = ["admin", "manager", "member", "reader"].map((name) => roleIds.get(name) ?? "");
  for (const [index, prior] of line.slice(0, -1).entries()) imply(world, prior, line[index + 1] ?? "");
  const projectIds = new Map<string, string>();
  for (const { user, project, role } of defaultUsers) {
    let home = projectIds.get(project);
    if (home === undefined) {
      home = newId(ids);
      projectIds.set(project, home);
      const shape = { description: "", parent_id: "default", is_domain: false, tags: [], options };
      world.of(projects).put({ id: home, name: project, domain_id: "default", enabled: true, ...shape });
    }
    const id = newId(ids);
    world.of(users).put({
      id,
      name: user,
      domain_id: "default",
      enabled: true,
      default_project_id: home,
      description: null,
      email: null,
      password: hashSecret(defaultPassword, ids),
      password_expires_at: null,
      options,
      created: isoMicros(seed.clock.now()),
    });
    grant(world, { user: id }, roleIds.get(role) ?? "", "project", home);
    if (role === "admin") grant(world, { user: id }, roleIds.get("admin") ?? "", "system", "all");
  }
  for (const { older, ...newer } of seed.services) {
    if (older === undefined || seed.catalogue !== "old") list(seed, newer, newer.prefix);
    if (older !== undefined && seed.catalogue !== "new") list(seed, older, newer.prefix);
  }
}

/** Puts a service into the catalogue. */
function list(
  { world, ids }: Seed,
  { name, type, endpoint }: { readonly name: string; readonly type: string; readonly endpoint: string },
  prefix: string,
): void {
  const id = newId(ids);
  world.of(catalogServices).put({ id, name, type, enabled: true, description: null });
  for (const kind of ["public", "internal", "admin"]) {
    const url = prefix + endpoint;
    world.of(endpoints).put({ id: newId(ids), interface: kind, region_id: region, service_id: id, url, enabled: true });
  }
}
