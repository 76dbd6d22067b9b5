/** One debug line and one event per HTTP request, sent again ones included. */
import type { Clock } from "../../../cloud/index.ts";
import { hrefOf, Lost, requestIdOf, type ServiceType, type Step } from "./exchange.ts";

/** An HTTP request to a cloud that has ended. */
export interface RequestEvent {
  readonly cloud: string;
  readonly region: string | undefined;
  readonly service: ServiceType;
  readonly operation: string;
  /** 0 when there was no answer. */
  readonly status: number;
  readonly ms: number;
}

export function reporting(clock: Clock, onRequest: ((event: RequestEvent) => void) | undefined): Step {
  return (next) => async (exchange) => {
    const { operation, context, url } = exchange;
    const from = clock.now();
    const report = (status: number, more: Readonly<Record<string, unknown>>) => {
      const { cloud, region } = context;
      const event = {
        cloud,
        region,
        service: operation.service,
        operation: operation.name,
        status,
        ms: clock.now() - from,
      };
      if (context.log.isQuiet !== true) {
        context.log.debug({ ...event, method: operation.method, url: hrefOf(url), ...more }, "upstream request");
      }
      onRequest?.(event);
    };
    try {
      const answer = await next(exchange);
      report(answer.status, { upstreamRequestId: requestIdOf(answer) });
      return answer;
    } catch (thrown) {
      report(0, { lost: thrown instanceof Lost ? thrown.kind : String(thrown) });
      throw thrown;
    }
  };
}
