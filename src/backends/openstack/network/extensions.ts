/** Which extensions a Neutron announces: asked once an hour per endpoint. */
import { budget } from "../deadline.ts";
import { asObjects, textOrEmpty } from "../json.ts";
import { hrefOf } from "../pipeline/exchange.ts";
import { abortable } from "../pipeline/fail.ts";
import type { Session } from "../session.ts";

const KEPT_MS = 3_600_000;
const BUDGET_MS = 30_000;

/** Aliases of the announced extensions. */
export function extensionsOf(session: Session): Promise<ReadonlySet<string>> {
  const { clock, closing, extensions } = session;
  const flight = extensions.obtain(hrefOf(session.endpoint("network")), async () => {
    const body = await session
      .until(budget(BUDGET_MS, closing))
      .ask({ service: "network", name: "extensions.list", method: "GET", path: ["extensions"] });
    const aliases = asObjects(body.extensions, "extensions").map((extension) => textOrEmpty(extension.alias));
    return { value: new Set(aliases), until: clock.now() + KEPT_MS };
  });
  return abortable(flight, session.signal);
}

/**
 * Tags that are given at creation are dropped without a word where neither of these is announced (seen on Zed), and
 * kept where one is, for a single port, too (neutron: plugins/ml2/extensions/tag_ports_during_bulk_creation.py).
 */
const PORT_TAGS = ["tag-ports-during-bulk-creation", "tag-creation"];

export async function takesPortTags(session: Session): Promise<boolean> {
  const announced = await extensionsOf(session);
  return PORT_TAGS.some((alias) => announced.has(alias));
}
