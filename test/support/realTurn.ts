import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "./eventually.ts";

/**
 * The real cloud is one, its tenants have room for ten machines, and several test files want it: one has it at a time. Hooks
 * that wait for their turn have the time of vitest.config.ts for it.
 */
const FILE = join(tmpdir(), "vimana-tests-real-cloud");
/** Seconds that one's turn may be away. */
const PATIENCE = 1500;

/** Waits for the turn; what comes back ends it. */
export async function realTurn(): Promise<() => void> {
  await eventually(
    async () => tryTake(),
    (isTaken) => isTaken,
    PATIENCE,
  );
  return () => rmSync(FILE, { force: true });
}

function tryTake(): boolean {
  try {
    writeFileSync(FILE, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (isLeftBehind()) rmSync(FILE, { force: true });
    return false;
  }
}

/** By a process that is no more. */
function isLeftBehind(): boolean {
  try {
    process.kill(Number(readFileSync(FILE, "utf8")), 0);
    return false;
  } catch (thrown) {
    return thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH";
  }
}
