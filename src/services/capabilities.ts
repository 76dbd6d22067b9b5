/**
 * What works for the caller (vimana.v1.CapabilitiesService): the rows of every door, judged by the cloud's capabilities.
 *
 * capabilities/row      what a row is
 * capabilities/facade, occi, others   the rows, one file per door
 */
import type {
  CapabilitiesServiceService,
  Capability,
  CapabilityReason as WireReason,
} from "../../generated/ts/vimana/v1/capabilities.ts";
import { type Capabilities, type CapabilityReason, type Cloud, type Verdict, verdictOn } from "../cloud/index.ts";
import type { Handlers } from "../gateway/operation.ts";
import { FACADE_ROWS } from "./capabilities/facade.ts";
import { OCCI_ROWS } from "./capabilities/occi.ts";
import { OTHER_ROWS } from "./capabilities/others.ts";
import type { Need, Row } from "./capabilities/row.ts";

/** Everything that the doors offer. */
export const CAPABILITY_ROWS: readonly Row[] = [...FACADE_ROWS, ...OCCI_ROWS, ...OTHER_ROWS];

export const capabilitiesHandlers: Handlers<CapabilitiesServiceService> = {
  async getCapabilities(_request, { cloud }) {
    return { cloud: cloud.name, region: cloud.region, capabilities: await judgedRows(cloud) };
  },
};

/** Every row as it is for the caller of this cloud. */
export async function judgedRows(cloud: Cloud): Promise<Capability[]> {
  const known = await cloud.capabilities();
  return CAPABILITY_ROWS.map((row) => encodeRow(row, known));
}

function encodeRow({ operation, input, need }: Row, known: Capabilities): Capability {
  const verdict = judge(need, known);
  const explanation = verdict.support === "yes" ? "" : verdict.explanation;
  const reason = verdict.support === "no" ? WIRE_REASON[verdict.reason] : undefined;
  return { operation, input, support: supportOf(need, verdict), reason, explanation };
}

function judge(need: Need, known: Capabilities): Verdict {
  // What the gateway refuses it refuses before it looks at the cloud.
  if ("notOffered" in need) return { support: "no", reason: "NOT_OFFERED", explanation: need.notOffered };
  const verdict = verdictOn(known, need.needs);
  if (verdict.support === "no" && "instead" in need && need.instead !== undefined) {
    return { support: "depends", explanation: `${verdict.explanation}; ${need.instead}` };
  }
  if (verdict.support !== "yes" || !("ignored" in need)) return verdict;
  return { support: "no", reason: "SILENT_NO_OP", explanation: need.ignored };
}

function supportOf(need: Need, verdict: Verdict): Capability["support"] {
  if (verdict.support === "yes") return "SUPPORT_SUPPORTED";
  if (verdict.support === "depends") return "SUPPORT_DEPENDS";
  if (verdict.reason === "SILENT_NO_OP") return "SUPPORT_IGNORED";
  return "isAbsent" in need ? "SUPPORT_ABSENT" : "SUPPORT_REFUSED";
}

const WIRE_REASON: Readonly<Record<CapabilityReason, WireReason>> = {
  POLICY: "CAPABILITY_REASON_POLICY",
  MISSING_SERVICE: "CAPABILITY_REASON_MISSING_SERVICE",
  VERSION: "CAPABILITY_REASON_VERSION",
  EXTENSION: "CAPABILITY_REASON_EXTENSION",
  QUOTA: "CAPABILITY_REASON_QUOTA",
  SILENT_NO_OP: "CAPABILITY_REASON_SILENT_NO_OP",
  NOT_OFFERED: "CAPABILITY_REASON_NOT_OFFERED",
};
