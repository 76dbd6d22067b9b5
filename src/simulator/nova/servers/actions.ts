/** `POST /servers/{id}/action` (nova stable/zed: api/openstack/compute/servers.py and its neighbours; words seen live). */
import { all, digits, matching, nullable, ofType, oneOf, string } from "../../core/checks.ts";
import { isObject, type Json, type JsonObject, repr, text } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Action, Answer, Call, Check, Policy, Versioned } from "../../core/types.ts";
import { images, isVisible } from "../../glance/images.ts";
import { console, consoleOutput } from "./consoles.ts";
import { begin, finish } from "./history.ts";
import { flavorOf, imageProperties, refuseMisfit } from "./images.ts";
import { change, check, start } from "./lifecycle.ts";
import { noteMigration } from "./migrations.ts";
import { movingActions } from "./moving.ts";
import { claimMetadata, claimResize } from "./quota.ts";
import type { Server } from "./rows.ts";
import { changeable, checkObject, label, metadata, type Property, rebuildable } from "./schema.ts";
import { addGroup, removeGroup } from "./security-groups.ts";
import { queueBackup, queueSnapshot } from "./snapshots.ts";
import type { TransitionName } from "./transitions.ts";
import { changesOf } from "./update.ts";
import { view } from "./view.ts";

const policy = (name: string, rule: Policy["rule"] = "member"): Policy => ({ name: `os_compute_api:${name}`, rule });
const accepted: Answer = { status: 202 };

function members(args: Json): JsonObject {
  return isObject(args) ? args : {};
}

/** Checks the arguments against a table of properties. */
function checked(name: string, properties: readonly Property[]): NonNullable<Action["check"]> {
  return (args, call) => void checkObject(name, args, properties, call.version);
}

/** An action that only changes the state. What is written beside its name does not matter (seen live). */
function plain(name: TransitionName, rule: string): Action<Server> {
  return {
    policy: policy(rule),
    run: (server, _args, call) => {
      start(call, server, name);
      return accepted;
    },
  };
}

const reboot: Action<Server> = {
  policy: policy("servers:reboot"),
  check: checked("reboot", [
    { name: "type", check: oneOf("HARD", "Hard", "hard", "SOFT", "Soft", "soft"), required: true },
  ]),
  run: (server, args, call) => {
    start(call, server, text(members(args).type).toUpperCase() === "HARD" ? "hardReboot" : "softReboot");
    return accepted;
  },
};

const resize: Action<Server> = {
  policy: policy("servers:resize"),
  check: checked("resize", [
    { name: "flavorRef", check: ofType("string", "integer"), required: true },
    ...changeable.filter(({ name }) => name === "OS-DCF:diskConfig"),
  ]),
  run: (server, args, call) => {
    check(call, server, "resize");
    const flavor = flavorOf(call, members(args).flavorRef);
    if (flavor.id === server.flavor.id) throw new Refusal(400, "When resizing, instances must change flavor!");
    if (flavor.disk === 0 && server.flavor.disk !== 0)
      throw new Refusal(
        400,
        "Server disk was unable to be resized because: Resize to zero disk flavor is not allowed.",
      );
    claimResize(call, server.project_id, server.flavor, flavor);
    const image = call.world.of(images).get(server.image_ref);
    if (image !== undefined) refuseMisfit(image, flavor);
    const before = { old_flavor: server.flavor, old_vm_state: server.vm_state };
    noteMigration(call, server, "resize", server.host, flavor.id);
    start(call, server, "resize", { ...before, flavor });
    return accepted;
  },
};

const confirmResize: Action<Server> = {
  policy: policy("servers:confirm_resize"),
  run: (server, _args, call) => {
    start(call, server, "confirmResize");
    return { status: 204 };
  },
};

const rebuild: Action<Server> = {
  policy: policy("servers:rebuild"),
  check: (args, call) => void checkObject("rebuild", args, rebuildable(call.version), call.version),
  run: (server, args, call) => {
    const input = members(args);
    check(call, server, "rebuild");
    const image = call.world.of(images).get(text(input.imageRef));
    if (image === undefined || !isVisible(image, call)) throw new Refusal(400, "Cannot find image for rebuild");
    refuseMisfit(image, server.flavor);
    const given = isObject(input.metadata) ? input.metadata : undefined;
    if (given !== undefined) claimMetadata(call, Object.keys(given).length);
    const going = start(call, server, "rebuild", {
      ...changesOf(input),
      image_ref: image.id,
      image_properties: imageProperties(image, server.flavor),
      ...(given === undefined ? {} : { metadata: strings(given) }),
      ...(typeof input.user_data === "string" || input.user_data === null ? { user_data: input.user_data } : {}),
      ...(typeof input.key_name === "string" || input.key_name === null ? { key_name: input.key_name } : {}),
    });
    const password = text(input.adminPass);
    const shown = view(going, call, "changed");
    const more = call.version >= 57 && call.version < 75 ? { user_data: going.user_data } : {};
    const secret = password === "" ? call.ids.uuid().replaceAll("-", "").slice(0, 12) : password;
    const body = { server: { ...shown, adminPass: secret, ...more } };
    return { status: 202, body, headers: { Location: `${call.root}/servers/${server.id}` } };
  },
};

function strings(object: JsonObject): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, text(value)]));
}

const lock: Action<Server> = {
  policy: policy("os-lock-server:lock"),
  check: (args, call) => {
    if (call.version < 73 || args === null) return;
    checkObject("lock", args, [{ name: "locked_reason", check: string(1, 255) }], call.version);
  },
  run: (server, args, call) => {
    const reason = call.version >= 73 ? text(members(args).locked_reason) : "";
    const owner = call.actor.projectId === server.project_id ? "owner" : "admin";
    const changes = { locked: true, locked_by: owner, locked_reason: reason === "" ? null : reason };
    noted(call, change(call.world, server, call.now, changes), "lock");
    return accepted;
  },
};

const unlock: Action<Server> = {
  policy: policy("os-lock-server:unlock"),
  run: (server, _args, call) => {
    const changes = { locked: false, locked_by: null, locked_reason: null };
    noted(call, change(call.world, server, call.now, changes), "unlock");
    return accepted;
  },
};

/** An action that is over at once. */
function noted(call: Call, server: Server, name: string): void {
  finish(call.world, begin(call, server, name, `compute_${name}_instance`), call.now, server.host);
}

/** What was going on is not stopped: its end finds another state and leaves it, but a delete goes on. */
const resetState: Action<Server> = {
  policy: policy("os-admin-actions:reset_state", "admin"),
  check: checked("os-resetState", [{ name: "state", check: oneOf("active", "error"), required: true }]),
  run: (server, args, call) => {
    const state = members(args).state === "active" ? "active" : "error";
    change(call.world, server, call.now, { vm_state: state, task_state: null });
    return accepted;
  },
};

const changePassword: Action<Server> = {
  policy: policy("os-admin-password"),
  check: checked("changePassword", [{ name: "adminPass", check: ofType("string"), required: true }]),
  run: (server, _args, call) => {
    start(call, server, "changePassword");
    return accepted;
  },
};

const createImage: Action<Server> = {
  policy: policy("servers:create_image"),
  check: checked("createImage", [
    { name: "name", check: label, required: true },
    { name: "metadata", check: metadata },
  ]),
  run: (server, args, call) => {
    const { name, metadata: given } = members(args);
    const properties = strings(isObject(given) ? given : {});
    claimMetadata(call, Object.keys(properties).length);
    check(call, server, "createImage");
    const id = queueSnapshot(call, server, text(name), properties);
    start(call, server, "createImage");
    if (call.version >= 45) return { status: 202, body: { image_id: id } };
    const glance = call.services.find(({ type }) => type === "image");
    return { status: 202, headers: { Location: `${call.origin}${glance?.prefix ?? ""}/v2/images/${id}` } };
  },
};

const createBackup: Action<Server> = {
  policy: policy("os-create-backup"),
  check: checked("createBackup", [
    { name: "name", check: label, required: true },
    { name: "backup_type", check: string(1, 255), required: true },
    { name: "rotation", check: digits(0), required: true },
    { name: "metadata", check: metadata },
  ]),
  run: (server, args, call) => {
    const { name, backup_type: kind, rotation, metadata: given } = members(args);
    check(call, server, "createBackup");
    if (server.image_ref === "") throw new Refusal(400, "Backup is not supported for volume-backed instances.");
    const properties = strings(isObject(given) ? given : {});
    claimMetadata(call, Object.keys(properties).length);
    const id = queueBackup(call, server, text(name), text(kind), Number(rotation), properties);
    start(call, server, "createBackup");
    if (call.version >= 45) return { status: 202, body: { image_id: id } };
    return { status: 202, headers: { Location: `${call.root}/images/${id}` } };
  },
};

const fromMinusOne: Check = (value) =>
  Number(value) < -1 ? `${repr(value)} is less than the minimum of -1` : undefined;

const output: Action<Server> = {
  policy: policy("os-console-output"),
  check: checked("os-getConsoleOutput", [
    { name: "length", check: nullable(all(ofType("integer", "string"), matching(/^-?[0-9]+$/), fromMinusOne)) },
  ]),
  run: (server, args) => ({ status: 200, body: { output: consoleOutput(server, members(args).length) } }),
};

/** The old console calls, which 2.6 replaced by `/remote-consoles`. */
function oldConsole(
  name: string,
  protocol: string,
  types: readonly string[],
): Readonly<Record<string, Action<Server>>> {
  const gate: Versioned = { until: 5 };
  const action: Action<Server> = {
    ...gate,
    policy: policy("os-remote-consoles"),
    check: checked(name, [{ name: "type", check: oneOf(...types), required: true }]),
    run: (server, args, call) => {
      const type = text(members(args).type);
      return { status: 200, body: { console: { type, url: console(call, server, protocol, type) } } };
    },
  };
  return { [name]: action };
}

export const serverActions: Readonly<Record<string, Action<Server>>> = {
  "os-start": plain("start", "servers:start"),
  "os-stop": plain("stop", "servers:stop"),
  reboot,
  pause: plain("pause", "os-pause-server:pause"),
  unpause: plain("unpause", "os-pause-server:unpause"),
  suspend: plain("suspend", "os-suspend-server:suspend"),
  resume: plain("resume", "os-suspend-server:resume"),
  lock,
  unlock,
  rebuild,
  resize,
  confirmResize,
  revertResize: plain("revertResize", "servers:revert_resize"),
  changePassword,
  createImage,
  createBackup,
  ...movingActions,
  addSecurityGroup: { policy: policy("os-security-groups:add"), run: addGroup },
  removeSecurityGroup: { policy: policy("os-security-groups:remove"), run: removeGroup },
  "os-resetState": resetState,
  "os-getConsoleOutput": output,
  ...oldConsole("os-getVNCConsole", "vnc", ["novnc", "xvpvnc"]),
  ...oldConsole("os-getSPICEConsole", "spice", ["spice-html5"]),
  ...oldConsole("os-getSerialConsole", "serial", ["serial"]),
};
