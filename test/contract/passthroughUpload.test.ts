import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CloudConfig } from "../../src/backends/openstack/index.ts";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";

/** Images through the pass-through of a process of its own, whose memory is measured (Linux only: /proc). */

const MIB = 1024 * 1024;
const SIZE = 256 * MIB;
/** What an image may cost, whatever its size. */
const MAX_GROWTH = 40 * MIB;
const PIECE = Buffer.alloc(MIB, "vimana");

/** A gateway in front of one cloud, as an operator starts it. */
async function startProcess({
  authUrl,
  auth,
  region,
}: CloudConfig): Promise<{ child: ChildProcess; http: string; folder: string }> {
  if (auth?.method !== "password") throw new Error("tests sign in by password");
  const named = (prefix: string, name: typeof auth.user | undefined): object => {
    if (name === undefined) return {};
    if ("id" in name) return { [`${prefix}_id`]: name.id };
    const key = prefix === "user" ? "username" : "project_name";
    const domain = Object.entries(name.domain).map(([part, value]) => [`${prefix}_domain_${part}`, value]);
    return { [key]: name.name, ...Object.fromEntries(domain) };
  };
  const cloud = {
    auth: {
      auth_url: authUrl,
      password: auth.password.reveal(),
      ...named("user", auth.user),
      ...named("project", auth.project),
    },
    region_name: region,
  };
  const folder = mkdtempSync(join(tmpdir(), "vimana-"));
  const file = join(folder, "clouds.yaml");
  writeFileSync(file, JSON.stringify({ clouds: { it: cloud } }), { mode: 0o600 });
  const ports = ["grpc", "http", "occi"].flatMap((door) => [`--${door}-port`, "0"]);
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, "../../src/cli/main.ts"), "serve", ...ports, "--log-level", "warn"],
    {
      env: { PATH: process.env.PATH, OS_CLIENT_CONFIG_FILE: file, OS_CLOUD: "it" },
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  let said = "";
  for await (const chunk of child.stdout) {
    said += String(chunk);
    const http = /HTTP +(\S+)/.exec(said)?.[1];
    if (http !== undefined) return { child, http, folder };
  }
  throw new Error(`the gateway ended: ${said}`);
}

describe.each(BACKENDS)("images through the pass-through to $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable || process.platform !== "linux")("in a process of its own", () => {
    let backend: OpenBackend;
    let child: ChildProcess;
    let images: string;
    let folder: string;
    const made: string[] = [];

    const memory = (key: "VmRSS" | "VmHWM"): number => {
      const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
      return Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)?.[1]) * 1024;
    };
    /** The peak is counted from here on (proc(5), clear_refs). */
    const forgetPeak = (): void => writeFileSync(`/proc/${child.pid}/clear_refs`, "5");
    const headers = (): Record<string, string> => ({ "x-auth-token": backend.tenant.token });

    const create = async (name: string): Promise<string> => {
      const response = await fetch(images, {
        method: "POST",
        headers: { ...headers(), "content-type": "application/json" },
        body: JSON.stringify({ name, disk_format: "raw", container_format: "bare" }),
      });
      expect(response.status).toBe(201);
      const { id } = (await response.json()) as { id: string };
      made.push(id);
      return id;
    };

    async function* pieces(count: number, end?: () => Promise<void>): AsyncGenerator<Buffer> {
      for (let index = 0; index < count; index += 1) yield PIECE;
      await end?.();
    }

    const upload = (id: string, body: AsyncIterable<Buffer>, signal?: AbortSignal): Promise<Response> =>
      fetch(`${images}/${id}/file`, {
        method: "PUT",
        headers: { ...headers(), "content-type": "application/octet-stream" },
        // undici's own extension: fetch's types know no async iterable.
        body: ReadableStream.from(body),
        duplex: "half",
        ...(signal === undefined ? {} : { signal }),
      } as RequestInit);

    const shown = async (id: string): Promise<{ status: string; size: number | null }> =>
      (await fetch(`${images}/${id}`, { headers: headers() })).json() as Promise<{
        status: string;
        size: number | null;
      }>;

    beforeAll(async () => {
      backend = await open();
      let http: string;
      ({ child, http, folder } = await startProcess(backend.configs.tenant));
      images = `${http}/openstack/image/v2/images`;
      // What is loaded with the first call belongs to the idle program.
      expect((await upload(await create("small"), pieces(2))).status).toBe(204);
    });

    afterAll(async () => {
      for (const id of made) await fetch(`${images}/${id}`, { method: "DELETE", headers: headers() });
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true });
      await backend.close();
    });

    test("go up and down whole, in memory that does not grow with them", async () => {
      const id = await create("large");
      const idle = memory("VmRSS");
      forgetPeak();
      expect((await upload(id, pieces(SIZE / MIB))).status).toBe(204);
      expect(await shown(id)).toMatchObject({ status: "active", size: SIZE });
      expect(memory("VmHWM") - idle).toBeLessThan(MAX_GROWTH);
      let got = 0;
      const down = await fetch(`${images}/${id}/file`, { headers: headers() });
      for await (const chunk of down.body ?? []) got += chunk.length;
      expect(got).toBe(SIZE);
      expect(memory("VmHWM") - idle).toBeLessThan(MAX_GROWTH);
    }, 120_000);

    test("that are cut in the middle leave no image to boot from, and no memory", async () => {
      const id = await create("cut");
      const idle = memory("VmRSS");
      const caller = new AbortController();
      const cut = upload(
        id,
        pieces(32, async () => {
          // The cloud has begun to receive; what was sent is only half of what was announced by an open body.
          await eventually(
            () => shown(id),
            ({ status }) => status === "saving",
          );
          caller.abort();
        }),
        caller.signal,
      );
      await expect(cut).rejects.toThrow();
      await eventually(
        () => shown(id),
        ({ status }) => status !== "saving",
      );
      expect((await shown(id)).status).not.toBe("active");
      expect(memory("VmRSS") - idle).toBeLessThan(MAX_GROWTH);
      expect((await fetch(images, { headers: headers() })).status).toBe(200);
    }, 120_000);
  });
});
