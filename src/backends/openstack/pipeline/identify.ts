/** Who asks: the global request id of the call, and the gateway's name. */
import type { Step } from "./exchange.ts";

/** Services drop a global id of another form (oslo.middleware: request_id.py, `ID_FORMAT`). */
const GLOBAL_ID = /^req-[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

export const identifying: Step = (next) => (exchange) =>
  next({
    ...exchange,
    headers: {
      accept: "application/json",
      "user-agent": "vimana",
      ...(GLOBAL_ID.test(exchange.context.requestId) ? { "x-openstack-request-id": exchange.context.requestId } : {}),
      ...exchange.headers,
    },
  });
