/**
 * Work that outlives one caller still has an end. It is told by the machine's own timers and not by the injected clock,
 * like the transport's timeouts: a test that turns its clock forward must not cut the requests that are under way.
 */
export function budget(milliseconds: number, closing: AbortSignal): AbortSignal {
  return AbortSignal.any([AbortSignal.timeout(milliseconds), closing]);
}
