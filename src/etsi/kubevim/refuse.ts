import { type Cloud, CloudError } from "../../cloud/index.ts";

/** Refuses an input that would change the meaning of the call and that nothing here can honour (house rule 1). */
export function refuseGiven(field: string, isGiven: boolean, why: string): void {
  if (isGiven) throw new CloudError("UNSUPPORTED", why, { field });
}

export function invalid(field: string, why: string, cause?: unknown): CloudError {
  return new CloudError("INVALID_VALUE", why, { field, ...(cause === undefined ? {} : { cause }) });
}

/** Looks up what an input refers to: a reference to nothing is a fault of that input, not of the path. */
export async function referred<Item>(field: string, what: string, look: () => Promise<Item>): Promise<Item> {
  try {
    return await look();
  } catch (thrown) {
    if (CloudError.is(thrown, "NOT_FOUND")) throw invalid(field, `there is no such ${what}`, thrown);
    throw thrown;
  }
}

/** Whether a Metadata element says anything. */
export function hasEntries(metadata: { readonly fields: Readonly<Record<string, string>> } | undefined): boolean {
  return metadata !== undefined && Object.keys(metadata.fields).length > 0;
}

/** A resource group is a project (IFA 006 §3.1): the caller's own one is honoured, and no other can be meant. */
export function checkTenant(cloud: Cloud, resourceGroupId: string | undefined): void {
  if (resourceGroupId === undefined || resourceGroupId === cloud.tenant.projectId) return;
  throw new CloudError("FORBIDDEN", `the credentials are for project ${cloud.tenant.projectId}`, {
    field: "resourceGroupId",
  });
}
