/** What waits for the end of a signal. It has one listener of ours, for adding and removing one costs more than a request's other steps. */
const WAITING = new WeakMap<AbortSignal, Set<() => void>>();

/** Acts when the signal, which has not been aborted yet, is; returns how to wait for it no longer. */
export function onAbort(signal: AbortSignal, act: () => void): () => void {
  const acts = WAITING.get(signal) ?? listen(signal);
  acts.add(act);
  return () => acts.delete(act);
}

function listen(signal: AbortSignal): Set<() => void> {
  const acts = new Set<() => void>();
  const actAll = () => {
    for (const act of acts) act();
  };
  signal.addEventListener("abort", actAll, { once: true });
  WAITING.set(signal, acts);
  return acts;
}
