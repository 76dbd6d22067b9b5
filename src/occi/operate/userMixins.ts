import { type Cloud, CloudError, type Ids, type Store, type StoredDocument } from "../../cloud/index.ts";
import type { Json } from "../../cloud/store.ts";
import { type Category, type CategoryName, identityOf } from "../category.ts";

/**
 * Mixins that users define (GFD.185 §3.4.1) and who belongs to them. No cloud has a home for them, so the store keeps both, for
 * one project of one cloud: nobody else sees them (snf-occi's registry was everybody's).
 *
 * `occi-mixin`   one per definition, by identity
 * `occi-place`   one per definition, by location, so that two at one time cannot take the same
 * `occi-member`  one per association, by path and the definition's own `uid`; a mixin that is removed and defined again
 *                has another `uid`, so what belonged to the old one does not come back
 */
export interface UserMixin extends CategoryName {
  readonly uid: string;
  readonly title?: string;
  readonly location: string;
  /** Identity of what it depends on; it may be nobody's (GFD.185's suites define such). */
  readonly rel?: string;
  /** Identities of the only kinds that may have it; empty for all. */
  readonly applies: readonly string[];
}

export type MixinDraft = Omit<UserMixin, "uid">;

/** One entity that shall belong to a mixin, or shall not. */
export interface Membership {
  readonly mixin: UserMixin;
  readonly path: string;
  readonly isMember: boolean;
}

/** Cloud (and region) and project whose documents they are. */
export interface Home {
  readonly cloud: string;
  readonly project: string;
}

const MIXIN = "occi-mixin";
const PLACE = "occi-place";
const MEMBER = "occi-member";

/** Bounds of what one project can make the gateway keep. */
export const MOST_MIXINS = 200;
export const MOST_MEMBERS = 1000;

/** Others may write the same definition at the same time. */
const ATTEMPTS = 5;
const BATCH = 500;

export class UserMixins {
  readonly #store: Store;
  readonly #home: Home;
  readonly #ids: Ids;
  #all: Promise<ReadonlyMap<string, readonly UserMixin[]>> | undefined;
  readonly defined: readonly UserMixin[];

  private constructor(store: Store, home: Home, ids: Ids, defined: readonly UserMixin[]) {
    this.#store = store;
    this.#home = home;
    this.#ids = ids;
    this.defined = defined;
  }

  /** Those of the caller's project, as they are now. */
  static async open(store: Store, cloud: Cloud, ids: Ids): Promise<UserMixins> {
    const home = homeOf(cloud);
    const defined: UserMixin[] = [];
    for await (const document of store.list({ kind: MIXIN, ...home, pageSize: MOST_MIXINS }))
      defined.push(read(document));
    return new UserMixins(store, home, ids, defined);
  }

  find(name: CategoryName): UserMixin | undefined {
    const identity = identityOf(name);
    return this.defined.find((mixin) => identityOf(mixin) === identity);
  }

  /** All or none of them. */
  async define(drafts: readonly MixinDraft[]): Promise<void> {
    if (this.defined.length + drafts.length > MOST_MIXINS) {
      throw new CloudError("QUOTA_EXCEEDED", `a project may define ${MOST_MIXINS} mixins`);
    }
    const puts = drafts.flatMap((draft) => {
      const { scheme, term, title = null, location, rel = null, applies } = draft;
      const uid = this.#ids.uuid();
      const body = { uid, scheme, term, title, location, rel, applies };
      const common = { ...this.#home, expected: "absent" } as const;
      return [
        { ...common, kind: MIXIN, id: identityOf(draft), body },
        { ...common, kind: PLACE, id: location, body: { uid } },
      ];
    });
    await this.#store.write({ puts });
  }

  /** The definition goes first: what still says that it belongs to it means nothing from then on. */
  async remove(mixins: readonly UserMixin[]): Promise<void> {
    const deletes = mixins.flatMap((mixin) => [
      { ...this.#home, kind: MIXIN, id: identityOf(mixin) },
      { ...this.#home, kind: PLACE, id: mixin.location },
    ]);
    await this.#store.write({ deletes });
    for (const mixin of mixins) await this.#drop(await this.#documents({ name: "mixin", value: mixin.uid }));
  }

  /** Mixins of one entity, in the order of their definitions. */
  async of(path: string): Promise<readonly UserMixin[]> {
    if (this.defined.length === 0) return [];
    if (this.#all !== undefined) return (await this.#all).get(path) ?? [];
    const documents = await this.#documents({ name: "entity", value: path });
    return this.#sorted(documents.map(uidOf));
  }

  /** Mixins of every entity that has any, by path. */
  all(): Promise<ReadonlyMap<string, readonly UserMixin[]>> {
    this.#all ??= this.#readAll();
    return this.#all;
  }

  async members(mixin: UserMixin): Promise<readonly string[]> {
    const documents = await this.#documents({ name: "mixin", value: mixin.uid });
    return documents.map(({ id }) => id.slice(0, id.lastIndexOf(" ")));
  }

  /** All of the changes or none; CONFLICT when a mixin was removed meanwhile. */
  async change(changes: readonly Membership[]): Promise<void> {
    if (changes.length === 0) return;
    this.#all = undefined;
    const mixins = [...new Set(changes.map(({ mixin }) => mixin))];
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.#write(changes, mixins);
      } catch (thrown) {
        if (attempt === ATTEMPTS || !CloudError.is(thrown, "CONFLICT")) throw thrown;
      }
    }
  }

  /** The definitions are written again as they are, so that nobody counts members or removes them at the same time. */
  async #write(changes: readonly Membership[], mixins: readonly UserMixin[]): Promise<void> {
    const guards = [];
    for (const mixin of mixins) {
      const document = await this.#store.get({ ...this.#home, kind: MIXIN, id: identityOf(mixin) });
      if (document === undefined || read(document).uid !== mixin.uid) {
        throw new CloudError("NOT_FOUND", `the mixin ${identityOf(mixin)} is no longer there`);
      }
      guards.push({ ...this.#home, kind: MIXIN, id: document.id, body: document.body, expected: document.revision });
      const own = changes.filter((change) => change.mixin === mixin);
      const members = new Set(await this.members(mixin));
      for (const { path, isMember } of own) {
        if (isMember) members.add(path);
        else members.delete(path);
      }
      if (members.size > MOST_MEMBERS && own.some(({ isMember }) => isMember)) {
        throw new CloudError("QUOTA_EXCEEDED", `a mixin may have ${MOST_MEMBERS} members`);
      }
    }
    const memberOf = ({ mixin, path }: Membership) => ({ ...this.#home, kind: MEMBER, id: `${path} ${mixin.uid}` });
    await this.#store.write({
      puts: [
        ...guards,
        ...changes
          .filter(({ isMember }) => isMember)
          .map((change) => ({
            ...memberOf(change),
            body: {},
            expected: "any" as const,
            keys: { mixin: change.mixin.uid, entity: change.path },
          })),
      ],
      deletes: changes.filter(({ isMember }) => !isMember).map(memberOf),
    });
  }

  /** An entity is gone, and with it that it belonged anywhere. */
  async forget(paths: readonly string[]): Promise<void> {
    if (this.defined.length === 0) return;
    for (const path of paths) await this.#drop(await this.#documents({ name: "entity", value: path }));
  }

  async #drop(documents: readonly StoredDocument[]): Promise<void> {
    for (let at = 0; at < documents.length; at += BATCH) {
      const deletes = documents.slice(at, at + BATCH).map(({ id }) => ({ ...this.#home, kind: MEMBER, id }));
      await this.#store.write({ deletes });
    }
  }

  async #readAll(): Promise<ReadonlyMap<string, readonly UserMixin[]>> {
    if (this.defined.length === 0) return new Map();
    const uids = new Map<string, string[]>();
    for await (const { id } of this.#store.list({ kind: MEMBER, ...this.#home, pageSize: 1000 })) {
      const space = id.lastIndexOf(" ");
      const path = id.slice(0, space);
      const known = uids.get(path);
      if (known === undefined) uids.set(path, [id.slice(space + 1)]);
      else known.push(id.slice(space + 1));
    }
    return new Map([...uids].map(([path, own]) => [path, this.#sorted(own)]));
  }

  async #documents(key: { readonly name: string; readonly value: string }): Promise<readonly StoredDocument[]> {
    const documents: StoredDocument[] = [];
    for await (const document of this.#store.list({ kind: MEMBER, ...this.#home, key, pageSize: 1000 })) {
      documents.push(document);
    }
    return documents;
  }

  #sorted(uids: readonly string[]): readonly UserMixin[] {
    return this.defined.filter(({ uid }) => uids.includes(uid));
  }
}

/** Where the documents of a caller's project live. */
export function homeOf({ name, region, tenant }: Cloud): Home {
  return { cloud: region === undefined ? name : `${name}/${region}`, project: tenant.projectId };
}

function uidOf({ id }: StoredDocument): string {
  return id.slice(id.lastIndexOf(" ") + 1);
}

function read({ body }: StoredDocument): UserMixin {
  const { title, rel, applies } = body;
  return {
    uid: text(body.uid),
    scheme: text(body.scheme),
    term: text(body.term),
    location: text(body.location),
    ...(typeof title === "string" ? { title } : {}),
    ...(typeof rel === "string" ? { rel } : {}),
    applies: Array.isArray(applies) ? applies.map(text) : [],
  };
}

function text(json: Json | undefined): string {
  if (typeof json !== "string") throw new CloudError("INTERNAL", "a mixin in the store is damaged");
  return json;
}

/** As discovery shows it: no attributes and no actions (GFD.221 §5.2.3). */
export function userCategory({ scheme, term, title, location, rel, applies }: UserMixin): Category {
  return {
    class: "mixin",
    scheme,
    term,
    ...(title === undefined ? {} : { title }),
    location,
    attributes: [],
    actions: [],
    depends: rel === undefined ? [] : [rel],
    applies,
  };
}
