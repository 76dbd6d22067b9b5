import { CloudError, type Reason } from "./errors.ts";

/**
 * What a cloud can really do for one tenant, as data (house, "The four types"). Doors say which features each of their
 * operations and inputs needs; adapters say of each feature whether the cloud has it for this tenant, and why not.
 */

/** What clouds differ in, in plain words; a feature that an adapter forgets does not compile. */
export const FEATURES = [
  "image.read",
  "image.delete",
  "flavour.read",
  "flavour.create",
  "flavour.delete",
  "server.read",
  "server.create",
  "server.update",
  "server.delete",
  /** Start, stop, pause, unpause, suspend, resume, reboot. */
  "server.operate",
  "server.resize",
  "server.rebuild",
  "server.snapshot",
  /** Network cards of servers that exist. */
  "server.attach",
  /** On the host of certain other servers, or on another one. */
  "server.create.beside",
  "serverGroup.read",
  "serverGroup.create",
  "keyPair.create",
  "network.read",
  /** How it is realised below: type, physical network, segment. */
  "network.read.provider",
  "network.read.mtu",
  "network.read.tags",
  "network.create",
  /** For every tenant of the cloud. */
  "network.create.shared",
  /** On a physical network of the operator's. */
  "network.create.provider",
  "network.update",
  "network.delete",
  "subnet.read",
  "subnet.create",
  "subnet.delete",
  "port.read",
  "port.create",
  /** A card that is the hardware itself, or a virtual function of it. */
  "port.create.hardware",
  /** Tags that are given with the port. */
  "port.create.tags",
  "volume.read",
  "volume.create",
  "volume.update",
  "volume.delete",
  "volume.attach",
  "volumeSnapshot.create",
  "volumeBackup.create",
  "floatingIp.read",
  "floatingIp.create",
  "securityGroup.read",
  "securityGroup.create",
] as const;

export type Feature = (typeof FEATURES)[number];

/** Why a cloud does not do something for a tenant. */
export type CapabilityReason =
  /** The caller's roles do not allow it. */
  | "POLICY"
  /** The catalogue has no such service. */
  | "MISSING_SERVICE"
  /** The service is too old. */
  | "VERSION"
  /** The service lacks an extension. */
  | "EXTENSION"
  /** The tenant's quota is nothing at all. */
  | "QUOTA"
  /** It would be accepted and ignored. */
  | "SILENT_NO_OP"
  /** The gateway itself does not build it. */
  | "NOT_OFFERED";

/** `depends`: on what no tenant can see, or on what could not be found out just now. */
export type Verdict =
  | { readonly support: "yes" }
  | { readonly support: "depends"; readonly explanation: string }
  | { readonly support: "no"; readonly reason: CapabilityReason; readonly explanation: string };

export type Capabilities = Readonly<Record<Feature, Verdict>>;

export const SUPPORTED: Verdict = { support: "yes" };

/** What is said of something that needs several features: the first refusal, or else the first doubt. */
export function verdictOn(capabilities: Capabilities, features: readonly Feature[]): Verdict {
  const verdicts = features.map((feature) => capabilities[feature]);
  return (
    verdicts.find(({ support }) => support === "no") ??
    verdicts.find(({ support }) => support === "depends") ??
    SUPPORTED
  );
}

/** The error that a call ends in for want of a capability: the same as the cloud's own would be. */
const ERROR: Readonly<Record<CapabilityReason, Reason>> = {
  POLICY: "FORBIDDEN",
  MISSING_SERVICE: "MISSING_SERVICE",
  VERSION: "VERSION_UNSUPPORTED",
  EXTENSION: "UNSUPPORTED",
  QUOTA: "QUOTA_EXCEEDED",
  SILENT_NO_OP: "UNSUPPORTED",
  NOT_OFFERED: "UNSUPPORTED",
};

/** Refuses what the cloud does not do for this tenant, before anything is made; a doubt is left to the cloud. */
export async function requireCapability(
  cloud: { capabilities(): Promise<Capabilities> },
  feature: Feature,
  field?: string,
): Promise<void> {
  const verdict = (await cloud.capabilities())[feature];
  if (verdict.support !== "no") return;
  throw new CloudError(ERROR[verdict.reason], verdict.explanation, field === undefined ? {} : { field });
}
