import type { Store, StoredDocument } from "../cloud/index.ts";
import { decodeOpen, KIND, OPEN } from "./record.ts";
import type { Step } from "./step.ts";

/** A write whose account is open. */
export interface UnfinishedWrite {
  readonly id: string;
  readonly operation: string;
  readonly requestId: string;
  readonly cloud: string;
  readonly region: string | undefined;
  readonly projectId: string;
  readonly userId: string;
  readonly startedAt: Date;
  /** A call is at work on it; otherwise it waits to be finished or taken back. */
  readonly isUnderWay: boolean;
  readonly attempts: number;
  readonly trouble: string | undefined;
  readonly steps: readonly Step[];
}

export async function* listUnfinished(
  store: Store,
  { cloud, project }: { readonly cloud?: string; readonly project?: string },
  isAbandoned: (document: StoredDocument) => Promise<boolean>,
): AsyncIterable<UnfinishedWrite> {
  const query = { kind: KIND, key: OPEN, ...(project === undefined ? {} : { project }) };
  for await (const document of store.list(query)) {
    const record = decodeOpen(document);
    if (record === undefined || (cloud !== undefined && record.cloud !== cloud)) continue;
    const { operation, requestId, region, userId, startedAt, attempts, trouble, steps } = record;
    yield {
      // The digest of a key is nobody's business.
      id: requestId,
      operation,
      requestId,
      cloud: record.cloud,
      region,
      projectId: document.project,
      userId,
      startedAt: new Date(startedAt),
      isUnderWay: record.abandonedAt === undefined && !(await isAbandoned(document)),
      attempts,
      trouble,
      steps,
    };
  }
}
