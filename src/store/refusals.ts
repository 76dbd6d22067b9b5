import { CloudError } from "../cloud/errors.ts";
import type { DocumentKey, Lease } from "../cloud/store.ts";

/** The refusals that every adapter words alike. */

export const alreadyThere = (key: DocumentKey): CloudError =>
  new CloudError("ALREADY_EXISTS", `${key.kind} ${key.id} is already in the store`);

export const changedMeanwhile = (key: DocumentKey): CloudError =>
  new CloudError("CONFLICT", `${key.kind} ${key.id} was changed or deleted by somebody else`);

export const leaseLost = (lease: Lease): CloudError =>
  new CloudError("CONFLICT", `${lease.owner} no longer holds the lease ${lease.name}`);

export const newerSchema = (found: number, known: number): CloudError =>
  new CloudError(
    "VERSION_UNSUPPORTED",
    `the store has schema ${found} and this version knows schemas up to ${known}: run the newer version of Vimana, or a copy of the store from before its upgrade`,
  );

export const unavailable = (what: string, cause?: unknown): CloudError =>
  new CloudError("UNAVAILABLE", `the store ${what}`, { cause });

export const closed = (): CloudError => unavailable("is closed");
