/**
 * The sections of a preset, in the order in which they are made. Members with a meaning here are named; all others go to the
 * API as they are, which refuses what it does not know.
 */
import { Field } from "../fields.ts";
import type { Builder } from "./builder.ts";

export type Section = readonly [name: string, make: (entry: Field, to: Builder) => Promise<unknown>];

/** Elements of a list, and how often `count` may repeat one. */
export const most = 10_000;
/** Bytes of an image's data. */
const mostData = 64 * 1024 * 1024;

const name = (field: Field): string => field.text(255);

/** Where a project's limits are set. */
const quotas = [
  ["compute", (id: string) => `/compute/v2.1/os-quota-sets/${id}`, "quota_set"],
  ["network", (id: string) => `/network/v2.0/quotas/${id}`, "quota"],
  ["volume", (id: string) => `/volume/v3/os-quota-sets/${id}`, "quota_set"],
] as const;

/** A project, or more limits for one that is there. */
async function project(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("name", "quotas");
  const admin = await to.admin(entry);
  const known = to.accounts.some(({ projects }) => projects.includes(name(own.name)));
  const id = known
    ? await to.idNamed("project", admin, own.name)
    : await to.make(admin, "/identity/v3/projects", "project", { ...rest, name: name(own.name) }, entry);
  if (own.quotas.isAbsent) return;
  const limits = own.quotas.members("compute", "network", "volume");
  for (const [service, path, wrapper] of quotas)
    if (!limits[service].isAbsent)
      await to.ask(admin, "PUT", path(id), { [wrapper]: limits[service].entries() }, limits[service]);
}

/** `roles`: project → names of roles. The first project is where the user lands without saying. */
async function user(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("name", "password", "roles");
  const admin = await to.admin(entry);
  const password = own.password.optional(name) ?? "vimana";
  const roles = own.roles.isAbsent ? {} : own.roles.entries();
  const homes: { readonly id: string; readonly roles: Field }[] = [];
  for (const [key, value] of Object.entries(roles)) {
    const at = `${own.roles.path}.${key}`;
    homes.push({ id: await to.idNamed("project", admin, new Field(key, at)), roles: new Field(value, at) });
  }
  const home = homes[0] === undefined ? {} : { default_project_id: homes[0].id };
  const draft = { ...rest, ...home, name: name(own.name), password };
  const id = await to.make(admin, "/identity/v3/users", "user", draft, entry);
  for (const one of homes)
    for (const role of one.roles.items(100)) {
      const roleId = await to.idNamed("role", admin, role);
      await to.ask(admin, "PUT", `/identity/v3/projects/${one.id}/users/${id}/roles/${roleId}`, undefined, role);
    }
  to.addAccount({ user: name(own.name), password, projects: Object.keys(roles) });
}

async function flavor(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("extra_specs");
  const admin = await to.admin(entry);
  const id = await to.make(admin, "/compute/v2.1/flavors", "flavor", rest, entry);
  if (own.extra_specs.isAbsent) return;
  const body = { extra_specs: own.extra_specs.entries() };
  await to.ask(admin, "POST", `/compute/v2.1/flavors/${encodeURIComponent(id)}/os-extra_specs`, body, own.extra_specs);
}

/** With `size` bytes of nothing, 1 KiB if not told. */
async function image(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("project", "user", "size");
  const token = await to.tokenFor(own.project, own.user);
  const size = own.size.optional((field) => field.integer(0, mostData)) ?? 1024;
  const usual = { disk_format: "raw", container_format: "bare" };
  const { id } = await to.ask(token, "POST", "/image/v2/images", { ...usual, ...rest }, entry);
  await to.upload(token, `/image/v2/images/${String(id)}/file`, new Uint8Array(size), entry);
}

/** Made by an administrator for the project, so that he may say what only he may. */
async function network(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("project", "subnets");
  const admin = await to.admin(entry);
  const owner = own.project.isAbsent ? {} : { project_id: await to.idNamed("project", admin, own.project) };
  const id = await to.make(admin, "/network/v2.0/networks", "network", { ...rest, ...owner }, entry);
  for (const subnet of own.subnets.items(most)) {
    const draft = { ip_version: 4, ...subnet.entries(), ...owner, network_id: id };
    await to.make(admin, "/network/v2.0/subnets", "subnet", draft, subnet);
  }
}

/** `gateway`: name of an external network; `interfaces`: names of subnets. */
async function router(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("project", "user", "gateway", "interfaces");
  const token = await to.tokenFor(own.project, own.user);
  const outside = own.gateway.isAbsent ? undefined : await to.idNamed("network", token, own.gateway);
  const gateway = outside === undefined ? {} : { external_gateway_info: { network_id: outside } };
  const id = await to.make(token, "/network/v2.0/routers", "router", { ...rest, ...gateway }, entry);
  for (const one of own.interfaces.items(most)) {
    const subnet_id = await to.idNamed("subnet", token, one);
    await to.ask(token, "PUT", `/network/v2.0/routers/${id}/add_router_interface`, { subnet_id }, one);
  }
}

/** `rules`; `remote_group` of a rule is the group itself (`self`) or another's name. */
async function securityGroup(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("project", "user", "rules");
  const token = await to.tokenFor(own.project, own.user);
  const id = await to.make(token, "/network/v2.0/security-groups", "security_group", rest, entry);
  for (const rule of own.rules.items(most)) {
    const [{ remote_group: remote }, content] = rule.split("remote_group");
    const group =
      remote.value === "self" ? id : await remote.optional((field) => to.idNamed("security_group", token, field));
    const draft = { ...content, security_group_id: id, ...(group === undefined ? {} : { remote_group_id: group }) };
    await to.make(token, "/network/v2.0/security-group-rules", "security_group_rule", draft, rule);
  }
}

async function keypair(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("project", "user");
  const token = await to.tokenFor(own.project, own.user);
  await to.make(token, "/compute/v2.1/os-keypairs", "keypair", rest, entry);
}

/** The entry's names: its own, or with `count` as many, numbered from 1. */
function names(own: { readonly name: Field; readonly count: Field }): readonly string[] {
  const base = name(own.name);
  if (own.count.isAbsent) return [base];
  return Array.from({ length: own.count.integer(1, most) }, (_, index) => `${base}-${index + 1}`);
}

/** `image`: the name of one to fill it from. */
async function volume(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split("project", "user", "name", "count", "image");
  const token = await to.tokenFor(own.project, own.user);
  const from = own.image.isAbsent ? {} : { imageRef: await to.idNamed("image", token, own.image) };
  for (const one of names(own))
    await to.make(token, "/volume/v3/volumes", "volume", { ...rest, ...from, name: one }, entry);
}

/** Everything by name; `volumes` are attached, `floating_ip` names the network that an address is taken from. */
async function server(entry: Field, to: Builder): Promise<void> {
  const [own, rest] = entry.split(
    ...(["project", "user", "name", "count", "flavor", "image", "networks"] as const),
    ...(["security_groups", "volumes", "floating_ip"] as const),
  );
  const token = await to.tokenFor(own.project, own.user);
  const nets: unknown[] = [];
  for (const one of own.networks.items(100)) nets.push({ uuid: await to.idNamed("network", token, one) });
  const groups = own.security_groups.items(100).map((one) => ({ name: name(one) }));
  const draft = {
    ...rest,
    flavorRef: await to.idNamed("flavor", await to.admin(entry), own.flavor),
    ...(own.image.isAbsent ? {} : { imageRef: await to.idNamed("image", token, own.image) }),
    networks: nets.length === 0 ? "none" : nets,
    ...(groups.length === 0 ? {} : { security_groups: groups }),
  };
  for (const one of names(own)) {
    const id = await to.make(token, "/compute/v2.1/servers", "server", { ...draft, name: one }, entry);
    for (const disk of own.volumes.items(100)) {
      const volumeId = await to.idNamed("volume", token, disk);
      const path = `/compute/v2.1/servers/${id}/os-volume_attachments`;
      await to.make(token, path, "volumeAttachment", { volumeId }, disk);
    }
    if (!own.floating_ip.isAbsent) await address(id, token, own.floating_ip, to);
  }
}

async function address(server: string, token: string, field: Field, to: Builder): Promise<void> {
  const floating_network_id = await to.idNamed("network", token, field);
  const { ports } = await to.ask(token, "GET", `/network/v2.0/ports?device_id=${server}`, undefined, field);
  const [port] = Array.isArray(ports) ? ports : [];
  const draft = { floating_network_id, ...(port === undefined ? {} : { port_id: String(Object(port).id) }) };
  await to.make(token, "/network/v2.0/floatingips", "floatingip", draft, field);
}

export const sections: readonly Section[] = [
  ["projects", project],
  ["users", user],
  ["flavors", flavor],
  ["images", image],
  ["networks", network],
  ["routers", router],
  ["security_groups", securityGroup],
  ["keypairs", keypair],
  ["volumes", volume],
  ["servers", server],
];
