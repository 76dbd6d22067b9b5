import { expect } from "vitest";
import type { Json, Reply, Trial, Try } from "./trial.ts";

/** The OCCI door in text, row by row: computes, and what belongs to no kind. */

const INFRA = "http://schemas.ogf.org/occi/infrastructure";
const kind = (term: string): string => `Category: ${term}; scheme="${INFRA}#"; class="kind"`;
const mixin = (term: string, scheme: string): string => `Category: ${term}; scheme="${scheme}"; class="mixin"`;
const attribute = (name: string, value: string | number): string =>
  `X-OCCI-Attribute: ${name}=${typeof value === "number" ? value : `"${value}"`}`;
const templates = ({ cast }: Trial): readonly string[] => [
  mixin(cast.imageId, "http://schemas.openstack.org/template/os#"),
];

const idOf = (reply: Reply, collection: string): string =>
  new RegExp(`/${collection}/([0-9a-f-]{36})`).exec(reply.text)?.[1] ?? "";

/** A compute on the network that is there for all. */
async function createCompute(trial: Trial, ...more: readonly string[]): Promise<Reply> {
  const name = trial.name();
  const { networkId } = await trial.stage();
  const sizes = more.some((line) => line.includes("compute.cores")) ? [] : [attribute("occi.compute.cores", 1)];
  const reply = await trial.occi("POST", "/compute/", [
    kind("compute"),
    ...templates(trial),
    attribute("occi.core.title", name),
    ...sizes,
    `Link: </network/${networkId}>; rel="${INFRA}#network"; category="${INFRA}#networkinterface"`,
    ...more,
  ]);
  if (reply.status !== 201) expect(await trial.leftUnder(name)).toEqual([]);
  else {
    const id = idOf(reply, "compute");
    trial.later(() => trial.removeServer(id));
    await trial.until(id, "ACTIVE");
  }
  return reply;
}

const compute = (lines: (trial: Trial) => readonly string[] | Promise<readonly string[]>, effect?: Effect): Try => ({
  attempt: async (trial) => createCompute(trial, ...(await lines(trial))),
  ...(effect === undefined ? {} : { effect: async (trial, reply) => effect(await trial.show(idOf(reply, "compute"))) }),
});
type Effect = (server: Json) => void;

const PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGq0nMTHeEFBWn4YxpWvrmYyW6rJqg4FwQxQWbxPbA0u someone@example";
const USER_DATA = Buffer.from("#!/bin/sh\n").toString("base64");

/** One compute with all that goes together: each of the rows looks at its own. */
const part = (effect: Effect): Try => ({
  attempt: (trial) =>
    trial.once("rich occi compute", async () => {
      const { keypair } = await trial.native("compute", "POST", "/os-keypairs", { keypair: { name: trial.prefix } });
      trial.later(() => trial.drop("compute", `/os-keypairs/${(keypair as Json).name}`));
      return createCompute(
        trial,
        attribute("occi.core.summary", "about it"),
        attribute("occi.compute.hostname", "host.example"),
        attribute("occi.compute.speed", 2.5),
        attribute("occi.compute.cores", 1),
        mixin("public_key", "http://schemas.openstack.org/instance/credentials#"),
        attribute("org.openstack.credentials.publickey.name", trial.prefix),
        mixin("user_data", `${INFRA}/compute#`),
        attribute("occi.compute.userdata", USER_DATA),
      );
    }),
  effect: async (trial, reply) => effect(await trial.show(idOf(reply, "compute"))),
});

const action = (term: string, from: string, to: string): Try => ({
  async attempt(trial) {
    const { serverId } = await trial.stage();
    await trial.bring(serverId, from);
    return trial.occi("POST", `/compute/${serverId}?action=${term}`, [
      `Category: ${term}; scheme="${INFRA}/compute/action#"; class="action"`,
    ]);
  },
  effect: async (trial) => trial.until((await trial.stage()).serverId, to),
});

const show = (path: (trial: Trial) => Promise<string>): Try => ({
  attempt: async (trial) => trial.occi("GET", await path(trial)),
  effect: (_trial, reply) => expect(reply.text).not.toBe(""),
});

const COMPUTE: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  "GET /compute/": { "": show(async () => "/compute/") },
  "GET /compute/{id}": { "": show(async (trial) => `/compute/${(await trial.stage()).serverId}`) },
  "POST /compute/": {
    "": part((server) => expect(server.status).toBe("ACTIVE")),
    "occi.core.summary": {
      ...part(() => {}),
      effect: async (trial, reply) => {
        const shown = await trial.occi("GET", `/compute/${idOf(reply, "compute")}`);
        expect(shown.text).toContain('occi.core.summary="about it"');
      },
    },
    "occi.compute.cores": part((server) => expect(server.flavor).toBeDefined()),
    "occi.compute.hostname": part((server) =>
      expect(server.metadata).toMatchObject({ "occi.compute.hostname": "host.example" }),
    ),
    "occi.compute.share": compute(() => [attribute("occi.compute.share", 2)]),
    "occi.compute.speed": part(() => {}),
    "occi.compute.userdata": part((server) => expect(server.status).toBe("ACTIVE")),
    "org.openstack.compute.user_data": compute(() => [
      mixin("user_data", "http://schemas.openstack.org/compute/instance#"),
      attribute("org.openstack.compute.user_data", USER_DATA),
    ]),
    "org.openstack.credentials.publickey.data": compute(
      (trial) => {
        const name = `${trial.prefix}-data`;
        // Key pairs belong to users: whoever made it takes it away.
        trial.later(() => trial.drop("compute", `/os-keypairs/${name}`, trial.cast.caller));
        return [
          mixin("public_key", "http://schemas.openstack.org/instance/credentials#"),
          attribute("org.openstack.credentials.publickey.name", name),
          attribute("org.openstack.credentials.publickey.data", PUBLIC_KEY),
        ];
      },
      (server) => expect(server.key_name).toMatch(/-data$/),
    ),
    "occi.credentials.ssh.publickey": compute(
      () => [mixin("ssh_key", `${INFRA}/credentials#`), attribute("occi.credentials.ssh.publickey", PUBLIC_KEY)],
      (server) => expect(server.key_name).toBeTruthy(),
    ),
    "org.openstack.credentials.publickey.name": part((server) => expect(server.key_name).toMatch(/^cap-/)),
  },
  "POST /compute/{id}": {
    "": {
      async attempt(trial) {
        const { serverId } = await trial.stage();
        return trial.occi("POST", `/compute/${serverId}`, [
          kind("compute"),
          attribute("occi.core.title", trial.prefix),
        ]);
      },
      effect: async (trial) => expect((await trial.show((await trial.stage()).serverId)).name).toBe(trial.prefix),
    },
  },
  "DELETE /compute/{id}": {
    "": {
      attempt: async (trial) =>
        trial.occi("DELETE", `/compute/${await trial.once("doomed occi", () => trial.server())}`),
      effect: async (trial) => {
        const id = await trial.once("doomed occi", () => trial.server());
        expect((await trial.cast.maker.call("compute", "GET", `/servers/${id}`)).status).toBe(404);
      },
    },
  },
  "POST /compute/{id}?action=stop": { "": action("stop", "ACTIVE", "SHUTOFF") },
  "POST /compute/{id}?action=start": { "": action("start", "SHUTOFF", "ACTIVE") },
  "POST /compute/{id}?action=restart": { "": action("restart", "ACTIVE", "ACTIVE") },
  "POST /compute/{id}?action=suspend": { "": action("suspend", "ACTIVE", "SUSPENDED") },
};

export { attribute, INFRA, idOf, kind, mixin, show };

export const OCCI_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  ...COMPUTE,
  "POST /-/": {
    "": {
      attempt: (trial) =>
        trial.occi("POST", "/-/", [`${mixin("mine", "http://example.org/occi#")}; location="/mine/"`]),
    },
  },
};
