/** `POST /servers` (nova stable/zed: api/openstack/compute/servers.py `create`, compute/api.py `create`; order of checks seen live). */
import { createHash } from "node:crypto";
import { isList, isObject, type Json, type JsonObject, text } from "../../core/json.ts";
import { authorize } from "../../core/policy.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Answer, Call, Policy, Route } from "../../core/types.ts";
import { links } from "../form.ts";
import { keypairs } from "../keypairs.ts";
import { type BootPlan, bootPlan } from "./block-mapping.ts";
import { groupFor, type ServerGroup, serverGroups } from "./groups.ts";
import { hosts, zoneOf } from "../places.ts";
import { choose } from "./hosts.ts";
import { flavorOf, imageOf, imageProperties, refuseMisfit } from "./images.ts";
import { build } from "./lifecycle.ts";
import { allocate, type Interface, interfacesOf, securityGroupIds } from "./networking.ts";
import { claimMetadata, claimServers } from "./quota.ts";
import { type EmbeddedFlavor, nextNumber, type Server, servers } from "./rows.ts";
import { checkHints, checkObject, creatable, inside, isTrue } from "./schema.ts";
import { pathOf } from "./view.ts";
import { makeVolumes, reserveVolumes } from "./volumes.ts";

const policy = (verb: string, rule: Policy["rule"]): Policy => ({ name: `os_compute_api:servers:${verb}`, rule });

/** Everything a new server is made of, checked. */
interface Plan {
  readonly input: JsonObject;
  readonly flavor: EmbeddedFlavor;
  readonly boot: BootPlan;
  readonly interfaces: readonly Interface[];
  readonly securityGroups: readonly string[] | undefined;
  readonly group: ServerGroup | undefined;
  /** Host that an administrator forced; or empty. */
  readonly forced: string;
  readonly availabilityZone: string;
  readonly count: number;
}

function schema(call: Call): JsonObject {
  const input = checkObject("server", inside(call, "server"), creatable(call.version), call.version);
  checkHints(call);
  return input;
}

/** `zone`, or for administrators `zone:host:node`. */
function placement(call: Call, input: JsonObject): { readonly zone: string; readonly host: string } {
  const [name = "", host = "", node = ""] = text(input.availability_zone).split(":");
  if (host !== "" || node !== "") authorize(policy("create:forced_host", "admin"), call);
  const asked = text(input.host) === "" ? text(input.hypervisor_hostname) : text(input.host);
  if (asked === "") return { zone: name, host: host === "" ? node : host };
  authorize({ name: "compute:servers:create:requested_destination", rule: "admin" }, call);
  if (!hosts.some((one) => one.name === asked)) throw new Refusal(400, `Compute host ${asked} could not be found.`);
  return { zone: name, host: asked };
}

/** Whether what is booted runs on the flavor; a root volume brings its own disk. */
function refuseBoot(call: Call, { imageId, rootImage, rootSize }: BootPlan, flavor: EmbeddedFlavor): void {
  if (imageId !== "") refuseMisfit(imageOf(call, imageId), flavor);
  if (rootImage === undefined) return;
  refuseMisfit(rootImage, { ...flavor, disk: 0 });
  const gib = 1_073_741_824;
  if (rootSize !== undefined && rootSize < rootImage.min_disk)
    throw new Refusal(
      400,
      `Volume is smaller than the minimum size specified in image metadata. Volume size is ${rootSize * gib} bytes, minimum size is ${rootImage.min_disk * gib} bytes.`,
    );
}

function groupOf(call: Call): ServerGroup | undefined {
  const id = text(checkHints(call).group);
  if (id === "") return undefined;
  const group = groupFor(call, id);
  if (group === undefined) throw new Refusal(400, `Instance group ${id} could not be found.`);
  return group;
}

function plan(call: Call): Plan {
  const { input } = call;
  const least = Number(input.min_count ?? 1);
  const most = Number(input.max_count ?? least);
  if (least > most) throw new Refusal(400, "min_count must be <= max_count");
  const { zone: wantedZone, host } = placement(call, input);
  if (text(input.imageRef) === "" && !isList(input.block_device_mapping_v2) && !isList(input.block_device_mapping))
    throw new Refusal(400, "Missing imageRef attribute");
  const flavor = flavorOf(call, input.flavorRef);
  const boot = bootPlan(call, input, most);
  if (wantedZone !== "" && !hosts.some(({ name }) => zoneOf(call.world, name) === wantedZone))
    throw new Refusal(400, "The requested availability zone is not available");
  if (most > 1 && input.hostname !== undefined)
    throw new Refusal(400, "Unable to allocate a single hostname to multiple instances");
  const securityGroups = securityGroupIds(call, input.security_groups);
  const interfaces = interfacesOf(call, input, most);
  const key = text(input.key_name);
  if (key !== "" && call.world.of(keypairs).get(`${call.actor.userId}/${key}`) === undefined)
    throw new Refusal(400, "Invalid key_name provided.");
  claimMetadata(call, Object.keys(isObject(input.metadata) ? input.metadata : {}).length);
  refuseBoot(call, boot, flavor);
  if (flavor.disk === 0 && boot.imageId !== "" && !call.actor.admin)
    throw new Refusal(403, "Only volume-backed servers are allowed for flavors with zero disk.");
  const group = groupOf(call);
  const count = claimServers(call, flavor, least, most);
  const rest = { input, flavor, boot, interfaces, securityGroups, group, count };
  return { ...rest, forced: host, availabilityZone: wantedZone };
}

/** RFC 1123 out of any name (nova: utils.py sanitize_hostname). */
function hostnameOf(name: string, id: string): string {
  const plain = [...name].filter((letter) => (letter.codePointAt(0) ?? 0) < 256).join("");
  const safe = plain
    .slice(0, 63)
    .replace(/[ _.]/g, "-")
    .replace(/[^\p{L}\p{N}-]+/gu, "")
    .toLowerCase();
  const trimmed = safe.replace(/^[.-]+|[.-]+$/g, "");
  return trimmed === "" ? `Server-${id}` : trimmed;
}

function make(
  call: Call,
  { input, flavor, boot, availabilityZone, count }: Plan,
  index: number,
  reservation: string,
): Server {
  const id = call.ids.uuid();
  const name = count > 1 ? `${text(input.name)}-${index + 1}` : text(input.name);
  const metadata = Object.entries(isObject(input.metadata) ? input.metadata : {});
  const tags = isList(input.tags) ? input.tags.map(text) : [];
  const certificates = isList(input.trusted_image_certificates) ? input.trusted_image_certificates.map(text) : null;
  return {
    id,
    project_id: call.actor.projectId,
    user_id: call.actor.userId,
    display_name: name,
    // Before 2.19 the name is the description (seen live).
    display_description: call.version < 19 ? name : typeof input.description === "string" ? input.description : null,
    hostname: text(input.hostname) === "" ? hostnameOf(name, id) : text(input.hostname),
    vm_state: "building",
    task_state: "scheduling",
    power_state: 0,
    host: "",
    availability_zone: availabilityZone,
    pinned_zone: availabilityZone === "" ? null : availabilityZone,
    flavor,
    old_flavor: null,
    old_vm_state: null,
    other_host: "",
    shelved_image: "",
    image_ref: boot.imageId,
    image_properties: boot.imageId === "" ? {} : imageProperties(imageOf(call, boot.imageId), flavor),
    scheduler_hints: checkHints(call),
    metadata: Object.fromEntries(metadata.map(([key, value]) => [key, text(value)])),
    tags: [...new Set(tags)].sort(),
    port_tags: {},
    key_name: text(input.key_name) === "" ? null : text(input.key_name),
    config_drive: isTrue(input.config_drive) ? "True" : "",
    user_data: typeof input.user_data === "string" ? input.user_data : null,
    access_ip_v4: text(input.accessIPv4),
    access_ip_v6: text(input.accessIPv6),
    auto_disk_config: input["OS-DCF:diskConfig"] === "AUTO",
    locked: false,
    locked_by: null,
    locked_reason: null,
    trusted_certs: certificates,
    reservation_id: reservation,
    launch_index: index,
    number: nextNumber(call.world),
    progress: 0,
    fault: null,
    doom: null,
    deleted: false,
    created_at: call.now,
    updated_at: call.now,
    launched_at: null,
    terminated_at: null,
  };
}

/** Finds the host and the ports, as scheduler and compute would soon after; what goes wrong shows when the build ends. */
function place(call: Call, made: Server, plan: Plan): Server {
  const { flavor, group, forced, interfaces, securityGroups } = plan;
  const host = choose(call.world, flavor, { group: group?.id ?? "", forced, zone: plan.availabilityZone });
  if (host === undefined) return { ...made, doom: "No valid host was found. " };
  const home = { ...made, host, availability_zone: zoneOf(call.world, host) };
  const { tags, doom } = allocate(call, home, interfaces, securityGroups);
  const unmade = doom ?? makeVolumes(call, home, plan.boot.volumes);
  return { ...home, task_state: "spawning", port_tags: tags, doom: unmade };
}

/** Random by the ids given to the simulator, so that a test with its own ids repeats. */
function chance(call: Call, length: number): string {
  const digest = createHash("sha256").update(call.ids.uuid()).digest("base64url");
  return digest.replace(/[^a-zA-Z0-9]/g, "").slice(0, length);
}

function create(call: Call): Answer {
  const ready = plan(call);
  const reservation = `r-${chance(call, 8).toLowerCase()}`;
  const table = call.world.of(servers);
  const made = Array.from({ length: ready.count }, (_, index) => {
    const fresh = make(call, ready, index, reservation);
    reserveVolumes(call, fresh, ready.boot.volumes);
    const server = table.put(place(call, fresh, ready));
    if (ready.group !== undefined) {
      const group = call.world.of(serverGroups).get(ready.group.id) ?? ready.group;
      call.world.of(serverGroups).put({ ...group, members: [...group.members, server.id] });
    }
    build(call, server);
    return server;
  });
  if (isTrue(call.input.return_reservation_id)) return { status: 202, body: { reservation_id: reservation } };
  const [first] = made;
  if (first === undefined) throw new Error("a create without servers");
  return { status: 202, body: { server: created(call, first) }, headers: { Location: `${call.root}${pathOf(first)}` } };
}

function created(call: Call, server: Server): JsonObject {
  const given: Json = call.input.security_groups ?? [{ name: "default" }];
  const password = text(call.input.adminPass);
  return {
    id: server.id,
    links: links(call, pathOf(server)),
    "OS-DCF:diskConfig": server.auto_disk_config ? "AUTO" : "MANUAL",
    security_groups: given,
    adminPass: password === "" ? chance(call, 12) : password,
  };
}

export const createRoute: Route = {
  method: "POST",
  path: "/v2.1/servers",
  policy: policy("create", "member"),
  schema,
  handle: create,
};
