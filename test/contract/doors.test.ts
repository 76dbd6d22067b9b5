import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";
import { type Door, openDoors } from "../support/doors.ts";
import { eventually } from "../support/eventually.ts";

/** A server made through any door is seen, stopped and deleted through each other one, OpenStack's own included. */

const NAMES = ["gRPC", "REST", "OCCI", "OpenStack"];

describe.each(BACKENDS)("doors on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("each with each", () => {
    let backend: OpenBackend;
    let doors: readonly Door[];
    let closeDoors: () => void;

    beforeAll(async () => {
      backend = await open();
      ({ doors, close: closeDoors } = openDoors(backend, backend.tenant));
    });

    afterAll(async () => {
      closeDoors();
      await backend.close();
    });

    const doorNamed = (name: string): Door => {
      const door = doors.find((one) => one.name === name);
      if (door === undefined) throw new Error(`no door ${name}`);
      return door;
    };

    test.each(NAMES)(
      "made through %s, seen through all, stopped and deleted through another",
      async (maker) => {
        // One server a partner, so that every ordered pair stops and deletes.
        for (const partner of NAMES) {
          const id = await doorNamed(maker).create(`pair-${maker}-${partner}`);
          expect(id).toMatch(/^[0-9a-f-]{36}$/);
          await eventually(
            () => doorNamed(partner).state(id),
            (state) => state === "running",
          );
          for (const door of doors) {
            expect([door.name, await door.state(id)]).toEqual([door.name, "running"]);
            expect(await door.list()).toContain(id);
          }
          await doorNamed(partner).stop(id);
          await eventually(
            () => doorNamed(maker).state(id),
            (state) => state === "stopped",
          );
          await doorNamed(partner).remove(id);
          for (const door of doors) {
            await eventually(
              () => door.state(id),
              (state) => state === undefined,
            );
          }
        }
      },
      180_000,
    );
  });
});
