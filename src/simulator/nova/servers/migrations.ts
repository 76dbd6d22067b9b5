/** Moves of servers between hosts and flavors, as administrators see them (nova stable/zed: api/openstack/compute/migrations.py). */
import type { JsonObject, Row } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call, MemberRoute, Policy, Route } from "../../core/types.ts";
import { defineTable, type World } from "../../world.ts";
import { databaseTime } from "../form.ts";
import type { Server } from "./rows.ts";

type Kind = "resize" | "migration" | "live-migration" | "evacuation";

export interface Migration extends Row {
  readonly uuid: string;
  readonly number: number;
  readonly server_id: string;
  readonly kind: Kind;
  readonly status: string;
  readonly from: string;
  readonly to: string;
  readonly old_flavor: string;
  readonly new_flavor: string;
  readonly user_id: string;
  readonly project_id: string;
  readonly created_at: number;
  readonly updated_at: number | null;
}

const migrations = defineTable<Migration>("nova.migrations", ["server_id"]);

/** How each kind begins (nova: compute/manager.py, compute/api.py evacuate). */
const beginnings: Readonly<Record<Kind, string>> = {
  resize: "migrating",
  migration: "migrating",
  "live-migration": "running",
  evacuation: "accepted",
};

export function noteMigration(call: Call, server: Server, kind: Kind, to: string, flavor = server.flavor.id): void {
  const number = call.world.of(migrations).size + 1;
  call.world.of(migrations).put({
    id: String(number),
    number,
    uuid: call.ids.uuid(),
    server_id: server.id,
    kind,
    status: beginnings[kind],
    from: server.host,
    to,
    old_flavor: server.flavor.id,
    new_flavor: flavor,
    user_id: call.actor.userId,
    project_id: call.actor.projectId,
    created_at: call.now,
    updated_at: null,
  });
}

/** The end, or the next step, of a server's last migration. */
export function settleMigration(world: World, server: string, at: number, status: string): void {
  const last = world.of(migrations).by("server_id", server).at(-1);
  if (last !== undefined) world.of(migrations).put({ ...last, status, updated_at: at });
}

function shown(row: Migration, call: Call): JsonObject {
  const { version } = call;
  const number = (flavor: string) => (/^\d+$/.test(flavor) ? Number(flavor) : flavor);
  return {
    id: row.number,
    ...(version >= 59 ? { uuid: row.uuid } : {}),
    source_compute: row.from,
    dest_compute: row.to,
    source_node: row.from,
    dest_node: row.to,
    dest_host: row.kind === "live-migration" ? null : "192.168.0.1",
    old_instance_type_id: number(row.old_flavor),
    new_instance_type_id: number(row.new_flavor),
    instance_uuid: row.server_id,
    status: row.status,
    ...(version >= 23 ? { migration_type: row.kind } : {}),
    ...(version >= 80 ? { user_id: row.user_id, project_id: row.project_id } : {}),
    created_at: databaseTime(row.created_at),
    updated_at: row.updated_at === null ? null : databaseTime(row.updated_at),
  };
}

const inProgress: ReadonlySet<string> = new Set(["queued", "preparing", "running", "post-migrating"]);

/** The filters, and the columns that they are about. */
const filters: Readonly<Record<string, keyof Migration>> = {
  instance_uuid: "server_id",
  status: "status",
  migration_type: "kind",
  source_compute: "from",
  user_id: "user_id",
  project_id: "project_id",
};

function matches(row: Migration, call: Call): boolean {
  const host = call.query.get("host");
  if (host !== null && row.from !== host && row.to !== host) return false;
  return Object.entries(filters).every(([name, column]) => {
    const wanted = call.query.get(name);
    return wanted === null || row[column] === wanted;
  });
}

const policy = (name: string): Policy => ({ name: `os_compute_api:${name}`, rule: "admin" });

export const migrationRoutes: readonly Route[] = [
  {
    method: "GET",
    path: "/v2.1/os-migrations",
    policy: policy("os-migrations:index"),
    handle: (call) => {
      const rows = call.world.of(migrations).filter((row) => matches(row, call));
      const newestFirst = call.version >= 59 ? rows.reverse() : rows;
      return { status: 200, body: { migrations: newestFirst.map((row) => shown(row, call)) } };
    },
  },
];

/** Of a server only live migrations that are going on are shown. */
function going(server: Server, call: Call): readonly Migration[] {
  return call.world
    .of(migrations)
    .by("server_id", server.id)
    .filter(({ kind, status }) => kind === "live-migration" && inProgress.has(status));
}

function serverView(row: Migration, call: Call): JsonObject {
  const {
    old_instance_type_id: _old,
    new_instance_type_id: _new,
    instance_uuid,
    migration_type: _type,
    ...rest
  } = shown(row, call);
  const nothing = { memory_total_bytes: null, memory_processed_bytes: null, memory_remaining_bytes: null };
  const disk = { disk_total_bytes: null, disk_processed_bytes: null, disk_remaining_bytes: null };
  return { ...rest, server_uuid: instance_uuid ?? "", ...nothing, ...disk };
}

export const serverMigrationRoutes: readonly MemberRoute<Server>[] = [
  {
    method: "GET",
    path: "/migrations",
    since: 23,
    policy: policy("servers:migrations:index"),
    run: (server, call) => ({
      status: 200,
      body: { migrations: going(server, call).map((row) => serverView(row, call)) },
    }),
  },
  {
    method: "GET",
    path: "/migrations/{migration}",
    since: 23,
    policy: policy("servers:migrations:show"),
    run: (server, call) => {
      const id = call.params.migration ?? "";
      const row = going(server, call).find((one) => one.id === id);
      if (row === undefined)
        throw new Refusal(404, `In-progress live migration ${id} is not found for server ${server.id}.`);
      return { status: 200, body: { migration: serverView(row, call) } };
    },
  },
];
