import { CloudError } from "../../cloud/index.ts";

/** What the door speaks, highest first (GFD.223 §5.3); old suites look for 1.1 too, and GFD.222 wants to be named. */
const SERVED = { major: 1, minor: 2 } as const;

export function serverHeader(product: string): string {
  return `Vimana/${product} OCCI/${SERVED.major}.${SERVED.minor} OCCI/1.1 OCCI-CRTP/1.1`;
}

const VERSION = /(?:^|[\s;,(])OCCI\/(\d{1,9})\.(\d{1,9})(?=$|[\s;,)])/g;

/** A client of a higher version gets 501 whatever it asks for; a malformed token says nothing (GFD.223 §5.3). */
export function checkVersion(userAgent: string | undefined): void {
  if (userAgent === undefined || !userAgent.includes("OCCI/")) return;
  for (const [, major, minor] of userAgent.matchAll(VERSION)) {
    const order = Number(major) - SERVED.major || Number(minor) - SERVED.minor;
    if (order > 0) {
      const served = `${SERVED.major}.${SERVED.minor}`;
      throw new CloudError("VERSION_UNSUPPORTED", `OCCI ${major}.${minor} is not served, OCCI ${served} is`, {
        field: "user-agent",
      });
    }
  }
}
