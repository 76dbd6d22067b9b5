import { once } from "node:events";
import { connect, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { entryAt, type Rig, startRig } from "./passthroughRig.ts";

let rig: Rig;

beforeEach(async () => {
  rig = await startRig();
  rig.catalogue = async () => [entryAt("compute", `${rig.upstream}/compute/v2.1`)];
});

afterEach(() => rig.close());

describe("consoles", () => {
  const open = async (path: string, more = ""): Promise<{ socket: ReturnType<typeof connect>; head: string }> => {
    const { port, host } = new URL(rig.door);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write(
      `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: a\r\n${more}\r\n`,
    );
    const [head] = (await once(socket, "data")) as [Buffer];
    return { socket, head: head.toString() };
  };

  beforeEach(() => {
    rig.onUpgrade = (_request, socket) => {
      socket.on("error", () => {});
      socket.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
      socket.pipe(socket);
    };
  });

  test("are joined to the cloud's socket, which sees its own origin", async () => {
    const { socket, head } = await open("/openstack/compute/?token=x", `Origin: ${rig.door}\r\n`);
    expect(head).toMatch(/^HTTP\/1\.1 101 /);
    expect(rig.seen[0]).toMatchObject({
      url: "/compute/?token=x",
      headers: { origin: rig.upstream, upgrade: "websocket" },
    });
    socket.write("ping");
    expect(String((await once(socket, "data"))[0])).toBe("ping");
    socket.destroy();
  });

  test("are not opened for a foreign page: its origin stays its own", async () => {
    const { socket } = await open("/openstack/compute/", "Origin: http://evil\r\n");
    expect(rig.seen[0]?.headers.origin).toBe("http://evil");
    socket.destroy();
  });

  test("of an unknown service are refused in words", async () => {
    const { socket, head } = await open("/openstack/nothing/");
    expect(head).toMatch(/^HTTP\/1\.1 404 [\s\S]*application\/problem\+json/);
    socket.destroy();
  });

  test("end at the cloud when the caller is lost, and when the door closes", async () => {
    let far: Duplex | undefined;
    const { onUpgrade } = rig;
    rig.onUpgrade = (request, socket) => {
      far = socket;
      onUpgrade(request, socket);
    };
    for (const end of [(socket: Socket) => socket.resetAndDestroy(), () => rig.close(0)]) {
      const { socket } = await open("/openstack/compute/");
      if (far === undefined) throw new Error("nothing reached the cloud");
      const closed = once(far, "close");
      socket.on("error", () => {});
      await end(socket);
      await closed;
    }
  });
});
