import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readConfig } from "../../../src/gateway/config.ts";

describe("configuration", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "vimana-config-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const file = (text: string): string => {
    const path = join(folder, "vimana.yaml");
    writeFileSync(path, text);
    return path;
  };

  test("defaults are loopback, the house's ports and the embedded simulator", () => {
    const config = readConfig([], {});
    expect([config.host, config.grpcPort, config.httpPort, config.occiPort, config.simulator.port]).toEqual([
      "127.0.0.1",
      50051,
      8080,
      8787,
      9797,
    ]);
    expect(config.cloud).toBeUndefined();
  });

  test("a flag goes before the environment, the environment before the file", () => {
    const path = file("http-port: 1\ngrpc-port: 1\nocci-port: 1\n");
    const config = readConfig(["--config", path, "--http-port", "3"], { VIMANA_HTTP_PORT: "2", VIMANA_GRPC_PORT: "2" });
    expect([config.httpPort, config.grpcPort, config.occiPort]).toEqual([3, 2, 1]);
  });

  test("how much one OCCI deletion may take: a number, or what suits the cloud", () => {
    const read = (text: string) => readConfig(["--occi-delete-many", text], {}).occiDeleteMany;
    expect([read("auto"), read("0"), read("25")]).toEqual([undefined, 0, 25]);
    for (const text of ["-1", "many", "1.5", ""]) expect(() => read(text), text).toThrow("occi-delete-many");
  });

  test("an unknown key is refused by name, in flags and in the file", () => {
    expect(() => readConfig(["--htttp-port", "1"], {})).toThrow("htttp-port");
    expect(() => readConfig(["--config", file("htttp-port: 1\n")], {})).toThrow("unknown key htttp-port");
    expect(() => readConfig(["--config", file("- 1\n")], {})).toThrow("unknown key 0");
  });

  test.each([
    [["--http-port", "x"], "http-port: x is not a port"],
    [["--http-port", "65536"], "http-port: 65536 is not a port"],
    [["--anonymous", "yes"], "anonymous: must be one of auto, off"],
    [["--log-level", "loud"], "log-level: must be one of"],
    [["--host", "0.0.0.0"], "0.0.0.0 is not loopback and there is no TLS"],
    [["--http-url", "cloud.example"], "http-url: cloud.example is not http:// or https:// and a host"],
    [["--http-url", "https://cloud.example/path"], "http-url: https://cloud.example/path is not"],
    [["--occi-url", "https://user@cloud.example"], "occi-url: https://user@cloud.example is not"],
    [["--occi-url", "ftp://cloud.example"], "occi-url: ftp://cloud.example is not"],
  ])("%j is refused: %s", (args, why) => {
    expect(() => readConfig(args, {})).toThrow(why);
  });

  test("the store's address is a secret, from the environment or from a file of its own", () => {
    const url = "postgres://vimana:hunter2@127.0.0.1/vimana";
    const [direct, fromFile] = [{ VIMANA_STORE_URL: url }, { VIMANA_STORE_URL_FILE: file(`${url}\n`) }];
    for (const env of [direct, fromFile]) {
      const config = readConfig([], env);
      expect(config.storeUrl?.reveal()).toBe(url);
      expect(JSON.stringify(config)).not.toContain("hunter2");
    }
    expect(readConfig([], {}).storeUrl).toBeUndefined();
    expect(() => readConfig([], { ...direct, ...fromFile })).toThrow("given itself and as a file");
    const wrong = (): unknown => readConfig([], { VIMANA_STORE_URL: "mysql://vimana:hunter2@127.0.0.1/vimana" });
    expect(wrong).toThrow("must begin with postgres://");
    expect(wrong).not.toThrow("hunter2");
    expect(() => readConfig(["--store-url-file", "/nowhere"], {})).toThrow("store-url-file");
  });

  test.each(["-1", "46", "1.5", "soon"])("a recovery-settle of %s is refused", (text) => {
    expect(() => readConfig([], { VIMANA_RECOVERY_SETTLE: text })).toThrow("recovery-settle");
  });

  test("a listener beyond loopback needs --insecure", () => {
    expect(readConfig(["--host", "0.0.0.0", "--insecure"], {}).host).toBe("0.0.0.0");
  });
});
