import type { Child } from "../children.ts";
import { planned } from "../direct.ts";
import { calling, get, openGrpcCaller } from "../doors.ts";
import { type Call, driven, interleaved, timed } from "../load.ts";
import type { Plan } from "../plan.ts";
import { atLeast, type Row, type Section } from "../report.ts";
import { startBare, startRig } from "../rig.ts";
import { figure, median, quantile } from "../stats.ts";

const IN_FLIGHT = 16;
const ROUNDS = 7;
const ROUND_MS = 500;
/** Of one turn of calls one after another: on a machine that is busy otherwise there are fewer of them. */
const MOST_MS = 2_000;
const VI_VNFM = "/kubenvf.kubevim.api.pb.vi_vnfm";

/** One upstream request through each of our doors, beside the direct request and beside bare doors. */
export async function gatewayArea(): Promise<readonly Section[]> {
  const rig = await startRig();
  const { tenant, gateway, simulator } = rig;
  const { body } = await tenant.call("block-storage", "POST", "/volumes", { volume: { size: 1, name: "bench" } });
  const { id } = body.volume as { id: string };
  const plans: Record<"images" | "volume", Plan> = {
    images: [[tenant.upstream("image", "/images?limit=100")]],
    volume: [[tenant.upstream("block-storage", `/volumes/${id}`, "volume 3.59")]],
  };
  const bare = await startBare(plans);
  const own = openGrpcCaller(gateway.doors.grpc, tenant.token);
  const other = openGrpcCaller(bare.grpc.said[1] ?? "");
  const token = { "x-auth-token": tenant.token };
  const bareHttp = (child: Child, plan: string) => calling(get(`${child.said[1]}/${plan}`));
  const doors: readonly Door[] = [
    {
      name: "REST",
      least: 0.35,
      plan: plans.images,
      call: calling(get(`${gateway.doors.http}/vivnfm/v5/images`, token)),
      proxy: bareHttp(bare.proxy, "images"),
      bare: { child: bare.express, name: "express", call: bareHttp(bare.express, "images") },
    },
    {
      name: "gRPC",
      least: 0.25,
      plan: plans.images,
      call: async () => void (await own.call(`${VI_VNFM}/QueryImages`)),
      proxy: bareHttp(bare.proxy, "images"),
      bare: { child: bare.grpc, name: "grpc-js", call: async () => void (await other.call("/bare/images")) },
    },
    {
      name: "OCCI",
      least: 0.35,
      plan: plans.volume,
      call: calling(get(`${gateway.doors.occi}/storage/${id}`, { ...token, accept: "text/plain" })),
      proxy: bareHttp(bare.proxy, "volume"),
      bare: { child: bare.express, name: "express", call: bareHttp(bare.express, "volume") },
    },
  ];
  try {
    const latency: Row[] = [];
    const rate: Row[] = [];
    for (const door of doors) {
      for (const call of [door.call, door.proxy, door.bare.call]) await driven(call, IN_FLIGHT, 1_000);
      await simulator.ask("requests");
      await door.call();
      const asked = (await simulator.ask("requests")) as string[];
      if (asked.length !== door.plan.flat().length) throw new Error(`${door.name} asks ${asked.join(", ")}`);
      latency.push(...(await added(door.name, door.call, planned(door.plan), 1)));
      rate.push(...(await compared(door, gateway, bare.proxy)));
    }
    return [
      {
        title: "What a door adds to a call, on the simulator",
        text: "One caller, one call after another, in turns: the median and the 99th percentile of the call minus those of the same request sent directly. REST and gRPC query images, OCCI reads a storage.",
        rows: latency,
      },
      {
        title: "Calls a second and processor time a call",
        text: `${IN_FLIGHT} in flight with a caller's own token, log level info; medians of ${ROUNDS} rounds of ${ROUND_MS} ms. The bare proxy is node:http with undici that parses and writes the JSON of the same upstream request; the bare door is the library of our door with the same handler.`,
        rows: rate,
      },
    ];
  } finally {
    own.close();
    other.close();
    await bare.stop();
    await rig.stop();
  }
}

interface Door {
  readonly name: string;
  /** Of the bare proxy's calls a second. */
  readonly least: number;
  readonly plan: Plan;
  readonly call: Call;
  readonly proxy: Call;
  readonly bare: { readonly child: Child; readonly name: string; readonly call: Call };
}

/** Added latency: rows of median and 99th percentile. `after` each turn things are as they were. */
export async function added(
  name: string,
  call: Call,
  direct: Call,
  most?: number,
  each = 150,
  after?: Call,
): Promise<readonly Row[]> {
  const turn = (which: Call) => async () => {
    const times = await timed(which, each, MOST_MS);
    await after?.();
    return times;
  };
  const found = await interleaved(6, { call: turn(call), direct: turn(direct) });
  const [ours = [], theirs = []] = [found.call?.flat(), found.direct?.flat()];
  return [0.5, 0.99].map((part) => {
    const [through, without] = [quantile(ours, part), quantile(theirs, part)];
    const what = `${name}, added p${part * 100}`;
    const measured = `${figure(through - without)} ms (${figure(through)} against ${figure(without)})`;
    if (most === undefined || part > 0.5) return { what, measured };
    return { what, measured, goal: `≤ ${most} ms`, holds: through - without <= most };
  });
}

/** Requests a second and processor time a call of ours, of the proxy and of the bare door, as ratios. */
async function compared(door: Door, gateway: Child, proxy: Child): Promise<readonly Row[]> {
  const measure = (call: Call, child: Child) => async () => {
    const before = child.cpuSeconds();
    const { calls, seconds } = await driven(call, IN_FLIGHT, ROUND_MS);
    return { rate: calls / seconds, cpu: ((child.cpuSeconds() - before) * 1e6) / calls };
  };
  const found = await interleaved(ROUNDS, {
    ours: measure(door.call, gateway),
    proxy: measure(door.proxy, proxy),
    bare: measure(door.bare.call, door.bare.child),
  });
  const of = (name: string, what: "rate" | "cpu") => (found[name] ?? []).map((one) => one[what]);
  const ratio = (name: string) => median(of("ours", "rate").map((rate, at) => rate / (of(name, "rate")[at] ?? 1)));
  const rates = ["ours", "proxy", "bare"].map((name) => figure(median(of(name, "rate"))));
  const cpu = ["ours", "proxy", "bare"].map((name) => figure(median(of(name, "cpu"))));
  return [
    atLeast(`${door.name}, of the bare proxy's calls a second`, ratio("proxy"), door.least, figure),
    atLeast(`${door.name}, of bare ${door.bare.name}'s`, ratio("bare"), 0.85, figure),
    { what: `${door.name}, calls a second: ours, proxy, bare ${door.bare.name}`, measured: rates.join(", ") },
    { what: `${door.name}, µs of processor a call: the same`, measured: cpu.join(", ") },
  ];
}
