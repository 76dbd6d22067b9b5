import { afterAll, afterEach, beforeAll, describe } from "vitest";
import { BACKENDS } from "../../support/backends.ts";
import { answers } from "./items/answers.ts";
import { collections } from "./items/collections.ts";
import { discovery } from "./items/discovery.ts";
import { entities } from "./items/entities.ts";
import { grammar } from "./items/grammar.ts";
import { links } from "./items/links.ts";
import { mixins } from "./items/mixins.ts";
import { negotiation } from "./items/negotiation.ts";
import { renderings } from "./items/renderings.ts";
import { versions } from "./items/versions.ts";
import { stageOn } from "./stage.ts";

/**
 * OCCI item by item, each with its number and source: C core, H HTTP protocol, T text, J JSON, I infrastructure (1.2); small letters
 * are 1.1. On the simulator all of them, on a real OpenStack those that a real one can be asked.
 */
describe.each(BACKENDS)("OCCI on $name", { timeout: 180_000 }, (backend) => {
  describe.skipIf(!backend.isAvailable)("items", () => {
    const stage = stageOn(backend);
    beforeAll(() => stage.open(), 180_000);
    afterEach(() => stage.tidy(), 180_000);
    afterAll(() => stage.close(), 180_000);

    for (const section of [
      versions,
      negotiation,
      grammar,
      renderings,
      discovery,
      entities,
      collections,
      mixins,
      links,
      answers,
    ]) {
      section(stage);
    }
  });
});
