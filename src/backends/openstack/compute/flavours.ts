/** Flavours: Nova's flavors. */
import {
  CloudError,
  collect,
  type Flavour,
  type FlavourDraft,
  type Flavours,
  type Marker,
  Undo,
} from "../../../cloud/index.ts";
import { asNumber, asObject, asText, flag, type JsonObject, numberOrZero, textEntries, textOrNone } from "../json.ts";
import { once } from "../once.ts";
import { items } from "../paging.ts";
import type { Operation, Query, VersionWish } from "../pipeline/exchange.ts";
import { compareVersions } from "../pipeline/negotiate.ts";
import type { Session } from "../session.ts";

/** 2.61 shows extra specs in the list, 2.55 the description; an older Nova leaves them out. */
const VERSION: VersionWish = { preferred: "2.61" };
/** From 2.86 on Nova refuses extra specs that it knows to be wrong, instead of keeping what has no effect. */
const CHECKED: VersionWish = { preferred: "2.86" };
export const DESCRIBED: VersionWish = { since: "2.55", preferred: "2.61" };

/** An administrator sees only the public ones otherwise, and servers have others, too; tenants' rights stand. */
const EVERYBODYS: Query = [["is_public", "None"]];

export function openFlavours(session: Session): Flavours {
  return {
    list: () =>
      items(
        session,
        {
          service: "compute",
          name: "flavours.list",
          method: "GET",
          path: ["flavors", "detail"],
          query: EVERYBODYS,
          version: VERSION,
        },
        "flavors",
        decodeFlavour,
      ),
    get: async (id) => {
      const path = ["flavors", id];
      const body = await session.ask({
        service: "compute",
        name: "flavours.get",
        method: "GET",
        path,
        version: VERSION,
      });
      return decodeFlavour(asObject(body.flavor, "flavor"));
    },
    findByMarker: (marker) => findFlavour(session, marker),
    create: (draft) => createFlavour(session, draft),
    delete: (id) => deleteFlavour(session, id),
  };
}

/** As much of a flavour as a server is joined with. */
export type FlavourOfServer = Pick<Flavour, "id" | "name"> & Partial<Pick<Flavour, "vcpus" | "ramMiB" | "diskGiB">>;

/** From here on servers tell their flavours' names and sizes themselves, and only the ids are missing. */
const TELLING = "2.47";

/** All flavours, for whoever shows servers: of a hundred of them, names are a third of what details are. */
export async function flavoursOfServers(session: Session): Promise<readonly FlavourOfServer[]> {
  const range = await session.versions("compute");
  if (range === undefined || compareVersions(range.max, TELLING) < 0) return collect(openFlavours(session).list());
  const operation: Operation = {
    service: "compute",
    name: "flavours.names",
    method: "GET",
    path: ["flavors"],
    query: EVERYBODYS,
  };
  const decode = (json: JsonObject) => ({
    id: asText(json.id, "flavor.id"),
    name: asText(json.name, "flavor.name"),
  });
  return collect(items(session, operation, "flavors", decode));
}

/** A flavour has no home for a marker, but its id is ours to choose. */
async function findFlavour(session: Session, marker: Marker): Promise<Flavour | undefined> {
  try {
    return await openFlavours(session).get(marker.value);
  } catch (thrown) {
    if (CloudError.is(thrown, "NOT_FOUND")) return undefined;
    throw thrown;
  }
}

async function deleteFlavour(session: Session, id: string): Promise<void> {
  await session.send({ service: "compute", name: "flavours.delete", method: "DELETE", path: ["flavors", id] });
}

async function createFlavour(session: Session, draft: FlavourDraft): Promise<Flavour> {
  const id = draft.marker.value;
  const made = await once(session, {
    operation: {
      service: "compute",
      name: "flavours.create",
      method: "POST",
      path: ["flavors"],
      body: { flavor: encodeFlavour(draft) },
      version: draft.description === undefined ? VERSION : DESCRIBED,
    },
    read: (body) => decodeFlavour(asObject(body.flavor, "flavor")),
    find: (detached) => findFlavour(detached, draft.marker),
  });
  const undo = new Undo(session.log);
  undo.enter(
    () => ({ kind: "flavour", id }),
    () => deleteFlavour(session.detached(), id),
  );
  try {
    const { extraSpecs = {} } = draft;
    if (Object.keys(extraSpecs).length > 0) await setExtraSpecs(session, id, extraSpecs);
    const { projectIds = [session.bound.signIn.tenant.projectId] } = draft;
    if (draft.isPublic === false) for (const projectId of projectIds) await allow(session, id, projectId);
    return { ...made, extraSpecs };
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

async function setExtraSpecs(
  session: Session,
  id: string,
  extraSpecs: Readonly<Record<string, string>>,
): Promise<void> {
  const body = { extra_specs: extraSpecs };
  const path = ["flavors", id, "os-extra_specs"];
  // The same entries twice are the same entries.
  const operation = { service: "compute", name: "flavours.extraSpecs", method: "POST", path, body } as const;
  await session.send({ ...operation, isRepeatable: true, version: CHECKED });
}

/** Nova lets nobody use a private flavour, not even its maker (nova: flavor_manage.py, bug 1209101). */
async function allow(session: Session, id: string, projectId: string): Promise<void> {
  const body = { addTenantAccess: { tenant: projectId } };
  const path = ["flavors", id, "action"];
  try {
    const operation = { service: "compute", name: "flavours.allow", method: "POST", path, body } as const;
    await session.send({ ...operation, isRepeatable: true });
  } catch (thrown) {
    // Sent twice, and done the first time.
    if (!CloudError.is(thrown, "ALREADY_EXISTS", "STATE_CONFLICT")) throw thrown;
  }
}

export function encodeFlavour(draft: FlavourDraft): JsonObject {
  return {
    id: draft.marker.value,
    name: draft.name,
    vcpus: draft.vcpus,
    ram: draft.ramMiB,
    disk: draft.diskGiB,
    ...(draft.ephemeralGiB === undefined ? {} : { "OS-FLV-EXT-DATA:ephemeral": draft.ephemeralGiB }),
    ...(draft.swapMiB === undefined ? {} : { swap: draft.swapMiB }),
    ...(draft.isPublic === undefined ? {} : { "os-flavor-access:is_public": draft.isPublic }),
    ...(draft.description === undefined ? {} : { description: draft.description }),
  };
}

export function decodeFlavour(json: JsonObject): Flavour {
  return {
    id: asText(json.id, "flavor.id"),
    name: asText(json.name, "flavor.name"),
    description: textOrNone(json.description),
    vcpus: asNumber(json.vcpus, "flavor.vcpus"),
    ramMiB: asNumber(json.ram, "flavor.ram"),
    diskGiB: asNumber(json.disk, "flavor.disk"),
    ephemeralGiB: numberOrZero(json["OS-FLV-EXT-DATA:ephemeral"]),
    swapMiB: numberOrZero(json.swap),
    isPublic: flag(json["os-flavor-access:is_public"], true),
    extraSpecs: textEntries(json.extra_specs),
  };
}
