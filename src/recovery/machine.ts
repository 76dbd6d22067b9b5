import { readFileSync, readlinkSync } from "node:fs";
import type { Machine } from "./presence.ts";

/** This machine. Where the kernel does not tell (no Linux), leases alone decide who lives. */
export const systemMachine: Machine = {
  place: placeOfProcesses(),
  pid: process.pid,
  isRunning(pid) {
    try {
      process.kill(pid, 0);
      return true;
    } catch (thrown) {
      // EPERM is a process of somebody else.
      return !(thrown instanceof Error && "code" in thrown && thrown.code === "ESRCH");
    }
  },
};

function placeOfProcesses(): string | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    return `${boot}/${readlinkSync("/proc/self/ns/pid")}`;
  } catch {
    return undefined;
  }
}
