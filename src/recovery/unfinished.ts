import type { Listing, Store, StoredDocument, UnfinishedWrite } from "../cloud/index.ts";
import { decodeOpen, KIND, OPEN } from "./record.ts";

/** The accounts that are open. */
export async function* listUnfinished(
  store: Store,
  { cloud, project }: { readonly cloud?: string; readonly project?: string },
  isAbandoned: (document: StoredDocument) => Promise<boolean>,
): Listing<UnfinishedWrite> {
  const query = { kind: KIND, key: OPEN, ...(project === undefined ? {} : { project }) };
  for await (const document of store.list(query)) {
    const record = decodeOpen(document);
    if (record === undefined || (cloud !== undefined && record.cloud !== cloud)) continue;
    const { operation, requestId, region, userId, startedAt, attempts, trouble, steps } = record;
    yield {
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
