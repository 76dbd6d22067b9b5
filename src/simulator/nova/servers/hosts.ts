/** The pretended compute hosts, and which of them takes a server: enough room, and the server group's rule. */
import { createHash } from "node:crypto";
import type { World } from "../../world.ts";
import { hosts, isOpen, zoneOf } from "../places.ts";
import { serverGroups } from "./groups.ts";
import { type EmbeddedFlavor, type Server, servers } from "./rows.ts";

/** Hashing is most of what showing a server costs; there are few pairs. */
const hostIds = new Map<string, string>();

/** What a tenant may know of a host (nova: utils.py generate_hostid). */
export function hostId(host: string, project: string): string {
  if (host === "") return "";
  const known = hostIds.get(project + host);
  if (known !== undefined) return known;
  const made = createHash("sha224")
    .update(project + host)
    .digest("hex");
  if (hostIds.size >= 10_000) hostIds.clear();
  hostIds.set(project + host, made);
  return made;
}

interface Load {
  vcpus: number;
  ram: number;
  disk: number;
}

function loadOf(world: World, host: string): Load {
  const load = { vcpus: 0, ram: 0, disk: 0 };
  for (const { flavor } of world.of(servers).by("on", host)) {
    load.vcpus += flavor.vcpus;
    load.ram += flavor.ram;
    load.disk += flavor.disk + flavor.ephemeral;
  }
  return load;
}

/** Whether a group's rule allows the host; the soft ones only prefer. */
function allowed(host: string, mates: readonly Server[], policy: string, most: number): boolean {
  const here = mates.filter((mate) => mate.host === host).length;
  if (policy === "affinity") return mates.length === 0 || here > 0;
  return policy !== "anti-affinity" || here < most;
}

function preference(host: string, mates: readonly Server[], policy: string): number {
  const here = mates.filter((mate) => mate.host === host).length;
  if (policy === "soft-affinity") return here;
  return policy === "soft-anti-affinity" ? -here : 0;
}

/** What is asked of a host; empty and absent ask nothing. */
export interface Wish {
  /** Id of the server group. */
  readonly group?: string;
  /** This one and no other, even when its service is disabled. */
  readonly forced?: string;
  /** Not this one. */
  readonly avoid?: string;
  readonly zone?: string;
}

/** The host for a server, or undefined: "No valid host was found". The emptiest of those that the group prefers. */
export function choose(world: World, flavor: EmbeddedFlavor, wish: Wish = {}): string | undefined {
  const { group: groupId = "", forced = "", avoid = "", zone = "" } = wish;
  const group = groupId === "" ? undefined : world.of(serverGroups).get(groupId);
  const mates = (group?.members ?? []).flatMap((id) => {
    const mate = world.of(servers).get(id);
    return mate === undefined || mate.deleted || mate.host === "" ? [] : [mate];
  });
  const policy = group?.policy ?? "";
  const most = group?.rules.max_server_per_host ?? 1;
  let best: { readonly name: string; readonly rank: number; readonly free: number } | undefined;
  for (const { name, vcpus, ram, disk } of hosts) {
    const load = loadOf(world, name);
    const fits =
      load.vcpus + flavor.vcpus <= vcpus &&
      load.ram + flavor.ram <= ram &&
      load.disk + flavor.disk + flavor.ephemeral <= disk;
    const asked = forced === "" ? name !== avoid && isOpen(world, name) : name === forced;
    const there = zone === "" || zoneOf(world, name) === zone;
    if (!fits || !asked || !there || !allowed(name, mates, policy, most)) continue;
    const candidate = { name, rank: preference(name, mates, policy), free: ram - load.ram };
    if (
      best === undefined ||
      candidate.rank > best.rank ||
      (candidate.rank === best.rank && candidate.free > best.free)
    )
      best = candidate;
  }
  return best?.name;
}
