/** A thousand servers of a throw-away project on the rig's OpenStack: one is made, the others are copies of its rows. */
import { execFileSync } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { configOf, type Direct, openDirect } from "../direct.ts";

export interface Crowd {
  readonly tenant: Direct;
  remove(): Promise<void>;
}

/** Tables of Nova with rows of one server, and the column that names it. */
const TABLES = [
  ["nova.instances", "uuid"],
  ["nova.instance_extra", "instance_uuid"],
  ["nova.instance_info_caches", "instance_uuid"],
  ["nova.instance_system_metadata", "instance_uuid"],
  ["nova_api.instance_mappings", "instance_uuid"],
] as const;

const WITH_PORTS = 100;

/** The crowd, or why there can be none. */
export async function openCrowd(admin: Direct, folder: string, count: number): Promise<Crowd | string> {
  const socket = join(folder, "run/mariadb.sock");
  if (!existsSync(socket)) return "Nova's database cannot be reached";
  const sql = (text: string): string =>
    execFileSync("mysql", [`--socket=${socket}`, "--user=root", "--batch", "--skip-column-names"], {
      input: text,
      encoding: "utf8",
    });
  const undo: (() => Promise<unknown> | unknown)[] = [];
  const remove = async (): Promise<void> => {
    for (const step of undo.reverse()) await step();
  };
  try {
    return { tenant: await gather(admin, sql, count, undo), remove };
  } catch (thrown) {
    await remove();
    throw thrown;
  }
}

async function gather(
  admin: Direct,
  sql: (text: string) => string,
  count: number,
  undo: (() => Promise<unknown> | unknown)[],
): Promise<Direct> {
  const tenant = await openTenant(admin, undo);
  const id = async (service: string, path: string, member: string, body: object): Promise<string> => {
    const answer = await tenant.call(service, "POST", path, { [member]: body });
    const made = answer.body[member] as { id?: string } | undefined;
    if (made?.id === undefined) throw new Error(`${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    const { id: found } = made;
    undo.push(() => tenant.call(service, "DELETE", `${path}/${found}`));
    return found;
  };
  const network = await id("network", "/networks", "network", { name: "bench" });
  await id("network", "/subnets", "subnet", { network_id: network, ip_version: 4, cidr: "10.61.0.0/22" });
  const server = await id("compute", "/servers", "server", {
    name: "bench",
    imageRef: await tenant.find("image", "/images", "images", "cirros"),
    flavorRef: await tenant.find("compute", "/flavors", "flavors", "m1.tiny"),
    networks: [{ uuid: network }],
  });
  undo.push(() => gone(tenant, server));
  await state(tenant, server, "ACTIVE");
  undo.push(() =>
    sql(
      TABLES.toReversed()
        .map(([table, column]) => removal(table, column, server))
        .join("\n"),
    ),
  );
  for (const [table, column] of TABLES) sql(copies(sql, table, column, server, count - 1));
  const copied = sql(`SELECT uuid FROM nova.instances WHERE uuid LIKE '%${server.slice(8)}' AND uuid <> '${server}'`);
  const ports = copied.split("\n", WITH_PORTS - 1).map((device_id) => ({
    network_id: network,
    device_id,
    device_owner: "compute:nova",
  }));
  for (let at = 0; at < ports.length; at += 33) {
    const made = await tenant.call("network", "POST", "/ports", { ports: ports.slice(at, at + 33) });
    for (const { id: port } of (made.body.ports as { id: string }[] | undefined) ?? []) {
      undo.push(() => tenant.call("network", "DELETE", `/ports/${port}`));
    }
  }
  return tenant;
}

/** A project with a member of its own. */
async function openTenant(admin: Direct, undo: (() => Promise<unknown> | unknown)[]): Promise<Direct> {
  const name = `bench-${randomUUID().slice(0, 8)}`;
  const password = randomUUID();
  const make = async (path: string, member: string, body: object): Promise<string> => {
    const answer = await admin.call("identity", "POST", path, { [member]: { name, domain_id: "default", ...body } });
    const { id } = answer.body[member] as { id: string };
    undo.push(() => admin.call("identity", "DELETE", `${path}/${id}`));
    return id;
  };
  const project = await make("/projects", "project", {});
  const user = await make("/users", "user", { password });
  const role = await admin.find("identity", "/roles", "roles", "member");
  await admin.call("identity", "PUT", `/projects/${project}/users/${user}/roles/${role}`);
  const folder = mkdtempSync(join(tmpdir(), "vimana-bench-"));
  undo.push(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "clouds.yaml");
  const { authUrl, region } = configOf(admin.place);
  const domains = { user_domain_id: "default", project_domain_id: "default" };
  const auth = { auth_url: authUrl, username: name, password, project_name: name, ...domains };
  const cloud = { auth, ...(region === undefined ? {} : { region_name: region }) };
  writeFileSync(file, JSON.stringify({ clouds: { [name]: cloud } }), { mode: 0o600 });
  return openDirect({ file, name });
}

/** Rows for so many more servers; their ids differ from the first one's in the first eight digits. */
function copies(sql: (text: string) => string, table: string, column: string, server: string, count: number): string {
  const [schema, name] = table.split(".");
  const found = sql(
    `SELECT column_name FROM information_schema.columns WHERE table_schema='${schema}' AND table_name='${name}' AND extra NOT LIKE '%auto_increment%'`,
  );
  const columns = found.trim().split("\n");
  const uuid = `CONCAT(LPAD(HEX(k), 8, '0'), '${server.slice(8)}')`;
  const values = columns.map((one) => (one === column ? uuid : `\`${one}\``));
  return [
    "SET max_recursive_iterations = 100000;",
    `INSERT INTO ${table} (${columns.map((one) => `\`${one}\``).join(", ")})`,
    `WITH RECURSIVE n(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM n WHERE k < ${count})`,
    `SELECT ${values.join(", ")} FROM n, ${table} WHERE ${column} = '${server}';`,
  ].join("\n");
}

function removal(table: string, column: string, server: string): string {
  return `DELETE FROM ${table} WHERE ${column} LIKE '%${server.slice(8)}' AND ${column} <> '${server}';`;
}

async function state(tenant: Direct, server: string, wanted: string): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    const { body } = await tenant.call("compute", "GET", `/servers/${server}`);
    const { status } = body.server as { status: string };
    if (status === wanted) return;
    if (status === "ERROR") throw new Error("the first server of the crowd is in ERROR");
    await sleep(200);
  }
  throw new Error(`the first server of the crowd is not ${wanted}`);
}

async function gone(tenant: Direct, server: string): Promise<void> {
  await tenant.call("compute", "DELETE", `/servers/${server}`);
  for (let tries = 0; tries < 300; tries += 1) {
    if ((await tenant.call("compute", "GET", `/servers/${server}`)).status === 404) return;
    await sleep(200);
  }
}
