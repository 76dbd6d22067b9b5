import { request as httpRequest } from "node:http";
import { afterEach, describe, expect, test } from "vitest";
import { createMetrics, type UpstreamRequest } from "../../../src/gateway/metrics.ts";
import { startTestGateway, type TestGateway } from "../../support/gateway.ts";

/** The program's own lines without buckets, as `name{labels} value`. */
function ours(text: string): string[] {
  return text.split("\n").filter((line) => line.startsWith("vimana_") && !line.includes("_bucket"));
}

const upstream = (more: Partial<UpstreamRequest>): UpstreamRequest => ({
  cloud: "east",
  region: "R1",
  service: "compute",
  operation: "servers.list",
  status: 200,
  ms: 250,
  ...more,
});

describe("what is counted", () => {
  test("calls by door, operation and outcome, with their seconds", async () => {
    const metrics = createMetrics();
    metrics.onFinished({ door: "grpc", operation: "s/A", outcome: "OK", milliseconds: 1500 });
    metrics.onFinished({ door: "grpc", operation: "s/A", outcome: "NOT_FOUND", milliseconds: 500 });
    metrics.onFinished({ door: "rest", operation: "s/A", outcome: "OK", milliseconds: 0 });
    const { type, text } = await metrics.read();
    expect(type).toMatch(/^text\/plain; version=0\.0\.4/);
    expect(ours(text)).toEqual([
      'vimana_calls_total{door="grpc",operation="s/A",outcome="OK"} 1',
      'vimana_calls_total{door="grpc",operation="s/A",outcome="NOT_FOUND"} 1',
      'vimana_calls_total{door="rest",operation="s/A",outcome="OK"} 1',
      'vimana_call_duration_seconds_sum{door="grpc",operation="s/A"} 2',
      'vimana_call_duration_seconds_count{door="grpc",operation="s/A"} 2',
      'vimana_call_duration_seconds_sum{door="rest",operation="s/A"} 0',
      'vimana_call_duration_seconds_count{door="rest",operation="s/A"} 1',
    ]);
    expect(text).toContain('vimana_call_duration_seconds_bucket{le="0.5",door="grpc",operation="s/A"} 1');
    expect(text).toContain("process_resident_memory_bytes");
  });

  test("requests to clouds by the class of their status; a region only where the cloud knows it", async () => {
    const metrics = createMetrics();
    for (const status of [200, 204, 404, 503, 0]) metrics.onRequest(upstream({ status }));
    metrics.onRequest(upstream({ region: undefined }));
    for (const region of ["made", "up", undefined]) metrics.onRequest(upstream({ region, service: "identity" }));
    const counts = ours((await metrics.read()).text).filter((line) =>
      line.startsWith("vimana_upstream_requests_total"),
    );
    const labels = (region: string, service: string, status: string): string =>
      `vimana_upstream_requests_total{cloud="east",region="${region}",service="${service}",operation="servers.list",status="${status}"}`;
    expect(counts).toEqual([
      `${labels("R1", "compute", "2xx")} 2`,
      `${labels("R1", "compute", "4xx")} 1`,
      `${labels("R1", "compute", "5xx")} 1`,
      `${labels("R1", "compute", "none")} 1`,
      `${labels("", "compute", "2xx")} 1`,
      `${labels("", "identity", "2xx")} 3`,
    ]);
  });

  test("two gateways in one process count apart, and both can be read", async () => {
    const [a, b] = [createMetrics(), createMetrics()];
    a.onFinished({ door: "grpc", operation: "s/A", outcome: "OK", milliseconds: 1 });
    await a.read();
    expect(ours((await a.read()).text)).toHaveLength(3);
    expect(ours((await b.read()).text)).toEqual([]);
  });
});

describe("/metrics", () => {
  let gateway: TestGateway | undefined;
  afterEach(() => gateway?.close());

  const read = (http: string, headers: Record<string, string> = {}): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const request = httpRequest(`${http}/metrics`, { headers }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => {
          text += chunk;
        });
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on("error", reject).end();
    });

  test("tells calls and what they asked of the cloud; callers' own words make no series", async () => {
    gateway = await startTestGateway();
    const { http } = gateway;
    await fetch(`${http}/vivnfm/v5/flavours`);
    const before = ours((await read(http)).text);
    const operation = "kubenvf.kubevim.api.pb.vi_vnfm/QueryComputeFlavour";
    expect(before).toContain(`vimana_calls_total{door="rest",operation="${operation}",outcome="OK"} 1`);
    expect(before).toContainEqual(
      expect.stringMatching(
        /^vimana_upstream_requests_total\{cloud="simulator",region="RegionOne",service="compute",operation="flavours\.list",status="2xx"\} [1-9]/,
      ),
    );
    for (const word of ["a", "b", "c"]) {
      const headers = { "vimana-region": word, "vimana-cloud": word, "x-auth-token": word };
      for (const [name, value] of Object.entries(headers)) {
        await fetch(`${http}/vivnfm/v5/flavours?${word}=1`, { headers: { [name]: value } });
      }
      await fetch(`${http}/vivnfm/v5/images/${word}`);
      await fetch(`${http}/${word}`);
    }
    const { text } = await read(http);
    expect(ours(text).length).toBeGreaterThan(before.length);
    expect(ours(text).filter((line) => /"[abc]"/.test(line))).toEqual([]);
  });

  test("is for this machine, under its own name, unless the operator says otherwise", async () => {
    gateway = await startTestGateway();
    expect((await read(gateway.http)).status).toBe(200);
    const foreign = await read(gateway.http, { host: "rebound.example" });
    expect([foreign.status, JSON.parse(foreign.text)]).toMatchObject([403, { reason: "FORBIDDEN" }]);
    await gateway.close();
    gateway = await startTestGateway({}, ["--metrics", "all"]);
    expect((await read(gateway.http, { host: "gateway.example" })).status).toBe(200);
  });
});
