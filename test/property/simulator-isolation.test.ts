/**
 * Two tenants who build what they like never see each other's things: over every route that the services define, with every
 * id there is. And whoever may only read changes nothing, and a token without a project is of no use outside of Keystone.
 */
import fc from "fast-check";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { anonymous, allows } from "../../src/simulator/core/policy.ts";
import type { Actor, Call, Policy } from "../../src/simulator/core/types.ts";
import { Random } from "../support/random.ts";
import { actionsOf, type Made, type Place, places, populate } from "../support/simulator/index.ts";
import { versions } from "../support/simulator/tenants.ts";
import { type Rig, startRig } from "../unit/simulator/rig.ts";

const RUNS = 2;

let rig: Rig;
const tokens = { demo: "", other: "", reader: "" };

beforeAll(async () => {
  rig = await startRig();
});
beforeEach(async () => {
  rig.simulator.reset();
  tokens.demo = await rig.login("demo");
  tokens.other = await rig.login("other");
  tokens.reader = await rig.login("demo-reader");
});
afterAll(() => rig.simulator.close());

/** Rows of the world that are a project's or its user's own: their ids, and their names where these are no common words. */
function belongings(project: string, user: string, name: string): ReadonlySet<string> {
  const found = new Set<string>([name]);
  for (const [table, rows] of rig.simulator.world.snapshot().tables) {
    if (table.startsWith("machine.") || table.startsWith("keystone.")) continue;
    for (const row of rows.values()) {
      const owners = [row.project_id, row.owner, row.user_id];
      if (owners.includes(project) || owners.includes(user)) found.add(row.id.split("/").at(-1) ?? row.id);
    }
  }
  return found;
}

interface Identity {
  readonly project: string;
  readonly user: string;
}

async function identityOf(token: string): Promise<Identity> {
  const { json } = await rig.ask(token, "/identity/v3/auth/tokens?nocatalog", {
    headers: { "x-subject-token": token },
  });
  const found: { token: { project: { id: string }; user: { id: string } } } = JSON.parse(JSON.stringify(json));
  return { project: found.token.project.id, user: found.token.user.id };
}

const reads = places.filter(({ route }) => route.method === "GET" && route.policy.rule !== "public");

/** Every way to fill the parameters of a path with the same foreign value, or with one of each kind in turn. */
function* paths({ template }: Place, values: readonly string[]): Generator<string> {
  const names = [...template.matchAll(/\{(\w+)\}/g)].length;
  if (names === 0) yield template;
  else for (const value of values) yield template.replaceAll(/\{\w+\}/g, encodeURIComponent(value));
}

describe("two tenants", () => {
  test(`see nothing of each other, by any of ${reads.length} routes`, { timeout: 300_000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2 ** 31 - 1 }), async (seed) => {
        rig.simulator.reset();
        tokens.demo = await rig.login("demo");
        tokens.other = await rig.login("other");
        const random = new Random(seed);
        const made: Made = await populate(rig, random, tokens.demo, `mine-${seed}`);
        await populate(rig, random, tokens.other, `theirs-${seed}`);
        const own = await identityOf(tokens.demo);
        const secrets = belongings(own.project, own.user, made.name);
        expect(secrets.size).toBeGreaterThan(15);
        const values = [...secrets, own.project, own.user];
        for (const place of reads) {
          for (const path of paths(place, values)) {
            const said = await rig.ask(tokens.other, path, { headers: versions(path) });
            expect(said.status, `${path}: ${said.text}`).toBeLessThan(500);
            if (said.status >= 300) continue;
            const asked = decodeURIComponent(path);
            const seen = [...secrets].filter((secret) => !asked.includes(secret) && said.text.includes(secret));
            expect(seen, `${path}: ${said.text}`).toEqual([]);
          }
        }
        for (const id of made.ids)
          for (const place of reads.filter(
            ({ resource, template }) => resource?.owner !== undefined && /\}$/.test(template),
          )) {
            const path = place.template.replaceAll(/\{\w+\}/g, encodeURIComponent(id));
            const said = await rig.ask(tokens.other, path, { headers: versions(path) });
            expect([400, 403, 404], `${path}: ${said.text}`).toContain(said.status);
          }
      }),
      { numRuns: RUNS },
    );
  });

  test("lists hold nothing foreign, whatever is asked of them", async () => {
    const made = await populate(rig, new Random(7), tokens.demo, "mine-7");
    const { project, user } = await identityOf(tokens.demo);
    const secrets = belongings(project, user, made.name);
    const queries = [
      "all_tenants=1",
      "all_projects=True",
      `project_id=${project}`,
      `tenant_id=${project}`,
      `owner=${project}`,
    ];
    const more = [
      `user_id=${user}`,
      `name=${made.name}`,
      "limit=1000",
      "deleted=True",
      "visibility=all",
      "member_status=all",
    ];
    for (const { template } of reads.filter((one) => !one.template.includes("{"))) {
      for (const query of [...queries, ...more, `marker=${made.ids[0]}`, `id=${made.ids[0]}`]) {
        const path = `${template}?${query}`;
        const said = await rig.ask(tokens.other, path, { headers: versions(path) });
        if (said.status >= 300) continue;
        const seen = [...secrets].filter((secret) => !query.includes(secret) && said.text.includes(secret));
        expect(seen, `${path}: ${said.text}`).toEqual([]);
      }
    }
  });
});

/** Writes that are about the caller himself, and so need no role. */
const selfService: readonly RegExp[] = [
  /^(?:POST|DELETE) \/identity\/v3\/auth\/tokens$/,
  /^POST \/identity\/v3\/users\/\{user\}\/password$/,
  // Credentials carry no more than the roles of who makes them.
  /^(?:POST|DELETE) \/identity\/v3\/users\/\{user\}\/(?:application_credentials|access_rules|credentials\/OS-EC2)/,
  /^(?:POST|PATCH|DELETE) \/identity\/v3\/credentials/,
];

const writes = places.filter(({ route }) => !["GET", "HEAD"].includes(route.method));
const nameOf = ({ route, template }: Place) => `${route.method} ${template}`;

describe("a reader", () => {
  const reader: Actor = { ...anonymous, userId: "u", projectId: "p", tokenId: "t", roles: new Set(["reader"]) };
  const params = Object.fromEntries(["project", "user", "domain"].map((name) => [name, name === "user" ? "u" : "p"]));
  const asked = (policy: Policy): boolean => {
    // Rules look at the caller and at the path.
    const call = { actor: reader, params } as unknown as Call;
    return allows(policy, call);
  };

  test.each(
    writes
      .filter((place) => !selfService.some((one) => one.test(nameOf(place))))
      .map((place) => [nameOf(place), place] as const),
  )("is refused by the rule of %s", (_name, place) => {
    const actions = actionsOf(place);
    if (actions.length === 0) expect(asked(place.route.policy)).toBe(false);
    // What only shows something is called an action, too.
    const open = actions.filter(([name, policy]) => !/show|get/i.test(name) && asked(policy)).map(([name]) => name);
    expect(open).toEqual([]);
  });

  test("is told 403 by every write that a member's succeeded", async () => {
    const made = await populate(rig, new Random(11), tokens.demo, "mine-11");
    expect(made.writes.length).toBeGreaterThan(15);
    for (const { method, path, body } of made.writes) {
      rig.simulator.machine.run();
      const before = rig.simulator.snapshot();
      const said = await rig.ask(tokens.reader, path, { method, body, headers: versions(path) });
      expect(said.status, `${method} ${path}: ${said.text}`).toBe(403);
      expect([...rig.simulator.snapshot().tables].filter(([name, rows]) => before.tables.get(name) !== rows)).toEqual(
        [],
      );
    }
  });
});

describe("a token without a project", () => {
  // Key pairs are the user's own, whatever his token is for.
  const outside = places.filter(
    ({ service, route }) =>
      service.name !== "keystone" && route.policy.rule !== "public" && !route.path.includes("os-keypairs"),
  );

  test("sees and changes nothing of any project", async () => {
    await populate(rig, new Random(13), tokens.demo, "mine-13");
    const { project, user } = await identityOf(tokens.demo);
    const secrets = belongings(project, user, "mine-13");
    const { username = "", password = "" } = rig.simulator.clouds().demo ?? {};
    const identity = {
      methods: ["password"],
      password: { user: { name: username, domain: { id: "default" }, password } },
    };
    const body = { auth: { identity, scope: "unscoped" } };
    const signed = await rig.ask("", "/identity/v3/auth/tokens", { method: "POST", body });
    const token = signed.headers.get("x-subject-token") ?? "";
    expect(token).not.toBe("");
    for (const place of outside) {
      for (const path of paths(place, [...secrets, project])) {
        const method = place.route.method;
        const said = await rig.ask(token, path, {
          method,
          headers: versions(path),
          ...(method === "GET" ? {} : { body: {} }),
        });
        expect(said.status, `${method} ${path}`).toBeLessThan(500);
        if (said.status >= 300) continue;
        expect(method, `${path}: ${said.text}`).toBe("GET");
        expect(
          [...secrets].filter((secret) => !path.includes(secret) && said.text.includes(secret)),
          path,
        ).toEqual([]);
      }
    }
  });
});
