import { setTimeout as sleep } from "node:timers/promises";
import { type Direct, fetchText } from "../direct.ts";
import { calling } from "../doors.ts";
import { type Call, driven, timed } from "../load.ts";
import type { Upstream } from "../plan.ts";
import { atLeast, atMost, type Row, type Section } from "../report.ts";
import { makeServers, startSimulatorProcess } from "../rig.ts";
import { figure, median, quantile } from "../stats.ts";

/** The simulator by itself: how fast it lists, shows, pages and forgets. */
export async function simulatorArea(): Promise<readonly Section[]> {
  const { simulator, tenant, admin, stop } = await startSimulatorProcess();
  try {
    const rows: Row[] = [];
    const flavours = calling(tenant.upstream("compute", "/flavors/detail"));
    await driven(flavours, 16, 1_000);
    const { calls, seconds } = await driven(flavours, 16, 2_000);
    rows.push(atLeast("`flavors/detail`, 16 in flight", calls / seconds, 3_000, figure, " requests/s"));
    await makeServers(tenant, admin, 1_000);
    const { servers } = JSON.parse(await fetchText(tenant.upstream("compute", "/servers?limit=1")));
    const kinds: Readonly<Record<string, Upstream>> = {
      "a page of 50 of `servers`": tenant.upstream("compute", "/servers?limit=50"),
      "a page of 50 of `ports`": tenant.upstream("network", "/ports?limit=50"),
      "one server": tenant.upstream("compute", `/servers/${servers[0].id}`),
    };
    for (const [name, upstream] of Object.entries(kinds)) {
      await timed(calling(upstream), 200);
      const times = await timed(calling(upstream), 400);
      rows.push(atMost(`${name}, of 1 000, p50`, quantile(times, 0.5), 1, "ms", figure));
      rows.push(atMost(`${name}, of 1 000, p99`, quantile(times, 0.99), 5, "ms", figure));
    }
    await makeServers(tenant, admin, 9_000);
    const walks = [];
    for (let round = 0; round < 3; round += 1) walks.push(await walk(tenant));
    rows.push(atMost("10 000 servers by marker, 1 000 a page", median(walks) / 1000, 1, "s", figure));
    const resets = [];
    for (let round = 0; round < 5; round += 1) {
      resets.push(Number(await simulator.ask("reset")));
      await sleep(10);
    }
    rows.push(atMost("reset of a world of 10 000 servers", resets[0] ?? Number.NaN, 10, "ms", figure));
    rows.push(atMost("reset, the next ones", median(resets.slice(1)), 10, "ms", figure));
    return [
      {
        title: "The simulator by itself",
        text: "Requests over HTTP with a kept connection, one caller unless said; a project with 1 000 servers, each with a port, then with 10 000.",
        rows,
      },
    ];
  } finally {
    await stop();
  }
}

/** Milliseconds to read all servers, page by page. */
async function walk(tenant: Direct): Promise<number> {
  const from = performance.now();
  let marker = "";
  let count = 0;
  for (;;) {
    const { servers } = JSON.parse(await fetchText(tenant.upstream("compute", `/servers?limit=1000${marker}`)));
    if (servers.length === 0) break;
    count += servers.length;
    marker = `&marker=${servers.at(-1).id}`;
  }
  if (count !== 10_000) throw new Error(`${count} servers`);
  return performance.now() - from;
}

/** The same five calls, on any cloud. */
export function fiveCalls(tenant: Direct): Readonly<Record<string, Call>> {
  return {
    "POST /auth/tokens": tenant.signInAgain,
    "GET /flavors/detail": calling(tenant.upstream("compute", "/flavors/detail")),
    "GET /images": calling(tenant.upstream("image", "/images")),
    "GET /ports": calling(tenant.upstream("network", "/ports")),
    "GET /servers/detail": calling(tenant.upstream("compute", "/servers/detail")),
  };
}
