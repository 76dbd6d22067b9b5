import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { startGatewayProcess } from "../support/gatewayProcess.ts";
import { cloudOf, openSite, type Site } from "../support/site.ts";

/** A data directory on a file system of its own that gets full, or that may not be written to. Needs Linux' namespaces. */

const DOORS = ["grpc", "rest", "occi"] as const;
const NAMESPACE = ["unshare", "--map-root-user", "--mount"];

function hasNamespaces(folder: string): boolean {
  try {
    const [program = "", ...args] = [...NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", folder];
    execFileSync(program, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), "vimana-disk-"));
/** Runs what follows with a file system of 1 MiB at the folder, which nobody else sees. */
const onSmallDisk = (options = ""): readonly string[] => [
  ...NAMESPACE,
  ...["sh", "-c", `mount -t tmpfs -o size=1m${options} tmpfs ${folder} && exec "$@"`, "sh"],
];

describe.skipIf(!hasNamespaces(folder))("a disk", () => {
  afterAll(() => rmSync(folder, { recursive: true }));

  describe("that is full", () => {
    let site: Site;
    beforeAll(async () => {
      site = await openSite({ wrapper: onSmallDisk(), env: { VIMANA_DATA_DIR: folder } });
    });
    afterAll(() => site.close());

    /** The same folder as the gateway sees it. */
    const filler = (): string => `/proc/${site.gateway.child.pid}/root${folder}/filler`;
    const fill = (): void => {
      try {
        for (let size = 0; size < 1024; size += 1) writeFileSync(filler(), Buffer.alloc(4096), { flag: "a" });
      } catch (thrown) {
        expect(thrown).toMatchObject({ code: "ENOSPC" });
        return;
      }
      throw new Error("the disk is larger than it should be");
    };
    afterEach(() => truncateSync(filler()));

    test.each(DOORS)(
      "%s: a write is refused before anything is made, a read is not, and later all is well",
      async (name) => {
        const door = site.doors[name];
        const before = await door.create(`${name}-before`);
        expect(before.reason).toBe("OK");
        fill();
        const known = await site.servers();
        const { reason, message } = await door.create(`${name}-full`);
        expect(reason).toBe("UNAVAILABLE");
        expect(message).toMatch(/the store.* is full/);
        expect((await door.network(`${name}-full`)).reason).toBe("UNAVAILABLE");
        expect(await site.servers()).toEqual(known);
        expect((await door.list()).reason).toBe("OK");
        truncateSync(filler());
        expect((await door.create(`${name}-after`)).reason).toBe("OK");
        expect(await site.servers()).toEqual([...known, `${name}-after`].sort());
      },
    );
  });

  test("that is read-only ends the start with words, and with 2", async () => {
    const site = await openSite();
    try {
      const started = startGatewayProcess({
        clouds: { sky: cloudOf(site.simulator, "demo") },
        cloud: "sky",
        wrapper: onSmallDisk(",ro"),
        env: { VIMANA_DATA_DIR: folder },
      });
      await expect(started).rejects.toThrow(/ended with 2: .*the store cannot be opened at .*read-only file system/s);
    } finally {
      await site.close();
    }
  });
});
