/** The outermost step: an answer that is no success, and a request without an answer, are a `CloudError`. */
import { type Clock, CloudError } from "../../../cloud/index.ts";
import { onAbort } from "./abort.ts";
import { type Exchange, Lost, type Step } from "./exchange.ts";
import { fromOpenStack, upstreamOf } from "./from-openstack.ts";

export function failing(clock: Clock): Step {
  return (next) => async (exchange) => {
    let answer: Awaited<ReturnType<typeof next>>;
    try {
      answer = await next(exchange);
    } catch (thrown) {
      throw thrown instanceof Lost ? fromLost(exchange, thrown) : thrown;
    }
    // 300 is how version documents are offered (keystone, glance).
    if (answer.status >= 200 && answer.status <= 300) return answer;
    throw fromOpenStack(exchange, answer, clock.now());
  };
}

function fromLost(exchange: Exchange, lost: Lost): CloudError {
  const options = { upstream: upstreamOf(exchange), cause: lost };
  const { service } = exchange.operation;
  switch (lost.kind) {
    case "aborted":
      return gaveUp(exchange.context.signal.reason, lost);
    case "too-large":
      return new CloudError("TOO_LARGE", `${service}: the answer is too large: ${lost.message}`, options);
    case "connect":
    case "cut":
    case "timeout":
      return new CloudError("UNAVAILABLE", `${service}: ${lost.message}`, options);
  }
}

/** The error of a signal that was aborted: the caller's own, or the deadline's, or else a cancellation. */
export function gaveUp(reason: unknown, cause: unknown = reason): CloudError {
  if (reason instanceof CloudError) return new CloudError(reason.reason, reason.message, { cause });
  if (reason instanceof Error && reason.name === "TimeoutError") {
    return new CloudError("DEADLINE_EXCEEDED", "the deadline passed", { cause });
  }
  return new CloudError("CANCELLED", "the caller gave up", { cause });
}

/** Waits for what others share, and no longer than the caller does. */
export async function abortable<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  if (signal.aborted) {
    // Nobody may be left to hear how it ends.
    promise.catch(() => {});
    throw gaveUp(signal.reason);
  }
  let forget = () => {};
  const aborted = new Promise<never>((_resolve, reject) => {
    forget = onAbort(signal, () => reject(gaveUp(signal.reason)));
  });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    forget();
  }
}
