import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeOpen, KIND, OPEN } from "../../src/recovery/record.ts";
import { randomIds } from "../../src/simulator/defaults.ts";
import { openStore } from "../../src/store/index.ts";
import { openPractice, type Practice, reportOf, troubles } from "../support/doctor.ts";
import { virtualClock } from "../support/virtualClock.ts";

const WRITE = {
  operation: "vi_vnfm/Allocate",
  requestId: "req-7",
  cloud: "demo",
  region: undefined,
  userId: "u-1",
  owner: "nobody",
  fingerprint: undefined,
  abandonedAt: 0,
  attempts: 1,
  trouble: "CONFLICT: gone",
};

describe("vimana doctor, on this machine", () => {
  let practice: Practice;
  beforeAll(async () => {
    practice = await openPractice();
  });
  afterAll(() => practice.close());

  describe("looks at the data directory", () => {
    const data = async (dataDir: string): Promise<readonly string[]> => {
      const ran = await practice.look({}, { args: ["--json", "--data-dir", dataDir] });
      return reportOf(ran)
        .findings.filter(({ part }) => part === "data")
        .map(({ grade, subject, message }) => `${grade} ${subject}: ${message.replaceAll(practice.folder, "")}`);
    };
    const directory = (name: string, mode = 0o700): string => {
      const path = join(practice.folder, name);
      mkdirSync(path, { mode });
      return path;
    };

    test("that is not there yet, and makes none", async () => {
      const path = join(practice.folder, "a/b");
      expect(await data(path)).toEqual(["ok directory: /a/b is not there yet; the first start makes it"]);
      expect(await data(path)).toHaveLength(1);
    });

    test("of a gateway that ran", async () => {
      const path = directory("used");
      const store = await openStore({ kind: "sqlite", dataDir: path, clock: practice.clock, ids: randomIds });
      const key = { kind: "thing", cloud: "demo", project: "p", id: "1" };
      await store.write({ puts: [{ ...key, body: {}, expected: "absent" }] });
      expect(await data(path)).toContain("ok store: /used/vimana.db: 1 thing");
      await store.close();
      expect(await data(path)).toContain("ok store: /used/vimana.db: 1 thing");
    });

    test("with a write that was cut short", async () => {
      const path = directory("cut");
      const store = await openStore({ kind: "sqlite", dataDir: path, clock: practice.clock, ids: randomIds });
      const steps = [{ does: "make", kind: "server", id: "11111111-2222-3333-4444-555555555555" }] as const;
      const { body, keys } = { body: encodeOpen({ ...WRITE, startedAt: 0, steps }), keys: { [OPEN.name]: OPEN.value } };
      const key = { kind: KIND, cloud: "demo", project: "p-1" };
      await store.write({ puts: [{ ...key, id: "1", body, keys, expected: "absent" }] });
      await store.close();
      const ran = await practice.look({}, { args: ["--data-dir", path] });
      expect(ran.out).toContain(
        "unfinished  vi_vnfm/Allocate req-7, cloud demo, project p-1, since 1970-01-01T00:00:00.000Z: CONFLICT: gone\n",
      );
      expect(ran.out).toContain(" make server 11111111-2222-3333-4444-555555555555\n");
    });

    test("that others may enter, and whose store is none", async () => {
      const path = directory("open", 0o755);
      writeFileSync(
        join(path, "vimana.db"),
        "this is no database, and is long enough to be taken for a header of one",
        {
          mode: 0o600,
        },
      );
      expect(await data(path)).toEqual([
        "warning directory: others may enter /open",
        expect.stringMatching(/^\w+ disk: \d+ MiB are free$/),
        expect.stringMatching(/^fault store: \/open\/vimana\.db: .*holds something else/),
      ]);
    });

    test("that is a file", async () => {
      const path = join(practice.folder, "file");
      writeFileSync(path, "");
      expect(await data(path)).toEqual(["fault directory: /file is no directory"]);
    });
  });

  const hasOpenssl = ((): boolean => {
    try {
      execFileSync("openssl", ["version"], { stdio: "ignore" });
      return true;
    } catch {
      return false;
    }
  })();

  test.runIf(hasOpenssl)("judges a certificate", async () => {
    const [key, cert] = [join(practice.folder, "key.pem"), join(practice.folder, "cert.pem")];
    const flags = ["-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3"];
    const subject = ["-subj", "/CN=sky", "-addext", "subjectAltName=IP:127.0.0.1"];
    execFileSync("openssl", ["req", ...flags, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
    const server = createServer({ key: readFileSync(key), cert: readFileSync(cert) }, (_request, response) => {
      response.writeHead(503).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const auth = { auth_url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/v3` };
    const reached = async (more: object): Promise<string | undefined> =>
      troubles(await practice.look({ auth, ...more })).find((one) => one.includes(" reach "));
    try {
      expect(await reached({})).toMatch(
        /^fault reach identity: .*TLSv1\.3, certificate of IP Address:127\.0\.0\.1 until .*not trusted/,
      );
      expect(await reached({ verify: false })).toMatch(/^warning reach identity: .*not trusted/);
      const real = await practice.look({ auth, cacert: cert }, { clock: virtualClock(Date.now()) });
      expect(troubles(real).find((one) => one.includes(" reach "))).toMatch(
        /^warning reach identity: [^:]*certificate of [^:]*:127\.0\.0\.1 until \S+$/,
      );
    } finally {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
