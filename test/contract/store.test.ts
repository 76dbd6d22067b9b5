import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { memory, type Place, postgres, sqlite } from "./storeAdapters.ts";
import { documents } from "./storeDocuments.ts";
import { leases } from "./storeLeases.ts";

/** One contract, every adapter. PostgreSQL is a real server, where the machine has its binaries. */
for (const adapter of [memory, sqlite, postgres]) {
  describe.skipIf(!adapter.isAvailable)(`the store on ${adapter.name}`, () => {
    const places: Place[] = [];
    const fresh = async (): Promise<Place> => {
      const place = await adapter.place();
      places.push(place);
      return place;
    };
    beforeAll(() => adapter.start());
    afterEach(async () => {
      for (const place of places.splice(0)) await place.close();
    });
    afterAll(() => adapter.stop());

    documents(fresh);
    leases(fresh);
  });
}
