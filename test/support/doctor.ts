/** `vimana doctor` on a simulator's member, with clouds.yaml in a folder of its own. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding } from "../../src/cli/doctor/finding.ts";
import type { Clock } from "../../src/cloud/index.ts";
import { type Simulator, startSimulator } from "../../src/simulator/index.ts";
import { type Ran, vimana } from "./cli.ts";
import { virtualClock } from "./virtualClock.ts";

/** What `--json` prints. */
export interface Report {
  readonly cloud: string;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
}

export interface Practice {
  readonly simulator: Simulator;
  readonly clock: ReturnType<typeof virtualClock>;
  readonly folder: string;
  /** clouds.yaml */
  readonly clouds: string;
  /** Has the member's cloud looked at, its entry changed by `change`. */
  look(change?: Record<string, unknown>, around?: { args?: readonly string[]; clock?: Clock }): Promise<Ran>;
  close(): Promise<void>;
}

export async function openPractice(): Promise<Practice> {
  const clock = virtualClock();
  const simulator = await startSimulator({ clock });
  const folder = mkdtempSync(join(tmpdir(), "vimana-doctor-"));
  const clouds = join(folder, "clouds.yaml");
  return {
    simulator,
    clock,
    folder,
    clouds,
    async look(change = {}, { args = ["--json", "--data-dir", "memory"], clock: other = clock } = {}) {
      const { auth_url, username, password, project_name, region_name } = simulator.clouds().demo ?? {};
      const domains = { user_domain_name: "Default", project_domain_name: "Default" };
      const { auth, ...rest } = { auth: {}, ...change };
      const known = { auth_url, username, password, project_name, ...domains, ...Object(auth) };
      const cloud = { auth: known, region_name, ...rest };
      writeFileSync(clouds, JSON.stringify({ clouds: { demo: cloud } }), { mode: 0o600 });
      return vimana(["doctor", "demo", ...args], { env: { OS_CLIENT_CONFIG_FILE: clouds }, clock: other });
    },
    async close() {
      await simulator.close();
      rmSync(folder, { recursive: true });
    },
  };
}

export const reportOf = ({ out }: Ran): Report => JSON.parse(out) as Report;

/** What was found beside what is in order: grade, part, subject, message. */
export function troubles(ran: Ran): readonly string[] {
  return reportOf(ran)
    .findings.filter(({ grade }) => grade === "fault" || grade === "warning")
    .map(({ part, subject, grade, message }) => `${grade} ${part} ${subject}: ${message}`);
}
