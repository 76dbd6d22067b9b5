import { CloudError } from "../../src/cloud/index.ts";
import { parseJsonMessages } from "../../src/occi/parse/json.ts";
import { fieldsOfBody, parseFields } from "../../src/occi/parse/text.ts";
import { fetchText, planned } from "../direct.ts";
import { calling, get } from "../doors.ts";
import { driven, interleaved } from "../load.ts";
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
const KIND = "http://schemas.ogf.org/occi/infrastructure#";

async function threeCalls({ tenant, admin, gateway, simulator }: Rig, server: string): Promise<Section> {
  const rows: Row[] = [];
  const headers = { "x-auth-token": tenant.token, accept: "text/plain" };
  const { ports } = JSON.parse(await fetchText(tenant.upstream("network", `/ports?device_id=${server}`)));
  const compute = (path: string) => tenant.upstream("compute", path, "compute 2.90");
  const show: Plan = [
    [
      compute(`/servers/${server}`),
      tenant.upstream("network", `/ports?device_id=${server}&limit=500`),
      compute("/flavors/detail?is_public=None"),
    ],
    [tenant.upstream("network", `/floatingips?port_id=${ports[0].id}&limit=500`)],
  ];
  const one = get(`${gateway.doors.occi}/compute/${server}`, headers);
  await fetchText(one);
  await simulator.ask("requests");
  await fetchText(one);
  const asked = (await simulator.ask("requests")) as string[];
  const plans: Record<string, Plan> = { show };
  await compare("GET /compute/{id}", one, show);
  rows.push({ what: "GET /compute/{id}, requests upstream", measured: asked.join(", ").replaceAll(server, "{id}") });

  // Many creates make many servers: they go again in between.
  const wish = await orderOf();
  const body = {
    server: { name: "bench", imageRef: wish.image, flavorRef: wish.flavour, networks: [{ uuid: wish.network }] },
  };
  const made: string[] = [];
  const create: Upstream = {
    ...one,
    method: "POST",
    path: "/compute/",
    headers: { ...headers, "content-type": "text/plain" },
    body: wish.text,
  };
  const createDirectly = async () => {
    await fetchText(tenant.upstream("image", `/images/${wish.image}`));
    await fetchText(compute(`/flavors/${wish.flavour}`));
    await fetchText(tenant.upstream("network", `/networks/${wish.network}`));
    const post = { ...compute("/servers"), method: "POST" as const, body: JSON.stringify(body) };
    const answer = await fetchText({ ...post, headers: { ...post.headers, "content-type": "application/json" } });
    const { id } = JSON.parse(answer).server;
    made.push(id);
    await fetchText(compute(`/servers/${id}`));
    await fetchText(tenant.upstream("network", `/ports?device_id=${id}`));
  };
  const createByOcci = async () => {
    made.push((/[0-9a-f-]{36}$/.exec((await fetchText(create)).trim()) ?? [""])[0]);
  };
  await createByOcci();
  await simulator.ask("requests");
  await createByOcci();
  const steps = (await simulator.ask("requests")) as string[];
  await createDirectly();
  rows.push(...(await added("POST /compute/", createByOcci, createDirectly, 1, 40)));
  rows.push({
    what: "POST /compute/, requests upstream",
    measured: `${steps.length}; the direct create makes 6: image, flavour, network, POST, server, ports`,
  });
  for (const id of made) await tenant.call("compute", "DELETE", `/servers/${id}`);

  await makeServers(tenant, admin, 999);
  const list = { ...one, path: "/compute/" };
  plans.list = [[compute("/servers?limit=1000")]];
  await compare("GET /compute/, 1 000 servers", list, plans.list, 40);
  return {
    title: "OCCI's three calls, on the simulator",
    text: `As above, in text/plain, with the gateway's store in memory; direct are the same requests upstream, side by side where none needs another's answer, and the bare proxy makes just these, ${IN_FLIGHT} callers in flight.`,
    rows,
  };

  async function compare(name: string, upstream: Upstream, plan: Plan, each = 150): Promise<void> {
    const call = calling(upstream);
    const bare = await startBare({ plan });
    const proxy = calling(get(`${bare.proxy.said[1]}/plan`));
    for (const warm of [call, proxy]) await driven(warm, IN_FLIGHT, 1_000);
    rows.push(...(await added(name, call, planned(plan), 1, each)));
    const rate = async (which: typeof call) => {
      const { calls, seconds } = await driven(which, IN_FLIGHT, 500);
      return calls / seconds;
    };
    const found = await interleaved(7, { ours: () => rate(call), proxy: () => rate(proxy) });
    const ratio = median((found.ours ?? []).map((ours, at) => ours / (found.proxy?.[at] ?? 1)));
    rows.push(atLeast(`${name}, of the bare proxy's calls a second`, ratio, 0.35, figure));
    await bare.stop();
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
