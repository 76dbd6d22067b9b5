import { CloudError } from "../../src/cloud/index.ts";
import { parseJsonMessages } from "../../src/occi/parse/json.ts";
import { fieldsOfBody, parseFields } from "../../src/occi/parse/text.ts";
import { fetchJson, fetchText, planned } from "../direct.ts";
import { calling, get } from "../doors.ts";
import { type Call, driven, interleaved } from "../load.ts";
import type { Plan, Upstream } from "../plan.ts";
import { atLeast, atMost, type Row, type Section } from "../report.ts";
import { makeServers, type Rig, startBare, startRig } from "../rig.ts";
import { figure, median } from "../stats.ts";
import { added } from "./gateway.ts";
import { pyssf } from "./pyssf.ts";

/** OCCI's three calls beside the same calls made directly, and how its parsers' time grows. */
export async function occiArea(): Promise<readonly Section[]> {
  const rig = await startRig();
  try {
    const { tenant, admin, gateway } = rig;
    await makeServers(tenant, admin, 1);
    const { servers } = JSON.parse(await fetchText(tenant.upstream("compute", "/servers")));
    const server: string = servers[0].id;
    const peer = await pyssf(gateway.doors.occi, tenant.token, server);
    return [await threeCalls(rig, server), parsers(), peer];
  } finally {
    await rig.stop();
  }
}

const IN_FLIGHT = 16;
/** V8 compiles what is hot for some thousand calls; a gateway is measured as it is for the rest of its life. */
const WARM_ROUNDS = 10;
const KIND = "http://schemas.ogf.org/occi/infrastructure#";
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/g;

async function threeCalls({ tenant, admin, gateway, simulator }: Rig, server: string): Promise<Section> {
  const rows: Row[] = [];
  const headers = { "x-auth-token": tenant.token, accept: "text/plain" };
  const compute = (path: string) => tenant.upstream("compute", path, "compute 2.90");
  const occi = (path: string) => get(`${gateway.doors.occi}${path}`, headers);

  const show: Plan = [
    [
      compute(`/servers/${server}`),
      tenant.upstream("network", `/ports?device_id=${server}&limit=500`),
      compute("/flavors?is_public=None"),
      tenant.upstream("network", "/floatingips?limit=20"),
    ],
  ];
  await compare({ name: "GET /compute/{id}", ours: occi(`/compute/${server}`), plan: show });

  const wish = await orderOf();
  const body = {
    server: { name: "bench", imageRef: wish.image, flavorRef: wish.flavour, networks: [{ uuid: wish.network }] },
  };
  const post = { ...compute("/servers"), method: "POST" as const, body: JSON.stringify(body) };
  const create: Plan = [[{ ...post, headers: { ...post.headers, "content-type": "application/json" } }]];
  const ours: Upstream = { ...occi("/compute/"), method: "POST", body: wish.text };
  await compare({
    name: "POST /compute/",
    ours: { ...ours, headers: { ...headers, "content-type": "text/plain" } },
    plan: create,
    each: 60,
    after: dropOthers,
  });

  await makeServers(tenant, admin, 999);
  const first = compute("/servers?limit=1000");
  const { servers } = await fetchJson(first);
  const list: Plan = [[first], [compute(`/servers?limit=1000&marker=${servers.at(-1).id}`)]];
  await compare({ name: "GET /compute/, 1 000 servers", ours: occi("/compute/"), plan: list, direct: walk, each: 40 });
  return {
    title: "OCCI's three calls, on the simulator",
    text: `In text/plain, with the gateway's store in memory. Direct are the same requests upstream, side by side where none needs another's answer, by a caller who reads the JSON: a list is followed from link to link. The bare proxy makes just these requests, too, ${IN_FLIGHT} callers in flight. Each of the three has worked for ${WARM_ROUNDS} seconds before; image, flavour and network of the create are those of the creates before it.`,
    rows,
  };

  interface Comparison {
    readonly name: string;
    readonly ours: Upstream;
    readonly plan: Plan;
    /** What a caller does without us, where the plan alone does not say. */
    readonly direct?: Call;
    readonly each?: number;
    readonly after?: Call;
  }

  async function compare({ name, ours, plan, direct, each, after }: Comparison): Promise<void> {
    const call = async () => void (await fetchText(ours)).split("\n");
    const bare = await startBare({ plan });
    const proxy = calling(get(`${bare.proxy.said[1]}/plan`));
    const drive = async (which: Call, milliseconds: number) => {
      const { calls, seconds } = await driven(which, IN_FLIGHT, milliseconds);
      await after?.();
      return calls / seconds;
    };
    const alone = direct ?? planned(plan, fetchJson);
    for (let round = 0; round < WARM_ROUNDS; round++) for (const warm of [call, alone, proxy]) await drive(warm, 1_000);
    const asks = async () => {
      await simulator.ask("requests");
      await call();
      return (await simulator.ask("requests")) as string[];
    };
    const isAsPlanned = (asked: readonly string[]) => asked.length === plan.flat().length;
    // Once a minute a call looks again at what the others remember.
    const asked = [await asks(), await asks()].find(isAsPlanned);
    if (asked === undefined) throw new Error(`${name} asks ${(await asks()).join(", ")}`);
    rows.push(...(await added(name, call, alone, 1, each, after)));
    const found = await interleaved(7, { ours: () => drive(call, 500), proxy: () => drive(proxy, 500) });
    const ratio = median((found.ours ?? []).map((ours, at) => ours / (found.proxy?.[at] ?? 1)));
    rows.push(atLeast(`${name}, of the bare proxy's calls a second`, ratio, 0.35, figure));
    rows.push({ what: `${name}, requests upstream`, measured: asked.join(", ").replaceAll(UUID, "{id}") });
    await bare.stop();
  }

  /** All servers but the one that was there first. */
  async function dropOthers(): Promise<void> {
    for (;;) {
      const { servers } = await fetchJson(compute("/servers?limit=1000"));
      const others = (servers as { id: string }[]).filter(({ id }) => id !== server);
      if (others.length === 0) return;
      await Promise.all(others.map(({ id }) => tenant.call("compute", "DELETE", `/servers/${id}`)));
    }
  }

  async function walk(): Promise<void> {
    for (let next: string | undefined = "?limit=1000"; next !== undefined; ) {
      const { servers_links = [] }: { servers_links?: { rel: string; href: string }[] } = await fetchJson(
        compute(`/servers${next}`),
      );
      const href = servers_links.find(({ rel }) => rel === "next")?.href;
      next = href?.slice(href.indexOf("?"));
    }
  }

  async function orderOf() {
    const image = await tenant.find("image", "/images", "images", "cirros");
    const flavour = await tenant.find("compute", "/flavors", "flavors", "m1.tiny");
    const network = await tenant.find("network", "/networks", "networks", "bench-net");
    const text = [
      `Category: compute; scheme="${KIND}"; class="kind"`,
      `Category: ${image}; scheme="http://schemas.openstack.org/template/os#"; class="mixin"`,
      `Category: ${flavour}; scheme="http://schemas.openstack.org/template/resource#"; class="mixin"`,
      'X-OCCI-Attribute: occi.core.title="bench"',
      `Link: </network/${network}>; rel="${KIND}network"; category="${KIND}networkinterface"`,
    ].join("\n");
    return { image, flavour, network, text };
  }
}

type Read = (text: string) => unknown;

const text: Read = (body) => parseFields(fieldsOfBody(body));
const header: Read = (value) => parseFields([{ name: "category", value }]);

/** Shapes that a careless parser reads in quadratic time; each piece is repeated. */
const SHAPES: readonly (readonly [name: string, read: Read, before: string, piece: string])[] = [
  ["text, open quotes", text, 'X-OCCI-Attribute: a="', '\\"'],
  ["text, many lines", text, "", 'X-OCCI-Attribute: a="b"\n'],
  ["text, semicolons", text, "Category: a", ";"],
  ["text, brackets", text, "Link: ", "<"],
  ["text, blanks", text, "Category:", " "],
  ["header, commas", header, 'compute; scheme="a#"', ","],
  ["header, categories", header, "", 'a; scheme="http://a/#"; class="kind",'],
  ["JSON, depth", parseJsonMessages, "", "["],
  ["JSON, members", parseJsonMessages, "{", '"a":1,'],
  ["JSON, escapes", parseJsonMessages, '{"title":"', "\\u0041"],
];

function parsers(): Section {
  const kib = 1024;
  const time = (read: Read, input: string): number => {
    const times = Array.from({ length: 60 }, () => {
      const from = performance.now();
      try {
        read(input);
      } catch (thrown) {
        if (!(thrown instanceof CloudError)) throw thrown;
      }
      return performance.now() - from;
    });
    // The quickest is the parser's own time; the others have waited for something.
    return Math.min(...times.slice(20));
  };
  return {
    title: "OCCI's parsers on hostile shapes",
    text: "Time for 64 KiB over time for 8 KiB, the quickest of 40 readings each; a parser that is linear needs 8 times as long. Below 0.01 ms nothing can be told.",
    rows: SHAPES.map(([name, read, before, piece]) => {
      const input = (bytes: number) => (before + piece.repeat(bytes / piece.length)).slice(0, bytes);
      const [small, large] = [time(read, input(8 * kib)), time(read, input(64 * kib))];
      const row = atMost(name, large / Math.max(small, 0.01), 12, "times", figure);
      return { ...row, measured: `${row.measured} (${large.toFixed(3)} ms against ${small.toFixed(3)} ms)` };
    }),
  };
}
