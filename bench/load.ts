/** Callers: one after another to see how long a call takes, or several at a time to see how many calls get through. */

export type Call = () => Promise<void>;

/** Milliseconds of each of so many calls, one after another, for at most so long. */
export async function timed(call: Call, count: number, milliseconds = 5_000): Promise<number[]> {
  const times: number[] = [];
  const end = performance.now() + milliseconds;
  while (times.length < count && (times.length === 0 || performance.now() < end)) {
    const from = performance.now();
    await call();
    times.push(performance.now() - from);
  }
  return times;
}

/** Calls that got through in a while with so many in flight, and the seconds that it took. */
export async function driven(call: Call, inFlight: number, milliseconds: number) {
  const from = performance.now();
  const end = from + milliseconds;
  let calls = 0;
  const caller = async (): Promise<void> => {
    while (performance.now() < end) {
      await call();
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { calls, seconds: (performance.now() - from) / 1000 };
}

/** Runs rounds of several candidates in turn, each round in another order, so that a noisy machine is noisy to all alike. */
export async function interleaved<Result>(
  rounds: number,
  candidates: Readonly<Record<string, () => Promise<Result>>>,
): Promise<Record<string, Result[]>> {
  const names = Object.keys(candidates);
  const results = Object.fromEntries(names.map((name) => [name, [] as Result[]]));
  for (let round = 0; round < rounds; round += 1) {
    const shift = round % names.length;
    for (const name of [...names.slice(shift), ...names.slice(0, shift)]) {
      const result = await candidates[name]?.();
      if (result !== undefined) results[name]?.push(result);
    }
  }
  return results;
}
