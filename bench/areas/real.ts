import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Direct, openDirect, planned } from "../direct.ts";
import { calling, get, openGrpcCaller } from "../doors.ts";
import { interleaved, timed } from "../load.ts";
import { type Row, type Section, told } from "../report.ts";
import { type Gateway, startGateway, startSimulatorProcess } from "../rig.ts";
import { figure, median, quantile } from "../stats.ts";
import { openCrowd } from "./crowd.ts";
import { added } from "./gateway.ts";
import { listTimes } from "./lists.ts";
import { fiveCalls } from "./simulator.ts";

/** What a real OpenStack changes: the same calls where the cloud takes its time. */
export async function realArea(): Promise<readonly Section[]> {
  const folder = process.env.OPENSTACK_RIG_DIR ?? join(process.env.TMPDIR ?? tmpdir(), "openstack-rig");
  const file = join(folder, "clouds.yaml");
  if (!existsSync(file)) return [told("A real OpenStack", "There was none at hand: nothing was measured.")];
  const tenant = await openDirect({ file, name: "tenant-a" });
  const admin = await openDirect({ file, name: "admin" });
  const gateway = await startGateway(tenant.place);
  try {
    return [await beside(tenant), await addedThere(gateway, tenant), await thousand(admin, folder)];
  } finally {
    await gateway.stop();
  }
}

async function beside(real: Direct): Promise<Section> {
  const { tenant, stop } = await startSimulatorProcess();
  const rows: Row[] = [];
  const theirs = fiveCalls(real);
  for (const [name, call] of Object.entries(fiveCalls(tenant))) {
    const other = theirs[name];
    if (other === undefined) continue;
    // Both warm: the real one has served for long, ours has only begun.
    await timed(call, 500);
    await timed(other, 3);
    const found = await interleaved(5, { ours: () => timed(call, 30), theirs: () => timed(other, 8) });
    const [here, there] = [quantile(found.ours?.flat() ?? [], 0.5), quantile(found.theirs?.flat() ?? [], 0.5)];
    rows.push({
      what: name,
      measured: `${figure(there / here)} times (${figure(there)} ms against ${figure(here)} ms)`,
      goal: "≥ 20 times",
      holds: there / here >= 20,
    });
  }
  await stop();
  return {
    title: "The simulator beside a real OpenStack",
    text: "Medians of the same call on OpenStack Zed (Debian 12's packages on the same machine) and on the simulator, in turns; both with the few things that they begin with.",
    rows,
  };
}

async function addedThere({ doors }: Gateway, tenant: Direct): Promise<Section> {
  const token = { "x-auth-token": tenant.token };
  const direct = planned([[tenant.upstream("image", "/images?limit=100")]]);
  const volumes = planned([[tenant.upstream("volumev3", "/volumes/detail?limit=100", "volume 3.59")]]);
  const grpc = openGrpcCaller(doors.grpc, tenant.token);
  const images = async () => void (await grpc.call("/kubenvf.kubevim.api.pb.vi_vnfm/QueryImages"));
  const rest = calling(get(`${doors.http}/vivnfm/v5/images`, token));
  const occi = calling(get(`${doors.occi}/storage/`, { ...token, accept: "text/uri-list" }));
  for (const call of [rest, images, occi]) await call();
  const rows = [
    ...(await added("REST", rest, direct, undefined, 25)),
    ...(await added("gRPC", images, direct, undefined, 25)),
    ...(await added("OCCI", occi, volumes, undefined, 25)),
  ];
  grpc.close();
  return {
    title: "What a door adds to a call, on a real OpenStack",
    text: "REST and gRPC query images, OCCI lists storage; the cloud's own times spread more than what is added.",
    rows,
  };
}

async function thousand(admin: Direct, folder: string): Promise<Section> {
  const title = "1 000 servers, on a real OpenStack";
  const crowd = await openCrowd(admin, folder, 1_000);
  if (typeof crowd === "string") return told(title, `Not measured: ${crowd}.`);
  const gateway = await startGateway(crowd.tenant.place);
  try {
    const times = await listTimes(gateway, crowd.tenant, "compute 2.90", 3);
    const direct = median(times.filter(({ name }) => name === "direct").map(({ all }) => all));
    return {
      title,
      text: "Medians of 3 rounds, in turns; direct is one `GET /servers/detail?limit=1000`. The servers are copies of one server's rows in Nova's database, a hundred of them with ports. Ours also tell each server's ports and flavour; a URI list needs neither.",
      rows: times.map(({ name, first, all }) => {
        const measured = `first bytes after ${figure(first)} ms, all after ${figure(all)} ms`;
        if (name === "direct" || name === "gRPC") return { what: name, measured };
        return { what: name, measured, goal: "≤ 300 ms, and all before direct", holds: first <= 300 && all < direct };
      }),
    };
  } finally {
    await gateway.stop();
    await crowd.remove();
  }
}
