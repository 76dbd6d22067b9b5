/**
 * What an OpenStack does for one tenant.
 *
 * rules   what each feature asks for
 * facts   what the cloud says of itself and of the tenant
 * judge   the one against the other
 */
import type { Capabilities, Tenant } from "../../../cloud/index.ts";
import { budget } from "../deadline.ts";
import { abortable } from "../pipeline/fail.ts";
import type { Session } from "../session.ts";
import { gatherFacts, isWhole } from "./facts.ts";
import { judgeAll } from "./judge.ts";

/** As long as a caller's roles are believed (house, "Tokens"). */
const KEPT_MS = 60_000;
/** The answer serves everybody who waits for it, so that it is asked in its own time. */
const BUDGET_MS = 20_000;

export async function capabilitiesOf(session: Session): Promise<Capabilities> {
  const { tenant } = session.bound.signIn;
  const flight = session.facts.obtain(keyOf(session.region, tenant), async () => {
    const facts = await gatherFacts(session.until(budget(BUDGET_MS, session.closing)));
    return { value: facts, until: isWhole(facts) ? session.clock.now() + KEPT_MS : 0 };
  });
  return judgeAll(await abortable(flight, session.signal), tenant.roles);
}

/** Another user or another role of the same project may be shown other things. */
function keyOf(region: string | undefined, { projectId, userId, roles }: Tenant): string {
  return JSON.stringify([region ?? null, projectId, userId, [...roles].sort()]);
}
