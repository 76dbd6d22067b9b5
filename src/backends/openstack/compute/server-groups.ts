/** Server groups: Nova's server groups. */
import {
  CloudError,
  type Listing,
  type ServerGroup,
  type ServerGroupDraft,
  type ServerGroupPolicy,
  type ServerGroups,
} from "../../../cloud/index.ts";
import { asObject, asObjects, asText, type JsonObject, texts } from "../json.ts";
import { once } from "../once.ts";
import type { VersionWish } from "../pipeline/exchange.ts";
import type { Session } from "../session.ts";

const READ: VersionWish = { preferred: "2.64" };
/** 2.64 made one `policy` of the list of `policies`; 2.15 brought the soft ones. */
const ONE_POLICY: VersionWish = { since: "2.64", preferred: "2.64" };
export const SOFT_POLICIES: VersionWish = { since: "2.15", preferred: "2.63" };
const POLICIES: VersionWish = { preferred: "2.63" };

const PATH = ["os-server-groups"];

/** Nova's own maximum (`[api] max_limit`); it tells no next page, and counts. */
const PAGE = 1000;

export function openServerGroups(session: Session): ServerGroups {
  return {
    list: () => listGroups(session),
    get: async (id) => {
      const path = [...PATH, id];
      const operation = { service: "compute", name: "serverGroups.get", method: "GET", path } as const;
      const body = await session.ask({ ...operation, version: READ });
      return decodeServerGroup(asObject(body.server_group, "server_group"));
    },
    create: (draft) => createGroup(session, draft),
    delete: async (id) => {
      await session.send({ service: "compute", name: "serverGroups.delete", method: "DELETE", path: [...PATH, id] });
    },
  };
}

async function* listGroups(session: Session): Listing<ServerGroup> {
  for (let offset = 0; ; offset += PAGE) {
    const query = [
      ["limit", String(PAGE)],
      ["offset", String(offset)],
    ] as const;
    const operation = { service: "compute", name: "serverGroups.list", method: "GET", path: PATH, query } as const;
    const body = await session.ask({ ...operation, version: READ });
    const page = asObjects(body.server_groups, "server_groups");
    yield* page.map(decodeServerGroup);
    if (page.length < PAGE) return;
  }
}

async function namesakes(session: Session, { name, policy }: ServerGroupDraft): Promise<readonly ServerGroup[]> {
  const found: ServerGroup[] = [];
  for await (const group of listGroups(session)) if (group.name === name && group.policy === policy) found.push(group);
  return found;
}

/** Groups tell no time: what a lost answer made is the one namesake that was not there before. */
async function createGroup(session: Session, draft: ServerGroupDraft): Promise<ServerGroup> {
  const before = new Set((await namesakes(session, draft)).map(({ id }) => id));
  const create = (body: JsonObject, version: VersionWish) =>
    once(session, {
      operation: {
        service: "compute",
        name: "serverGroups.create",
        method: "POST",
        path: PATH,
        body: { server_group: body },
        version,
      },
      read: (answer) => decodeServerGroup(asObject(answer.server_group, "server_group")),
      find: async (detached) => {
        const [only, ...more] = (await namesakes(detached, draft)).filter(({ id }) => !before.has(id));
        return more.length === 0 ? only : undefined;
      },
    });
  try {
    return await create({ name: draft.name, policy: draft.policy }, ONE_POLICY);
  } catch (thrown) {
    // Refused before it was sent: this Nova knows only the older form.
    if (!CloudError.is(thrown, "VERSION_UNSUPPORTED")) throw thrown;
    const version = draft.policy.startsWith("soft-") ? SOFT_POLICIES : POLICIES;
    return create({ name: draft.name, policies: [draft.policy] }, version);
  }
}

const KNOWN: readonly ServerGroupPolicy[] = ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"];

export function decodeServerGroup(json: JsonObject): ServerGroup {
  const [policy = json.policy] = texts(json.policies);
  return {
    id: asText(json.id, "server_group.id"),
    name: asText(json.name, "server_group.name"),
    policy: KNOWN.find((known) => known === policy) ?? "other",
    serverIds: texts(json.members),
  };
}
