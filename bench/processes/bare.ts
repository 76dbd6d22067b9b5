/**
 * The same upstream requests behind a bare door: what a gateway costs that does nothing. `proxy` is node:http, `express`
 * and `grpc` are the libraries of our own doors. Each parses the cloud's JSON and writes JSON.
 */
import { createServer } from "node:http";
import { Server, ServerCredentials, type sendUnaryData } from "@grpc/grpc-js";
import express from "express";
import { Agent } from "undici";
import type { Plan } from "../plan.ts";

const [kind = "", text = "{}"] = process.argv.slice(2);
const plans: Readonly<Record<string, Plan>> = JSON.parse(text);
const agent = new Agent({ connections: 64 });

async function follow(plan: Plan | undefined): Promise<unknown> {
  if (plan === undefined) throw new Error("no such plan");
  const answers: unknown[] = [];
  for (const stage of plan) {
    const found = await Promise.all(
      stage.map(async ({ method, origin, path, headers, body }) => {
        const answer = await agent.request({ method, origin, path, headers, body: body ?? null });
        const said = await answer.body.text();
        if (answer.statusCode >= 300) throw new Error(`${path}: ${answer.statusCode} ${said}`);
        return said === "" ? {} : JSON.parse(said);
      }),
    );
    answers.push(...found);
  }
  return answers.length === 1 ? answers[0] : answers;
}

function openHttp(listener: Parameters<typeof createServer>[1]): void {
  const server = createServer(listener);
  server.listen(0, "127.0.0.1", () => {
    const address = server.address();
    process.stdout.write(`ready http://127.0.0.1:${typeof address === "object" ? address?.port : ""}\n`);
  });
}

if (kind === "proxy") {
  openHttp((request, response) => {
    follow(plans[request.url?.slice(1) ?? ""]).then(
      (answer) => {
        const bytes = Buffer.from(JSON.stringify(answer));
        response.writeHead(200, { "content-type": "application/json", "content-length": bytes.length });
        response.end(bytes);
      },
      (error) => response.writeHead(502).end(String(error)),
    );
  });
} else if (kind === "express") {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(async (request, response) => {
    response.json(await follow(plans[request.path.slice(1)]));
  });
  openHttp(app);
} else {
  const server = new Server();
  for (const [name, plan] of Object.entries(plans)) {
    server.register(
      `/bare/${name}`,
      (_call: unknown, callback: sendUnaryData<Buffer>) => {
        follow(plan).then(
          (answer) => callback(null, Buffer.from(JSON.stringify(answer))),
          (error) => callback(error),
        );
      },
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      "unary",
    );
  }
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error !== null) throw error;
    process.stdout.write(`ready 127.0.0.1:${port}\n`);
  });
}
process.on("disconnect", () => process.exit(0));
