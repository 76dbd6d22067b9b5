import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEEDS, type Input } from "./crashDeeds.ts";
import { type Life, openSites, type Site } from "./crashSite.ts";

/**
 * The gateway dies behind each call of its store and of its cloud in turn, during each write of several steps. Its next
 * life finds either nothing of the write or all of it; and the same request with the same key ends in exactly one.
 */

describe("a gateway that dies half-way", { timeout: 120_000 }, () => {
  let sites: Awaited<ReturnType<typeof openSites>>;
  beforeAll(async () => {
    sites = await openSites();
  });
  afterAll(() => sites.close());

  /** How much more of each kind there is. */
  const more = (before: Awaited<ReturnType<Site["inventory"]>>, after: Awaited<ReturnType<Site["inventory"]>>) =>
    Object.fromEntries(
      Object.entries(after).flatMap(([kind, items]) => {
        const plus = items.filter((item) => !before[kind]?.includes(item)).length;
        const minus = (before[kind] ?? []).filter((item) => !items.includes(item)).length;
        return plus === 0 && minus === 0 ? [] : [[kind, `+${plus} -${minus}`]];
      }),
    );

  test.each(DEEDS)("$name", async ({ prepare, run, whole, isRefused = false }) => {
    const isRemoval = Object.values(whole).every((change) => change.startsWith("+0"));
    const done = (life: Life, input: Input): Promise<true> =>
      run(life, input, "key").then(
        () => true,
        (thrown) => {
          if (isRefused) return true;
          throw thrown;
        },
      );
    let points = 0;
    const endings = new Set<string>();
    for (let at = 1; ; at += 1) {
      const site = await sites.fresh();
      const first = await site.gateway();
      const input = await prepare(site, first);
      const before = await site.inventory();
      first.fuse.arm(at);
      const isOver = await Promise.race([done(first, input), first.fuse.blown.promise.then(() => false)]);
      const where = `behind call ${at}, ${first.fuse.last}`;
      const second = await site.gateway();
      await second.recover();
      const found = more(before, await site.inventory());
      // With a key what is there may be whole; then asking again only gets the answer.
      endings.add(Object.keys(found).length === 0 ? "gone" : "whole");
      expect([where, [{}, whole]]).toEqual([where, expect.arrayContaining([found])]);
      expect([where, await second.unfinished()]).toEqual([where, 0]);
      await done(second, input).catch((thrown: unknown) => {
        // A removal that was finished meanwhile finds nothing to remove.
        if (!isRemoval || !/NOT_FOUND|not-found/.test(`${Object(thrown).reason} ${thrown}`)) throw thrown;
      });
      expect([where, more(before, await site.inventory())]).toEqual([where, whole]);
      await first.close();
      await second.close();
      if (isOver) break;
      points = at;
    }
    expect(points).toBeGreaterThan(3);
    expect(endings.has("whole")).toBe(!isRefused);
  });

  test("while its create is still on the way to the cloud", async () => {
    const [deed] = DEEDS;
    if (deed === undefined) throw new Error("no deed");
    let made = 0;
    for (let at = 1; ; at += 1) {
      const site = await sites.fresh();
      const first = await site.gateway();
      const input = await deed.prepare(site, first);
      const before = await site.inventory();
      first.fuse.arm(at, true);
      const dead = first.fuse.blown.promise.then(() => false);
      if (await Promise.race([deed.run(first, input, undefined).then(() => true), dead])) break;
      const second = await site.gateway();
      await second.tick();
      if (first.fuse.last.endsWith(".create")) {
        expect(await second.unfinished()).toBe(1);
        await first.fuse.letThrough();
        // The cloud has it now, and nobody was ever told.
        if (Object.keys(more(before, await site.inventory())).length > 0) made += 1;
      }
      await second.recover();
      expect([first.fuse.last, more(before, await site.inventory())]).toEqual([first.fuse.last, {}]);
      expect(await second.unfinished()).toBe(0);
      await first.close();
      await second.close();
    }
    // A server whose port was taken back meanwhile is refused by the cloud itself.
    expect(made).toBe(1);
  });

  test.each(DEEDS.filter(({ name }) => /^allocating|^OCCI: creating a compute/.test(name)))(
    "that only slept, $name, finds that another has taken over",
    async ({ prepare, run, whole }) => {
      const outcomes = new Set<string>();
      for (let at = 1; ; at += 1) {
        const site = await sites.fresh();
        const first = await site.gateway();
        const input = await prepare(site, first);
        const before = await site.inventory();
        first.fuse.lull(at);
        const answer = run(first, input, undefined).then(
          () => "answered",
          () => "refused",
        );
        const isAsleep = await Promise.race([answer.then(() => false), first.fuse.blown.promise.then(() => true)]);
        if (!isAsleep) break;
        // To the second the first is dead: its clock jumped, or its machine slept.
        const second = await site.gateway();
        await second.recover();
        first.fuse.wake();
        const outcome = await answer;
        outcomes.add(outcome);
        await second.recover();
        const where = `before call ${at}, ${first.fuse.last}: ${outcome}`;
        expect([where, more(before, await site.inventory())]).toEqual([where, outcome === "answered" ? whole : {}]);
        expect([where, await second.unfinished()]).toEqual([where, 0]);
        await first.close();
        await second.close();
      }
      expect(outcomes.has("refused")).toBe(true);
    },
  );
});
