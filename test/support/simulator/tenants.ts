import { at, type Reply, type Rig } from "../../unit/simulator/rig.ts";
import type { Random } from "../random.ts";

/** A request that was answered with success. */
export interface Write {
  readonly method: string;
  readonly path: string;
  readonly body: unknown;
}

/** What a tenant made: the requests that made it, and the name that all of it bears. */
export interface Made {
  readonly name: string;
  readonly ids: readonly string[];
  readonly writes: readonly Write[];
}

/** Random things of every kind, made by one tenant through the API; all bear `name`. */
export async function populate(rig: Rig, random: Random, token: string, name: string): Promise<Made> {
  const ids: string[] = [];
  const writes: Write[] = [];
  const write = async (method: string, path: string, body: unknown): Promise<Reply> => {
    const said = await rig.ask(token, path, { method, body, headers: versions(path) });
    if (said.status < 300) writes.push({ method, path, body });
    return said;
  };
  const make = async (path: string, kind: string, fields: object): Promise<string> => {
    const said = await write("POST", path, { [kind]: { ...fields } });
    const id = String(at(said.json, kind, "id") ?? at(said.json, kind, "name") ?? "");
    if (said.status >= 300 || id === "") throw new Error(`POST ${path}: ${said.status} ${said.text}`);
    ids.push(id);
    return id;
  };
  const some = () => 1 + random.below(2);
  const neutron = "/network/v2.0";
  const octet = 1 + random.below(250);
  const network = await make(`${neutron}/networks`, "network", { name });
  const cidr = `10.${octet}.${random.below(250)}.0/24`;
  const subnet = await make(`${neutron}/subnets`, "subnet", { name, network_id: network, ip_version: 4, cidr });
  const group = await make(`${neutron}/security-groups`, "security_group", { name, description: name });
  for (let count = some(); count > 0; count--)
    await make(`${neutron}/security-group-rules`, "security_group_rule", {
      security_group_id: group,
      direction: "ingress",
      protocol: "tcp",
      port_range_min: count + random.below(1000) * 10,
      port_range_max: 60_000,
      description: name,
    });
  const port = await make(`${neutron}/ports`, "port", { name, network_id: network, security_groups: [group] });
  const outside = at((await rig.ask(token, `${neutron}/networks?router:external=true`)).json, "networks", 0, "id");
  const router = await make(`${neutron}/routers`, "router", {
    name,
    external_gateway_info: { network_id: outside },
  });
  await write("PUT", `${neutron}/routers/${router}/add_router_interface`, { subnet_id: subnet });
  await make(`${neutron}/floatingips`, "floatingip", {
    floating_network_id: outside,
    description: name,
    ...(random.chance(0.5) ? { port_id: port } : {}),
  });
  await write("PUT", `${neutron}/networks/${network}/tags`, { tags: [name] });

  const image = at((await rig.ask(token, "/image/v2/images?name=cirros")).json, "images", 0, "id");
  const own = await write("POST", "/image/v2/images", {
    name,
    disk_format: "raw",
    container_format: "bare",
    tags: [name],
  });
  ids.push(String(at(own.json, "id")));

  await make("/compute/v2.1/os-keypairs", "keypair", { name, public_key: `ssh-ed25519 ${KEY} ${name}` });
  const affinity = random.chance(0.5) ? "affinity" : "anti-affinity";
  await make("/compute/v2.1/os-server-groups", "server_group", { name, policy: affinity });
  for (let count = some(); count > 0; count--) {
    const server = await make("/compute/v2.1/servers", "server", {
      name,
      imageRef: image,
      flavorRef: "1",
      networks: [{ uuid: network }],
      metadata: { of: name },
      tags: [name],
      ...(random.chance(0.5) ? { key_name: name } : {}),
    });
    await rig.ask(token, `/compute/v2.1/servers/${server}`);
    const volume = await make("/volume/v3/volumes", "volume", { name, size: 1, metadata: { of: name } });
    await rig.ask(token, `/volume/v3/volumes/${volume}`);
    const snapshot = await make("/volume/v3/snapshots", "snapshot", { name, volume_id: volume });
    await rig.ask(token, `/volume/v3/snapshots/${snapshot}`);
    const attach = `/compute/v2.1/servers/${server}/os-volume_attachments`;
    if (random.chance(0.7)) await write("POST", attach, { volumeAttachment: { volumeId: volume } });
    else await make("/volume/v3/backups", "backup", { name, volume_id: volume });
    if (random.chance(0.5)) await write("POST", `/compute/v2.1/servers/${server}/action`, { "os-stop": null });
  }
  return { name, ids, writes };
}

const KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJlHvtoua8xhWXOCv2j8btvgXIQk69LtV+Yc2Sw9Bs/o";

/** The newest microversion of the service behind a path. */
export function versions(path: string): Readonly<Record<string, string>> {
  if (path.startsWith("/compute")) return { "openstack-api-version": "compute 2.93" };
  return path.startsWith("/volume") ? { "openstack-api-version": "volume 3.70" } : {};
}
