import { CloudError, type Feature, type Pages, pagesOf, verdictOn } from "../cloud/index.ts";
import { actionCategories, type Family, familyOf, mixinCategories, templateCategories } from "./announce.ts";
import { type Category, type CategoryName, type CategoryRef, canonicalIdentity, identityOf } from "./category.ts";
import { changeOf, requireSameKind } from "./change.ts";
import { checkValue, invalid } from "./check.ts";
import { actionScheme, categoryOf, type Definition, familyId, Unseen } from "./definition.ts";
import { draftOf } from "./draft.ts";
import { type Created, type Entity, type Shown, urnOf } from "./entity.ts";
import { ID, LINK } from "./kinds/core.ts";
import type { Attributes, LinkMessage, Message } from "./message.ts";
import { byRecall } from "./recall.ts";
import { notApplicable } from "./refusal.ts";
import { type Context, type Row, readRow } from "./table.ts";

/** A kind at work: what the door drives, whatever the kind's model is. */
export interface Collection {
  readonly kind: Category;
  readonly isLink: boolean;
  /** Absolute path of the collection. */
  readonly location: string;
  /** Mixins and actions that are always there, as discovery shows them. */
  readonly mixins: readonly Category[];
  readonly actions: readonly Category[];
  /** The kind and its actions as this caller's cloud can do them; nothing when it cannot do the kind at all. */
  readonly offer: (context: Context) => Promise<Offer | undefined>;
  readonly families: readonly Family[];
  /** Mixins whose attributes have names as free as what they show. */
  readonly open: readonly { readonly mixin: string; readonly pattern: string; readonly description: string }[];
  readonly templates: (context: Context) => AsyncIterable<Category>;
  /** Whether the cloud has the thing that a template stands for. */
  readonly hasTemplate: (context: Context, name: CategoryName) => Promise<boolean>;
  /** `isOwn`: without what nobody made. */
  readonly paths: (context: Context, isOwn?: boolean) => Pages<string>;
  readonly list: (context: Context) => Pages<Entity>;
  readonly get: (context: Context, id: string) => Promise<Entity>;
  readonly create: (context: Context, message: Message, isShown: boolean) => Promise<Created>;
  /** All checks of a create and nothing of its work: the mixins that the entity would have. `isOpen`: an end of the link is not made yet. */
  readonly rehearse: (context: Context, message: Message, isOpen: boolean) => Promise<readonly Category[]>;
  readonly update: (context: Context, id: string, message: Message, isFull: boolean) => Promise<Entity>;
  readonly remove: (context: Context, id: string) => Promise<void>;
  /** Checks that the action can be done now, and returns the doing of it. */
  readonly prepare: (context: Context, id: string, call: ActionCall) => Promise<Doing>;
  /** Whether an entity is already as the action would make it. */
  readonly isSo: (context: Context, id: string, call: ActionCall) => Promise<boolean>;
}

/** What discovery announces of a collection. */
export interface Offer {
  readonly kind: Category;
  readonly mixins: readonly Category[];
  readonly actions: readonly Category[];
}

/** The doing of an action; one that makes a template returns it. */
export type Doing = () => Promise<Category | undefined>;

/** An action that somebody calls, with its attributes. */
export interface ActionCall {
  readonly term: string;
  readonly attributes: Attributes;
  readonly isTyped: boolean;
}

export function collectionOf<Model, Draft, Change>(definition: Definition<Model, Draft, Change>): Collection {
  const { location, store, idOf } = definition;
  const kind = categoryOf(definition);
  const identity = identityOf(kind);
  const show = (model: Model) => entityOf(definition, kind, model);
  const placeOf = (id: string) => ({ id, path: location + id });
  return {
    kind,
    location,
    isLink: definition.parent === LINK,
    mixins: mixinCategories(definition, identity),
    actions: actionCategories(definition),
    async offer({ call }) {
      const capabilities = await call.cloud.capabilities();
      const has = (needs: readonly Feature[]) => verdictOn(capabilities, needs).support !== "no";
      if (!has(definition.needs)) return undefined;
      const actions = definition.actions.filter(({ needs = [] }) => has(needs));
      const mixins = definition.mixins.filter(({ needs = [] }) => has(needs));
      const templates = definition.templates.filter(({ needs = [] }) => has(needs));
      const offered = { ...definition, actions, mixins, templates };
      return {
        kind: categoryOf(offered),
        mixins: mixinCategories(offered, identity),
        actions: actionCategories(offered),
      };
    },
    families: definition.templates.map((family) => familyOf(family)),
    open: definition.mixins.flatMap(({ open, ...name }) => {
      return open === undefined
        ? []
        : { mixin: identityOf(name), pattern: open.pattern, description: open.description };
    }),
    templates: (context) => templateCategories(definition, identity, context),
    async hasTemplate(context, { scheme, term }) {
      const family = definition.templates.find((candidate) => candidate.scheme === scheme);
      const id = family === undefined ? undefined : familyId(family, term);
      if (family === undefined || id === undefined) return false;
      try {
        await family.write(context, id);
        return true;
      } catch (thrown) {
        if (CloudError.is(thrown, "NOT_FOUND")) return false;
        throw thrown;
      }
    },
    async *paths(context, isOwn = false) {
      if (store.ids !== undefined) {
        for await (const page of pagesOf(store.ids(context))) yield page.map(({ id }) => location + id);
        return;
      }
      const isMeant = (model: Model) => !isOwn || definition.isGiven?.(model) !== true;
      for await (const page of pagesOf(store.list(context))) {
        yield page.filter(isMeant).map((model) => location + idOf(model));
      }
    },
    async *list(context) {
      for await (const page of pagesOf(store.list(context))) yield page.map(show);
    },
    get: async (context, id) => show(await store.get(context, id)),
    async create(context, message, isShown) {
      if (message.locations.length > 0) throw invalid("x-occi-location", "a create carries no locations");
      const made = await byRecall(
        context,
        (by) => wholeDraft(by, definition, message),
        (at, draft) => store.create(at, draft, isShown),
      );
      if (made instanceof Unseen) return { ...placeOf(made.id), look: async () => show(await made.look()) };
      return { ...placeOf(idOf(made)), look: async () => show(made) };
    },
    async rehearse(context, message, isOpen) {
      if (message.locations.length > 0) throw invalid("x-occi-location", "a create carries no locations");
      const draft = await wholeDraft(context, definition, message);
      const chosen = isOpen ? [] : await store.rehearse(context, draft);
      const named = new Set(message.categories.map(canonicalIdentity));
      const mixins = mixinCategories(definition, identity).filter((mixin) => named.has(identityOf(mixin)));
      return [...mixins, ...chosen];
    },
    async update(context, id, message, isFull) {
      if (message.locations.length > 0) throw invalid("x-occi-location", "an update carries no locations");
      const model = await store.get(context, id);
      requireSameKind(context, identity, message);
      const links = newLinks(context, show(model), message, isFull);
      if (links.length > 0) requireLinks(definition);
      if (links.length > 0 && isFull) throw invalid("link", "a full update leaves links as they are");
      const change = await changeOf(context, definition, model, message, isFull);
      if (Object.keys(change).length === 0 && links.length === 0) return show(model);
      return show(await store.update(context, model, change, links));
    },
    remove: async (context, id) => store.remove(context, await store.get(context, id)),
    async isSo(context, id, { term }) {
      const action = definition.actions.find((candidate) => candidate.term === term);
      return action?.isSo?.(await store.get(context, id)) === true;
    },
    async prepare(context, id, call) {
      const attributes = actionAttributes(definition, call);
      const action = definition.actions.find(({ term }) => term === call.term);
      const model = await store.get(context, id);
      action?.check?.(model, attributes);
      if (action?.isPossible(model, attributes) !== true) {
        throw notApplicable(`${call.term} is not possible in the present state of ${location}${id}`);
      }
      return () => store.act(context, model, call.term, attributes);
    },
  };
}

function requireLinks<Model, Draft, Change>({ term, store }: Definition<Model, Draft, Change>): void {
  if (store.readLinks === undefined) throw invalid("link", `a ${term} carries no links`);
}

/** The draft of an entity and of its links; what is wrong with the entity itself is told first. */
async function wholeDraft<Model, Draft, Change>(
  context: Context,
  definition: Definition<Model, Draft, Change>,
  message: Message,
): Promise<Partial<Draft>> {
  if (message.links.length > 0) requireLinks(definition);
  const own = draftOf(context, definition, message);
  const linked = definition.store.readLinks?.(context, message.links);
  linked?.catch(() => {});
  return { ...(await own), ...(await linked) };
}

/**
 * Links that an update brings beyond those that are there; clients send back what they read (pOCCI CORE/UPDATE/001). A full update
 * makes none, so there a link without `self` may be any one of its kind to that target.
 */
function newLinks(context: Context, entity: Entity, message: Message, isFull: boolean): Message["links"] {
  const links = message.links.filter(({ target }) => !target.includes("?action="));
  const known = new Set<Entity>();
  const isThere = (link: LinkMessage, isOne: (own: Entity) => boolean): boolean => {
    const found = entity.links.find((own) => isOne(own) && leadsTo(context, own, link.target));
    if (found !== undefined) known.add(found);
    return found !== undefined;
  };
  const unknown = links.filter(
    ({ self, ...link }) => self === undefined || !isThere(link, (own) => isAt(context, own, self)),
  );
  if (!isFull) return unknown;
  return unknown.filter((link) => {
    const kinds = link.categories.map(canonicalIdentity);
    const isOne = (own: Entity) => !known.has(own) && kinds.includes(identityOf(own.kind));
    return link.self !== undefined || !isThere(link, isOne);
  });
}

function isAt(context: Context, { path, id }: Entity, self: string): boolean {
  return self === urnOf(id) || context.idAt(self, path.slice(0, path.lastIndexOf("/") + 1)) === id;
}

function leadsTo(context: Context, { ends }: Entity, uri: string): boolean {
  const { path = "" } = ends?.target ?? {};
  const place = path.slice(0, path.lastIndexOf("/") + 1);
  return place !== "" && context.idAt(uri, place) === path.slice(place.length);
}

const NO_ATTRIBUTES: Attributes = new Map();

/** A model as the rows show it. */
function entityOf<Model, Draft, Change>(
  definition: Definition<Model, Draft, Change>,
  kind: Category,
  model: Model,
): Entity {
  const id = definition.idOf(model);
  const values: Shown[] = [{ attribute: ID, value: urnOf(id) }];
  const show = (rows: readonly Row<Model, Draft, Change>[]) => {
    for (const row of rows) {
      const value = readRow(row, model);
      if (value !== undefined) values.push({ attribute: row, value });
    }
  };
  show(definition.rows);
  const mixins: CategoryRef[] = [];
  for (const mixin of definition.mixins) {
    if (!mixin.isAssigned(model)) continue;
    const { scheme, term, title, rows, open } = mixin;
    mixins.push({ scheme, term, title });
    show(rows);
    if (open !== undefined) show(open.of(model));
  }
  const templates: CategoryRef[] = [];
  for (const { assigned, rows } of definition.templates) {
    const ref = assigned(model);
    if (ref === undefined) continue;
    templates.push(ref);
    show(rows);
  }
  const ends = definition.ends?.(model);
  return {
    kind,
    id,
    path: definition.location + id,
    mixins: [...templates, ...mixins],
    values,
    actions: definition.actions
      .filter((action) => action.isPossible(model, NO_ATTRIBUTES))
      .map(({ term }) => ({ term, identity: actionScheme(definition.term) + term })),
    links: definition.linksOf?.(model) ?? [],
    ...(definition.isGiven?.(model) === true ? { isGiven: true } : {}),
    ...(ends === undefined ? {} : { ends }),
  };
}

/** Kinds of links, made once. */
const KINDS = new WeakMap<object, Category>();

export function showModel<Model, Draft, Change>(definition: Definition<Model, Draft, Change>, model: Model): Entity {
  const kind = KINDS.get(definition) ?? categoryOf(definition);
  KINDS.set(definition, kind);
  return entityOf(definition, kind, model);
}

function actionAttributes<Model, Draft, Change>(
  definition: Definition<Model, Draft, Change>,
  call: ActionCall,
): Attributes {
  const action = definition.actions.find(({ term }) => term === call.term);
  if (action === undefined) throw invalid("action", `${definition.term} has no action ${call.term}`);
  const checked = new Map<string, ReturnType<typeof checkValue>>();
  for (const [name, given] of call.attributes) {
    const attribute = action.attributes.find((candidate) => candidate.name === name);
    if (attribute === undefined) {
      throw new CloudError("UNKNOWN_ATTRIBUTE", `${call.term} has no attribute ${name}`, { field: name });
    }
    checked.set(name, checkValue(attribute, given, call.isTyped));
  }
  const missing = action.attributes.find(({ name, required }) => required === true && !checked.has(name));
  if (missing !== undefined) {
    throw new CloudError("MISSING_VALUE", `${missing.name} is required`, { field: missing.name });
  }
  return checked;
}
