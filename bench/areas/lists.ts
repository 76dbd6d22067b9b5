import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Direct, streamed } from "../direct.ts";
import { get, openGrpcCaller } from "../doors.ts";
import { interleaved } from "../load.ts";
import type { Upstream } from "../plan.ts";
import { atMost, type Row, type Section } from "../report.ts";
import { type Gateway, makeServers, type Rig, startRig } from "../rig.ts";
import { figure, median } from "../stats.ts";

/** Long lists: how soon they begin and end, and what they cost in memory. */
export async function listsArea(): Promise<readonly Section[]> {
  return [await thousand(), ...(await tenThousand())];
}

/** The lists of a tenant's servers through our doors. */
export function serverLists({ doors }: Gateway, { token }: Direct) {
  const headers = { "x-auth-token": token };
  return {
    rest: get(`${doors.http}/vivnfm/v5/compute`, headers),
    uris: get(`${doors.occi}/compute/`, { ...headers, accept: "text/uri-list" }),
    json: get(`${doors.occi}/compute/`, { ...headers, accept: "application/occi+json" }),
  };
}

/** The single list call that a caller of Nova would make. */
export function singleList(tenant: Direct, version: string): Upstream {
  return tenant.upstream("compute", "/servers/detail?limit=1000", version);
}

export interface ListTimes {
  readonly first: number;
  readonly all: number;
}

/** Each list and the direct one, in turns. */
export async function listTimes(gateway: Gateway, tenant: Direct, version: string, rounds: number) {
  const { rest, uris, json } = serverLists(gateway, tenant);
  const grpc = openGrpcCaller(gateway.doors.grpc, tenant.token);
  const query = async (): Promise<ListTimes> => {
    const from = performance.now();
    await grpc.call("/kubenvf.kubevim.api.pb.vi_vnfm/QueryVirtualisedComputeResource");
    const all = performance.now() - from;
    return { first: all, all };
  };
  const lists: Readonly<Record<string, () => Promise<ListTimes>>> = {
    direct: () => streamed(singleList(tenant, version)),
    REST: () => streamed(rest),
    gRPC: query,
    "OCCI uri-list": () => streamed(uris),
    "OCCI JSON": () => streamed(json),
  };
  for (const list of Object.values(lists)) await list();
  const found = await interleaved<ListTimes>(rounds, lists);
  grpc.close();
  return Object.keys(lists).map((name) => ({
    name,
    first: median((found[name] ?? []).map((one) => one.first)),
    all: median((found[name] ?? []).map((one) => one.all)),
  }));
}

async function thousand(): Promise<Section> {
  const rig = await startRig();
  try {
    await makeServers(rig.tenant, rig.admin, 1_000);
    const times = await listTimes(rig.gateway, rig.tenant, "compute 2.90", 5);
    return {
      title: "1 000 servers, on the simulator",
      text: "Medians of 5 rounds, in turns; direct is one `GET /servers/detail?limit=1000`. Ours also tell each server's ports and flavour; a URI list needs neither.",
      rows: times.map(({ name, first, all }) => ({
        what: name,
        measured: `first bytes after ${figure(first)} ms, all after ${figure(all)} ms`,
      })),
    };
  } finally {
    await rig.stop();
  }
}

async function tenThousand(): Promise<readonly Section[]> {
  const rig = await startRig();
  try {
    await makeServers(rig.tenant, rig.admin, 10_000);
    const { rest, uris } = serverLists(rig.gateway, rig.tenant);
    // Signed in, versions known, code compiled: what is measured is the list.
    await streamed({ ...uris, path: "/network/" });
    await streamed({ ...rest, path: "/vivnfm/v5/images" });
    const idle = rig.gateway.residentMiB();
    const rows: Row[] = [];
    for (const [name, list] of Object.entries({ "OCCI uri-list": uris, REST: rest })) {
      const { first, all, bytes, most } = await watched(rig.gateway, () => streamed(list));
      rows.push(
        atMost(`${name}, memory above idle`, most - idle, 50, "MiB", figure),
        atMost(`${name}, first bytes after`, first, 100, "ms", figure),
        { what: `${name}, all`, measured: `${figure(all / 1000)} s, ${figure(bytes / 2 ** 20)} MiB` },
      );
    }
    return [
      {
        title: "10 000 servers, streamed",
        text: `One caller who reads as fast as it comes, on the simulator; memory is the most that was seen, looked at every 20 ms. Idle are ${figure(idle)} MiB, after a first call to each door.`,
        rows,
      },
      await manyStreams(rig, rest),
    ];
  } finally {
    await rig.stop();
  }
}

async function watched<Result>(gateway: Gateway, work: () => Promise<Result>): Promise<Result & { most: number }> {
  let most = 0;
  const look = setInterval(() => {
    most = Math.max(most, gateway.residentMiB());
  }, 20);
  try {
    const result = await work();
    return { ...result, most: Math.max(most, gateway.residentMiB()) };
  } finally {
    clearInterval(look);
  }
}

const STREAMS = 1_000;
/** Callers who read on to the end; the others leave after their first bytes. */
const READERS = 10;

/** Many callers who have all begun to read the same long list, and stopped. */
async function manyStreams({ gateway }: Rig, list: Upstream): Promise<Section> {
  const idle = gateway.residentMiB();
  const from = performance.now();
  const { responses, refused, most } = await watched(gateway, async () => {
    const opened = await Promise.all(Array.from({ length: STREAMS }, () => begin(list)));
    const begun = opened.flatMap((one) => (one === undefined ? [] : [one]));
    return { responses: begun, refused: opened.length - begun.length };
  });
  const begun = performance.now() - from;
  await sleep(1_000);
  const held = gateway.residentMiB();
  const readers = responses.slice(0, READERS);
  for (const response of responses.slice(READERS)) response.destroy();
  const ends = await Promise.all(readers.map(readOn));
  const whole = ends.filter((text) => text.endsWith("]}") && text.split('"computeId"').length > 10_000).length;
  return {
    title: "1 000 streams at a time",
    text: `${STREAMS} callers ask for the REST list of 10 000 servers, read its first bytes and stop; then ${READERS} read on to the end and the others leave.`,
    rows: [
      {
        what: "refused or broken",
        measured: `${refused + READERS - whole}`,
        goal: "0",
        holds: refused === 0 && whole === READERS,
      },
      { what: "all have begun after", measured: `${figure(begun / 1000)} s` },
      {
        what: "memory",
        measured: `${figure(held)} MiB held open, ${figure(most)} MiB at most, ${figure(idle)} MiB before`,
      },
    ],
  };
}

/** A caller who has read the first bytes and stopped; nothing for one who was refused. */
function begin({ origin, path, headers }: Upstream): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const asked: ClientRequest = request(`${origin}${path}`, { headers, agent: false }, (response) => {
      if (response.statusCode !== 200) {
        response.destroy();
        resolve(undefined);
        return;
      }
      response.once("readable", () => resolve(response));
      response.on("error", () => {});
    });
    asked.on("error", () => resolve(undefined));
    asked.end();
  });
}

async function readOn(response: IncomingMessage): Promise<string> {
  let text = "";
  try {
    for await (const chunk of response) text += chunk;
  } catch {
    return "";
  }
  return text;
}
