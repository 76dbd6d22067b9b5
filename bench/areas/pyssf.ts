import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { request } from "undici";
import { eventually } from "../../test/support/eventually.ts";
import { start } from "../children.ts";
import { fetchText } from "../direct.ts";
import { calling, get } from "../doors.ts";
import { interleaved, timed } from "../load.ts";
import { type Row, type Section, told } from "../report.ts";
import { figure, median } from "../stats.ts";

const TITLE = "Beside pyssf";
const TEXT = { accept: "text/plain" };
const COMPUTE = 'Category: compute; scheme="http://schemas.ogf.org/occi/infrastructure#"; class="kind"';

/** pyssf's own sample server, which keeps everything in its memory and signs nobody in, beside our OCCI door. */
export async function pyssf(occi: string, token: string, server: string): Promise<Section> {
  const script = join(process.env.VIMANA_PEERS ?? "", "occi/pyssf.sh");
  if (process.env.VIMANA_PEERS === undefined || !existsSync(script)) {
    return told(TITLE, "pyssf is not there: it is looked for as `occi/pyssf.sh PORT` in `VIMANA_PEERS`.");
  }
  const port = await freePort();
  const base = `http://127.0.0.1:${port}`;
  // It says nothing when it is ready.
  const child = await start(["-c", 'echo begun; exec "$0" "$1"', script, String(port)], {
    command: "sh",
    ready: /begun/,
  });
  try {
    const isThere = await eventually(() => answers(`${base}/-/`), Boolean, 20).catch(() => false);
    if (!isThere) return told(TITLE, "pyssf was started and did not answer within 20 seconds.");
    const made = await request(`${base}/compute/`, {
      method: "POST",
      headers: { ...TEXT, "content-type": "text/plain" },
      body: COMPUTE,
    });
    await made.body.dump();
    const theirs = new URL(String(made.headers.location)).pathname;
    const rows: Row[] = [];
    for (const [what, ours, other] of [
      ["GET /-/", "/-/", "/-/"],
      ["GET of one compute", `/compute/${server}`, theirs],
      ["GET /compute/, one member", "/compute/", "/compute/"],
    ] as const) {
      const call = calling(get(occi + ours, { ...TEXT, "x-auth-token": token }));
      const peer = calling(get(base + other, TEXT));
      await Promise.all([call(), peer()]);
      const found = await interleaved(4, { ours: () => timed(call, 50, 1_000), theirs: () => timed(peer, 50, 1_000) });
      const [mine, its] = [median((found.ours ?? []).flat()), median((found.theirs ?? []).flat())];
      rows.push({ what, measured: `${figure(mine)} ms, pyssf ${figure(its)} ms: ${figure(mine / its)} of its time` });
    }
    return { title: TITLE, text: ABOUT, rows };
  } finally {
    await child.stop();
  }
}

const ABOUT =
  "Medians of calls one after another, in turns, in text/plain. pyssf is its own sample server on Python 2.7: it keeps everything in its memory, asks no cloud, signs nobody in and closes each connection; ours asks the simulator.";

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetchText(get(url, TEXT))) !== "";
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (address === null || typeof address === "string") throw new Error("no port is free");
  return address.port;
}
