import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { BACKENDS } from "../../support/backends.ts";
import { mapping } from "./items/mapping.ts";
import { types } from "./items/types.ts";
import { stageOn } from "./stage.ts";

/** The types of OCCI and what they are in OpenStack; letters as in items.test.ts, R is GFD.222. */
describe.each(BACKENDS)("OCCI on $name", { timeout: 180_000 }, (backend) => {
  describe.skipIf(!backend.isAvailable)("items", () => {
    const stage = stageOn(backend);
    beforeAll(() => stage.open(), 180_000);
    afterEach(() => stage.tidy(), 180_000);
    afterAll(() => stage.close(), 180_000);

    types(stage);
    mapping(stage);
  });
});
