import { expect } from "vitest";
import { attribute, INFRA, idOf, kind, mixin, show } from "./occi.ts";
import type { Json, Reply, Trial, Try } from "./trial.ts";

/** The OCCI door, row by row: security groups, reservations, and what changes a compute. */

const RULES = JSON.stringify([{ type: "inbound", protocol: "tcp", port: "22", range: "0.0.0.0/0" }]);
const rules = `X-OCCI-Attribute: occi.securitygroup.rules=${JSON.stringify(RULES)}`;
const METADATA = mixin("metadata", "https://vimana.dev/occi#");
const OS = "http://schemas.openstack.org/template/os#";
const RES = "http://schemas.openstack.org/template/resource#";

const term = (id: string): string => id.replaceAll(/[^a-z0-9-]/g, (char) => `_${char.charCodeAt(0).toString(16)}`);

const ownGroup = (trial: Trial): Promise<string> =>
  trial.made("network", "/security-groups", "security_group", { name: trial.name() });

async function createGroup(trial: Trial, ...more: readonly string[]): Promise<Reply> {
  const title = attribute("occi.core.title", trial.name());
  const reply = await trial.occi("POST", "/securitygroup/", [kind("securitygroup"), title, ...more]);
  if (reply.status === 201) {
    trial.later(() => trial.drop("network", `/security-groups/${idOf(reply, "securitygroup")}`));
  }
  return reply;
}

async function linkGroup(trial: Trial, as = trial.cast.caller): Promise<Reply> {
  const { serverId } = await trial.stage();
  const ends = [
    attribute("occi.core.source", `/compute/${serverId}`),
    attribute("occi.core.target", `/securitygroup/${await ownGroup(trial)}`),
  ];
  const reply = await trial.occi("POST", "/securitygrouplink/", [kind("securitygrouplink"), ...ends], as);
  if (reply.status === 201) {
    const path = `/securitygrouplink/${idOf(reply, "securitygrouplink")}`;
    trial.later(async () => void (await trial.occi("DELETE", path, undefined, trial.cast.maker)));
  }
  return reply;
}

async function reserve(trial: Trial, as = trial.cast.caller): Promise<Reply> {
  const reply = await trial.occi("POST", "/ipreservation/", [kind("ipreservation")], as);
  if (reply.status === 201) trial.later(() => trial.drop("network", `/floatingips/${idOf(reply, "ipreservation")}`));
  return reply;
}

const staged = async (trial: Trial): Promise<string> => (await trial.stage()).serverId;
/** One that nothing was done to: after a resize a port may be without its cable, and a rebuild waits for that in vain. */
const fresh = (trial: Trial): Promise<string> => trial.once("fresh server", () => trial.server());

/** A change of a server, by default the one that is there for all. */
const change = (
  lines: (trial: Trial) => readonly string[] | Promise<readonly string[]>,
  effect: (server: Json) => void,
  whose = staged,
): Try => ({
  async attempt(trial) {
    const serverId = await whose(trial);
    await trial.bring(serverId, "ACTIVE");
    return trial.occi("POST", `/compute/${serverId}`, await lines(trial));
  },
  effect: async (trial) => effect(await trial.show(await whose(trial))),
});

const resized = (server: Json): void => expect(server.status).toBe("ACTIVE");

export const OCCI_EXTENSION_TRIES: Readonly<Record<string, Readonly<Record<string, Try>>>> = {
  "GET /securitygroup/": { "": show(async () => "/securitygroup/") },
  "POST /securitygroup/": {
    "": { attempt: (trial) => createGroup(trial) },
    "occi.securitygroup.rules": {
      attempt: (trial) => createGroup(trial, rules),
      async effect(trial, reply) {
        const { text } = await trial.occi("GET", `/securitygroup/${idOf(reply, "securitygroup")}`);
        expect(text).toContain('\\"port\\":\\"22\\"');
      },
    },
  },
  "POST /securitygroup/{id}": {
    "": { attempt: async (trial) => trial.occi("POST", `/securitygroup/${await ownGroup(trial)}`, [rules]) },
  },
  "DELETE /securitygroup/{id}": {
    "": { attempt: async (trial) => trial.occi("DELETE", `/securitygroup/${await ownGroup(trial)}`) },
  },
  "GET /securitygrouplink/": { "": { attempt: (trial) => trial.occi("GET", "/securitygrouplink/") } },
  "POST /securitygrouplink/": { "": { attempt: (trial) => linkGroup(trial) } },
  "DELETE /securitygrouplink/{id}": {
    "": {
      async attempt(trial) {
        const id = idOf(await linkGroup(trial, trial.cast.maker), "securitygrouplink");
        return trial.occi("DELETE", `/securitygrouplink/${id}`);
      },
    },
  },
  "GET /ipreservation/": { "": { attempt: (trial) => trial.occi("GET", "/ipreservation/") } },
  "POST /ipreservation/": { "": { attempt: (trial) => reserve(trial) } },
  "DELETE /ipreservation/{id}": {
    "": {
      async attempt(trial) {
        const id = idOf(await reserve(trial, trial.cast.maker), "ipreservation");
        return trial.occi("DELETE", `/ipreservation/${id}`);
      },
    },
  },
  "POST /compute/{id}?action=save": {
    "": {
      async attempt(trial) {
        const { serverId } = await trial.stage();
        await trial.bring(serverId, "ACTIVE");
        const call = `Category: save; scheme="${INFRA}/compute/action#"; class="action"`;
        const reply = await trial.occi("POST", `/compute/${serverId}?action=save`, [call]);
        const [, image] = /Category: ([0-9a-f-]{36});/.exec(reply.text) ?? [];
        if (image !== undefined) trial.later(() => trial.drop("image", `/images/${image}`));
        await trial.until(serverId, "ACTIVE");
        return reply;
      },
    },
  },
};

/** Inputs of `POST /compute/{id}` beside the title. */
export const COMPUTE_CHANGES: Readonly<Record<string, Try>> = {
  "vimana.metadata": change(
    () => [METADATA, attribute("vimana.metadata.tried", "yes")],
    (server) => expect(server.metadata).toMatchObject({ tried: "yes" }),
  ),
  resource_tpl: change(async (trial) => {
    const { serverId } = await trial.stage();
    const { original_name } = (await trial.show(serverId)).flavor as { readonly original_name?: string };
    const name = original_name === "m1.small" ? "m1.tiny" : "m1.small";
    return [mixin(term(await trial.cast.maker.find("compute", "/flavors", "flavors", name)), RES)];
  }, resized),
  "occi.compute.memory": change(async (trial) => {
    const { text } = await trial.occi("GET", `/compute/${(await trial.stage()).serverId}`);
    return [attribute("occi.compute.memory", text.includes("occi.compute.memory=2.0") ? 4 : 2)];
  }, resized),
  os_tpl: change(
    async (trial) => {
      const { images } = await trial.native("image", "GET", "/images");
      const other = (images as readonly { readonly id: string; readonly min_ram: number }[]).find(
        ({ id, min_ram }) => id !== trial.cast.imageId && min_ram < 512,
      );
      return [mixin(other?.id ?? trial.cast.imageId, OS)];
    },
    resized,
    fresh,
  ),
};
