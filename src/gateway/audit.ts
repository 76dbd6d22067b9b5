import type { Cloud, Log } from "../cloud/index.ts";

/** A write that somebody tried, however it ended. */
export interface Audited {
  readonly requestId: string;
  readonly door: string;
  readonly operation: string;
  /** What it was about, as far as the door knows: a path or an id. */
  readonly target?: string;
  /** `OK` or the reason of the refusal. */
  readonly outcome: string;
  /** What the cloud answered, where its answer went through as it is. */
  readonly status?: number;
  /** Absent when the caller was not let in, and where the gateway does not look into the token. */
  readonly cloud: Pick<Cloud, "name" | "region" | "tenant"> | undefined;
}

/** One line a write: who did what where, and how it ended. Never an input's value. */
export function audit(log: Log, audited: Audited): void {
  const { cloud, ...what } = audited;
  const who =
    cloud === undefined
      ? {}
      : {
          cloud: cloud.name,
          region: cloud.region,
          project: cloud.tenant.projectId,
          user: cloud.tenant.userId,
          roles: cloud.tenant.roles,
        };
  log.info({ audit: true, ...what, ...who }, "write");
}

/** Whether an operation changes anything, by its HTTP methods (RFC 9110 §9.2.1). */
export function isWrite(methods: readonly string[]): boolean {
  return methods.some((method) => !["GET", "HEAD", "OPTIONS"].includes(method));
}
