/** Actions that take a server from its host or to another: shelve, rescue, migrate, evacuate (words seen live). */
import { nullable, ofType, oneOf, string } from "../../core/checks.ts";
import { isObject, type Json, type JsonObject, text } from "../../core/json.ts";
import { allows } from "../../core/policy.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Action, Answer, Call, Policy } from "../../core/types.ts";
import { images, isVisible } from "../../glance/images.ts";
import { hosts, serviceOn, zoneOf } from "../places.ts";
import { serverGroups } from "./groups.ts";
import { choose } from "./hosts.ts";
import { check, destroy, start } from "./lifecycle.ts";
import { noteMigration } from "./migrations.ts";
import type { Server } from "./rows.ts";
import { checkObject, type Property, uuidText } from "./schema.ts";
import { queueSnapshot } from "./snapshots.ts";
import { refuseLocked, refuseState } from "./states.ts";

const policy = (name: string, rule: Policy["rule"] = "member"): Policy => ({ name: `os_compute_api:${name}`, rule });
const accepted: Answer = { status: 202 };

function members(args: Json): JsonObject {
  return isObject(args) ? args : {};
}

function groupOf(call: Call, { id }: Server): string {
  return call.world.of(serverGroups).find(({ members: within }) => within.includes(id))?.id ?? "";
}

/** Another host for a server, or the one that is asked for. */
function destination(call: Call, server: Server, asked: string): string {
  if (asked !== "" && !hosts.some(({ name }) => name === asked))
    throw new Refusal(400, `Compute host ${asked} could not be found.`);
  if (asked !== "" && asked === server.host)
    throw new Refusal(400, `Unable to migrate instance (${server.id}) to current host (${asked}).`);
  const wanted = { forced: asked, avoid: server.host, group: groupOf(call, server) };
  const host = choose(call.world, server.flavor, wanted);
  if (host === undefined) throw new Refusal(400, "No valid host was found. No valid host found for cold migrate");
  return host;
}

const rescueProperties: readonly Property[] = [
  { name: "adminPass", check: ofType("string") },
  { name: "rescue_image_ref", check: uuidText },
];

const rescue: Action<Server> = {
  policy: policy("os-rescue"),
  check: (args, call) => {
    if (args !== null) checkObject("rescue", args, rescueProperties, call.version);
  },
  run: (server, args, call) => {
    const { adminPass, rescue_image_ref: ref } = members(args);
    const image = text(ref) === "" ? undefined : call.world.of(images).get(text(ref));
    if (text(ref) !== "" && (image === undefined || !isVisible(image, call)))
      throw new Refusal(400, "The requested rescue image could not be found.");
    check(call, server, "rescue");
    // From 2.87 on a volume may be rescued with an image that says how; the pretended ones do not.
    if (server.image_ref === "")
      throw new Refusal(400, `Instance ${server.id} cannot be rescued: Cannot rescue a volume-backed instance`);
    start(call, server, "rescue");
    const given = text(adminPass);
    const secret = given === "" ? call.ids.uuid().replaceAll("-", "").slice(0, 12) : given;
    return { status: 200, body: { adminPass: secret } };
  },
};

const shelve: Action<Server> = {
  policy: policy("os-shelve:shelve"),
  run: (server, _args, call) => {
    check(call, server, "shelve");
    // A volume is its own memory.
    const image = server.image_ref === "" ? "" : queueSnapshot(call, server, `${server.display_name}-shelved`, {});
    start(call, server, "shelve", { shelved_image: image });
    return accepted;
  },
};

/** `null`, or from 2.77 on where to: a zone, and from 2.91 on a host for administrators. */
function whereTo(args: Json, call: Call): { readonly zone: string; readonly host: string } {
  if (args === null || call.version < 77) return { zone: "", host: "" };
  const properties: readonly Property[] = [
    {
      name: "availability_zone",
      check: call.version < 91 ? string(1, 255) : nullable(string(1, 255)),
      required: call.version < 91,
    },
    { name: "host", check: string(1, 255), since: 91 },
  ];
  const { availability_zone: zone, host } = checkObject("unshelve", args, properties, call.version);
  return { zone: text(zone), host: text(host) };
}

const unshelve: Action<Server> = {
  policy: policy("os-shelve:unshelve"),
  check: (args, call) => void whereTo(args, call),
  run: (server, args, call) => {
    const { zone, host } = whereTo(args, call);
    const toHost = policy("os-shelve:unshelve_to_host", "admin");
    if (host !== "" && !allows(toHost, call)) throw call.service.words.forbidden(toHost, call);
    if (zone !== "" && !hosts.some(({ name }) => zoneOf(call.world, name) === zone))
      throw new Refusal(400, "The requested availability zone is not available");
    check(call, server, "unshelve");
    const wanted = { forced: host, zone, group: groupOf(call, server) };
    // Where nothing is free the server stays as it is, without a word (nova: conductor/manager.py unshelve_instance).
    const free = choose(call.world, server.flavor, wanted) ?? "";
    if (free !== "") start(call, server, "unshelve", { other_host: free });
    return accepted;
  },
};

const migrate: Action<Server> = {
  policy: policy("os-migrate-server:migrate", "admin"),
  check: (args, call) => {
    const host: Property = { name: "host", check: nullable(string(1, 255)) };
    if (args !== null && call.version >= 56) checkObject("migrate", args, [host], call.version);
  },
  run: (server, args, call) => {
    check(call, server, "migrate");
    const to = destination(call, server, call.version >= 56 ? text(members(args).host) : "");
    noteMigration(call, server, "migration", to);
    const before = { old_flavor: server.flavor, old_vm_state: server.vm_state };
    start(call, server, "migrate", { ...before, other_host: to });
    return accepted;
  },
};

const flags = oneOf(true, false, "True", "true", "False", "false", "on", "off", "yes", "no", "1", "0", 1, 0);

const liveProperties: readonly Property[] = [
  { name: "block_migration", check: flags, required: true, until: 24 },
  {
    name: "block_migration",
    check: (value) => (value === "auto" ? undefined : flags(value)),
    required: true,
    since: 25,
  },
  { name: "disk_over_commit", check: flags, required: true, until: 24 },
  { name: "host", check: nullable(string(1, 255)), required: true },
  { name: "force", check: flags, since: 30, until: 67 },
];

const liveMigrate: Action<Server> = {
  policy: policy("os-migrate-server:migrate_live", "admin"),
  check: (args, call) => void checkObject("os-migrateLive", args, liveProperties, call.version),
  run: (server, args, call) => {
    check(call, server, "liveMigrate");
    const to = destination(call, server, text(members(args).host));
    noteMigration(call, server, "live-migration", to);
    start(call, server, "liveMigrate", { other_host: to });
    return accepted;
  },
};

const evacuateProperties: readonly Property[] = [
  { name: "host", check: string(1, 255) },
  { name: "adminPass", check: ofType("string") },
  { name: "onSharedStorage", check: flags, required: true, until: 13 },
  { name: "force", check: flags, since: 29, until: 67 },
];

/** Only from a host that is lost; the pretended ones are when an administrator forces their service down. */
const evacuate: Action<Server> = {
  policy: policy("os-evacuate", "admin"),
  check: (args, call) => void checkObject("evacuate", args, evacuateProperties, call.version),
  run: (server, args, call) => {
    const { host, adminPass } = members(args);
    const asked = text(host);
    if (asked !== "" && !hosts.some(({ name }) => name === asked))
      throw new Refusal(404, `Compute host ${asked} not found.`);
    if (asked !== "" && asked === server.host) throw new Refusal(400, "The target host can't be the same one.");
    check(call, server, "evacuate");
    if (serviceOn(call.world, server.host)?.forced_down === false)
      throw new Refusal(400, `Compute service of ${server.host} is still in use.`);
    const wanted = { forced: asked, avoid: server.host, group: groupOf(call, server) };
    const to = choose(call.world, server.flavor, wanted);
    noteMigration(call, server, "evacuation", to ?? "");
    // Without another host the server fails, and the call does not (nova: conductor/manager.py rebuild_instance).
    start(call, server, "evacuate", { other_host: to ?? "" });
    if (call.version >= 14) return { status: 200 };
    const secret = text(adminPass) === "" ? call.ids.uuid().replaceAll("-", "").slice(0, 12) : text(adminPass);
    return { status: 200, body: { adminPass: secret } };
  },
};

/** Nothing is ever kept for later: `[DEFAULT] reclaim_instance_interval` is 0. */
const restore: Action<Server> = {
  policy: policy("os-deferred-delete:restore"),
  run: (server) => {
    refuseState(server, "restore", [], "any");
    return accepted;
  },
};

const forceDelete: Action<Server> = {
  policy: policy("os-deferred-delete:force"),
  run: (server, _args, call) => {
    destroy(call, server);
    return accepted;
  },
};

/** The pretended guests take the signal and have nothing to dump. */
const crashDump: Action<Server> = {
  policy: policy("os-server-trigger_crash_dump"),
  since: 17,
  run: (server, _args, call) => {
    refuseLocked(server, call);
    refuseState(server, "trigger_crash_dump", ["active", "paused", "rescued", "resized", "error"], "any");
    return accepted;
  },
};

const plain = (name: "unrescue" | "shelveOffload", rule: string, who: Policy["rule"] = "member"): Action<Server> => ({
  policy: policy(rule, who),
  run: (server, _args, call) => {
    start(call, server, name);
    return accepted;
  },
});

export const movingActions: Readonly<Record<string, Action<Server>>> = {
  rescue,
  unrescue: plain("unrescue", "os-unrescue"),
  shelve,
  shelveOffload: plain("shelveOffload", "os-shelve:shelve_offload", "admin"),
  unshelve,
  migrate,
  "os-migrateLive": liveMigrate,
  evacuate,
  restore,
  forceDelete,
  trigger_crash_dump: crashDump,
};
