/** The sign-in, the catalogue, and each service: where it is, which versions it has, how fast it answers. */
import type { CloudConfig, InspectedService, Inspection } from "../../backends/openstack/index.ts";
import { type Clock, CloudError } from "../../cloud/index.ts";
import { messageOf, type Tell } from "./finding.ts";

/** How far a cloud's clock may be from ours, milliseconds. */
const SKEW = 30_000;
/** What a small question may take, milliseconds. */
const SLOW = 2_000;

/** Signs in by `look` and tells how that went; nothing when it failed. */
export async function signIn(
  look: () => Promise<Inspection>,
  { clock, config }: { readonly clock: Clock; readonly config: CloudConfig },
  tell: Tell,
): Promise<Inspection | undefined> {
  const from = clock.now();
  let inspection: Inspection;
  try {
    inspection = await look();
  } catch (thrown) {
    tell({ part: "sign-in", subject: "token", grade: "fault", message: messageOf(thrown), advice: adviceOn(thrown) });
    return undefined;
  }
  const to = clock.now();
  const { tenant } = inspection.cloud;
  const minutes = Math.round((inspection.expiresAt - inspection.issuedAt) / 60_000);
  const message = `user ${tenant.userName}, project ${tenant.projectName} (${tenant.projectId}), good for ${minutes} minutes, ${to - from} ms`;
  tell({
    part: "sign-in",
    subject: "token",
    grade: to - from > SLOW ? "warning" : "ok",
    message,
    facts: { ...tenant },
  });
  const skew = Math.round((inspection.issuedAt - (from + to) / 2) / 1000);
  const isFar = Math.abs(skew) * 1000 > SKEW;
  tell({
    ...{ part: "sign-in", subject: "clock", grade: isFar ? "warning" : "ok", facts: { skewSeconds: skew } },
    message: isFar ? `the cloud's clock is ${Math.abs(skew)} s ${skew > 0 ? "ahead" : "behind"}` : "the clocks agree",
    ...(isFar ? { advice: "let NTP set the clocks: tokens seem to end early or late" } : {}),
  });
  tellRoles(tenant.roles, tell);
  const { region } = config;
  if (region !== undefined && !inspection.regions.includes(region)) {
    const offered = inspection.regions.length === 0 ? "no region" : inspection.regions.join(", ");
    tell({
      part: "sign-in",
      subject: "region",
      grade: "fault",
      message: `the catalogue has no ${region}; it has ${offered}`,
    });
  }
  return inspection;
}

function adviceOn(thrown: unknown): string {
  if (CloudError.is(thrown, "UNAUTHENTICATED"))
    return "see user, password, project and their domains; accounts may be locked";
  if (CloudError.is(thrown, "DEADLINE_EXCEEDED")) return "the cloud is too slow to sign in to; see --timeout";
  return "see auth_url, and whether Keystone is well";
}

/** Roles that write, by the default policies. */
const WRITERS = ["member", "manager", "admin"];

function tellRoles(roles: readonly string[], tell: Tell): void {
  const isReader = roles.includes("reader") && !roles.some((role) => WRITERS.includes(role));
  const list = roles.length === 0 ? "none" : roles.join(", ");
  tell({
    ...{ part: "sign-in", subject: "roles", grade: isReader || roles.length === 0 ? "fault" : "ok", facts: { roles } },
    message: isReader ? `${list}: reads, and changes nothing` : list,
    ...(isReader ? { advice: "have the role member assigned where machines are to be made" } : {}),
  });
}

/** Looks at one service. */
export async function lookAt(
  { service, endpoint, isOverridden, listed, ask }: InspectedService,
  { clock, config }: { readonly clock: Clock; readonly config: CloudConfig },
  tell: Tell,
): Promise<void> {
  const say = (grade: "ok" | "note" | "warning" | "fault", message: string, more: object = {}): void =>
    tell({ part: "services", subject: service, grade, message, ...more });
  if (endpoint === undefined) {
    const wanted = `${config.interface}${config.region === undefined ? "" : `, ${config.region}`}`;
    const there = listed.map((one) => `${one.type} (${one.interface}, ${one.region ?? "no region"})`);
    if (there.length === 0)
      say("fault", "is not in the catalogue", { advice: "what needs it is refused with MISSING_SERVICE" });
    else
      say("fault", `has no endpoint for ${wanted}; there is ${there.join(", ")}`, {
        advice: "see region_name and interface",
      });
    return;
  }
  const place = `${endpoint.href}${isOverridden ? " (endpoint override)" : ""}`;
  const from = clock.now();
  try {
    const { versions, unmet } = await ask();
    const took = clock.now() - from;
    const range = versions === undefined ? "" : `, ${versions.min} to ${versions.max}`;
    const facts = { url: endpoint.href, isOverridden, versions, milliseconds: took };
    say(took > SLOW ? "warning" : "ok", `${place}${range}, ${took} ms${took > SLOW ? ": slow" : ""}`, { facts });
    for (const { what, wish } of unmet) {
      const needs = `${wish.since ?? wish.preferred}${wish.since === wish.preferred ? "" : ` to ${wish.preferred}`}`;
      say("fault", `${what} needs ${service} ${needs}`, { facts: { wish, versions } });
    }
  } catch (thrown) {
    say("fault", `${place}: ${messageOf(thrown)}`, {
      advice: `see whether ${service} is well`,
      facts: { url: endpoint.href },
    });
  }
}
