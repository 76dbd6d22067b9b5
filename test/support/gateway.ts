import { silentLog } from "../../src/cloud/index.ts";
import { readConfig } from "../../src/gateway/config.ts";
import { type Gateway, type Surroundings, startGateway } from "../../src/gateway/main.ts";
import { canaryLog, listenAt } from "./canaryFolder.ts";

/** A gateway on free ports, in front of a simulator of its own unless `around` names another cloud. */
export interface TestGateway {
  /** host:port */
  readonly grpc: string;
  readonly http: string;
  readonly occi: string;
  /** The simulator's address; empty in front of another cloud. */
  readonly simulator: string;
  readonly gateway: Gateway;
  close(): Promise<void>;
}

export async function startTestGateway(around: Surroundings = {}, flags: readonly string[] = []): Promise<TestGateway> {
  const ports = ["grpc", "http", "occi", "simulator"].flatMap((door) => [`--${door}-port`, "0"]);
  const config = readConfig([...ports, "--log-level", "silent", "--data-dir", "memory", ...flags], {});
  const gateway = await startGateway(config, { env: {}, log: canaryLog() ?? silentLog, ...around });
  listenAt([gateway.doors.http, gateway.doors.occi]);
  return {
    ...gateway.doors,
    simulator: gateway.simulator?.url ?? "",
    gateway,
    close: () => gateway.close(1_000),
  };
}
