import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { type Address, memory, type Place, postgres, postgresServer, sqlite } from "./storeAdapters.ts";
import { documents } from "./storeDocuments.ts";
import { leases } from "./storeLeases.ts";
import { randomHistories } from "./storeModel.ts";
import { processes, serverCrash } from "./storeProcesses.ts";
import { serverFaults } from "./storeServer.ts";

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

    const freshShared = async (): Promise<Place & { readonly address: Address }> => {
      const place = await fresh();
      if (place.address === undefined) throw new Error("no other process reaches this store");
      return { ...place, address: place.address };
    };

    documents(fresh);
    leases(fresh);
    randomHistories(fresh, adapter === memory ? 300 : 60);
    if (adapter !== memory) processes(freshShared);
    if (adapter === postgres) {
      serverFaults(postgresServer);
      serverCrash(freshShared, postgresServer);
    }
  });
}
