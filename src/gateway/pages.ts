import type { RequestListener } from "node:http";
import express, { type Express, type Request, type Response } from "express";
import { CloudError } from "../cloud/index.ts";
import { isLocalHost } from "./admit.ts";
import { createDocs } from "./docs.ts";
import type { HealthState } from "./health.ts";
import type { Metrics } from "./metrics.ts";
import { toProblem, writeProblem } from "./problem.ts";
import { isLoopback } from "./restHttp.ts";

export interface PagesOptions {
  readonly health: HealthState;
  readonly metrics: Metrics;
  /** Whether callers from elsewhere may read the metrics, too. */
  readonly showsMetricsToAll: boolean;
  readonly newRequestId: () => string;
}

/** What the HTTP door shows that is no operation: the program's health, its metrics and its documentation; `otherwise` takes the rest. */
export function createPages(options: PagesOptions, otherwise: RequestListener): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.get("/healthz", (_request, response) => {
    response.json({ status: "alive" });
  });
  app.get("/readyz", async (_request, response) => {
    const trouble = await options.health.readiness();
    response
      .status(trouble === undefined ? 200 : 503)
      .json(trouble === undefined ? { status: "ready" } : { status: "not ready", reason: trouble });
  });
  app.get("/metrics", (request, response) => sendMetrics(options, request, response));
  app.use(createDocs());
  app.use((request, response) => otherwise(request, response));
  return app;
}

async function sendMetrics(options: PagesOptions, request: Request, response: Response): Promise<void> {
  // A page that rebinds its DNS name comes from loopback, too, but under that name.
  if (!options.showsMetricsToAll && !(isLoopback(request.socket.remoteAddress) && isLocalHost(request.get("host")))) {
    const error = new CloudError("FORBIDDEN", "metrics are for callers on the gateway's own machine");
    writeProblem(response, toProblem(error, options.newRequestId()));
    return;
  }
  const { type, text } = await options.metrics.read();
  response.setHeader("Content-Type", type);
  response.end(text);
}
