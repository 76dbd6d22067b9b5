/** The states of a volume, and which may follow which: whatever changes a status goes through here (cinder stable/zed: volume/manager.py). */

/** In the order in which `os-reset_status` names them. */
export const resettable = [
  "creating",
  "available",
  "deleting",
  "error",
  "error_deleting",
  "error_managing",
  "managing",
  "attaching",
  "in-use",
  "detaching",
  "maintenance",
  "restoring-backup",
  "error_restoring",
  "reserved",
  "awaiting-transfer",
  "backing-up",
  "error_backing-up",
  "error_extending",
  "downloading",
  "uploading",
  "retyping",
  "extending",
] as const;

export type VolumeStatus = (typeof resettable)[number] | "reverting";

/** `deleting` is reached from all but itself by force; what is not here only an administrator can do, by resetting. */
export const follows: Readonly<Partial<Record<VolumeStatus, readonly VolumeStatus[]>>> = {
  creating: ["downloading", "available", "error"],
  downloading: ["available", "error", "reserved"],
  available: [
    "reserved",
    "attaching",
    "in-use",
    "extending",
    "retyping",
    "uploading",
    "reverting",
    "awaiting-transfer",
  ],
  "awaiting-transfer": ["available"],
  reserved: ["attaching", "in-use", "available"],
  attaching: ["in-use", "available", "reserved"],
  "in-use": ["detaching", "available", "extending", "retyping", "reserved", "attaching", "uploading"],
  detaching: ["in-use", "available", "reserved", "attaching"],
  extending: ["available", "in-use", "error_extending"],
  // Who held it while it was extended may go on.
  error_extending: ["available", "in-use", "reserved"],
  retyping: ["available", "in-use"],
  uploading: ["available", "in-use"],
  reverting: ["available", "error"],
  deleting: ["error_deleting"],
  maintenance: ["available"],
};

/** Statuses in which Cinder deletes on a plain request. */
export const deletable: ReadonlySet<VolumeStatus> = new Set<VolumeStatus>([
  "available",
  "error",
  "error_restoring",
  "error_extending",
  "error_managing",
]);
