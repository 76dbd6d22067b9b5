/** What the tenant has and may have: quotas, external networks, images, flavours, and what the doors do with it all. */
import { type Cloud, CloudError, type Listing, type Quota } from "../../cloud/index.ts";
import { judgedRows } from "../../services/index.ts";
import { type Finding, messageOf, short, type Tell } from "./finding.ts";

/** The part of a quota from which it is worth a word. */
const NEARLY = 0.9;
/** More than this many are not counted. */
const COUNTED = 1000;

export async function lookAtQuotas(cloud: Cloud, tell: Tell): Promise<void> {
  try {
    for (const quota of await cloud.quotas.list()) tell(ofQuota(quota));
  } catch (thrown) {
    // Nova shows quotas to nobody but administrators in some clouds.
    const grade = CloudError.is(thrown, "FORBIDDEN") ? "note" : "fault";
    tell({ part: "tenant", subject: "quotas", grade, message: `cannot be read: ${messageOf(thrown)}` });
  }
}

function ofQuota({ service, name, limit, used }: Quota): Finding {
  const finding = { part: "tenant", subject: `quota of ${name}`, facts: { service, name, limit, used } } as const;
  const isMinor = limit === undefined || used === undefined || used === 0;
  const message = `${used ?? "?"} ${limit === undefined ? "used, no limit" : `of ${limit} used`}`;
  if (limit === undefined || limit === 0 || used === undefined) return { ...finding, grade: "ok", message, isMinor };
  if (used < limit) return { ...finding, grade: used >= limit * NEARLY ? "warning" : "ok", message, isMinor };
  const advice = "delete what is not needed, or have it raised";
  return { ...finding, grade: "fault", message: `${message}: it is full`, advice };
}

interface Stock {
  readonly subject: string;
  readonly list: (cloud: Cloud) => Listing<{ readonly name: string }>;
  /** What it means when there are none. */
  readonly none: { readonly grade: "warning" | "fault"; readonly message: string };
}

const STOCK: readonly Stock[] = [
  {
    subject: "external networks",
    list: (cloud) => externalOf(cloud),
    none: { grade: "warning", message: "none: no floating addresses, and no way out for private networks" },
  },
  {
    subject: "images",
    list: (cloud) => cloud.images.list(),
    none: { grade: "fault", message: "none: no machine can be made" },
  },
  {
    subject: "flavours",
    list: (cloud) => cloud.flavours.list(),
    none: { grade: "fault", message: "none: no machine can be made" },
  },
];

async function* externalOf(cloud: Cloud): AsyncGenerator<{ readonly name: string }> {
  for await (const network of cloud.networks.list()) if (network.isExternal) yield network;
}

/** Each with a cloud of its own, for time is short. */
export async function lookAtStock(open: () => Promise<Cloud>, tell: Tell): Promise<void> {
  for (const { subject, list, none } of STOCK) {
    const names: string[] = [];
    try {
      for await (const { name } of list(await open())) {
        names.push(name);
        if (names.length === COUNTED) break;
      }
    } catch (thrown) {
      tell({ part: "tenant", subject, grade: "fault", message: `cannot be listed: ${messageOf(thrown)}` });
      continue;
    }
    if (names.length === 0) tell({ part: "tenant", subject, ...none });
    else {
      const more = names.length > 3 ? ", …" : "";
      const count = names.length === COUNTED ? `${COUNTED} or more` : String(names.length);
      tell({
        part: "tenant",
        subject,
        grade: "ok",
        message: `${count}: ${names.slice(0, 3).join(", ")}${more}`,
        facts: { names },
      });
    }
  }
}

/** What stands before a service's own name. */
const PACKAGE = /^[\w.]+\.(?=\w+\/)/;

/** Refusals that come from what the cloud lacks; the others are the role's, or the gateway's on every cloud. */
const LACKS: ReadonlySet<string> = new Set(["MISSING_SERVICE", "VERSION", "EXTENSION", "QUOTA"]);

export async function lookAtCapabilities(cloud: Cloud, tell: Tell): Promise<void> {
  let rows: Awaited<ReturnType<typeof judgedRows>>;
  try {
    rows = await judgedRows(cloud);
  } catch (thrown) {
    tell({
      part: "capabilities",
      subject: "all",
      grade: "fault",
      message: `cannot be found out: ${messageOf(thrown)}`,
    });
    return;
  }
  const works = rows.filter(({ support }) => support === "SUPPORT_SUPPORTED").length;
  const never = rows.filter(({ reason }) => reason === "CAPABILITY_REASON_NOT_OFFERED").length;
  const message = `${works} of ${rows.length} operations and inputs of the doors work; ${never} are refused on every cloud`;
  tell({ part: "capabilities", subject: "all", grade: "ok", message, facts: { works, never, all: rows.length } });
  const others = rows.filter(({ support }) => support !== "SUPPORT_SUPPORTED");
  for (const [explanation, group] of Map.groupBy(others, (row) => short(row.explanation))) {
    const [{ reason } = {}] = group;
    const word = reason?.replace("CAPABILITY_REASON_", "") ?? "DEPENDS";
    const names = group.map(({ operation, input }) => [operation.replace(PACKAGE, ""), input ?? ""].join(" ").trim());
    tell({
      ...{ part: "capabilities", subject: word, grade: LACKS.has(word) ? "fault" : "note", message: explanation },
      isMinor: word === "NOT_OFFERED",
      facts: { reason: word, rows: names },
    });
  }
}
