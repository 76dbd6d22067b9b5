/** What one file of `kinds/` says of its kind; `collection.ts` makes the working collection of it. */
import type { Feature, Listing } from "../cloud/index.ts";
import type { Category } from "./category.ts";
import { INFRASTRUCTURE, identityOf } from "./category.ts";
import type { End, Entity } from "./entity.ts";
import type { Attributes, LinkMessage } from "./message.ts";
import type { Action, Context, Mixin, Row, Template, Templates } from "./table.ts";
import { idOfTerm, termOfId } from "./term.ts";

export interface Definition<Model, Draft, Change> {
  readonly term: string;
  readonly title: string;
  readonly parent: Category;
  readonly location: string;
  /** Announced and listed only where the cloud has all of them. */
  readonly needs: readonly Feature[];
  readonly rows: readonly Row<Model, Draft, Change>[];
  readonly actions: readonly Action<Model>[];
  readonly mixins: readonly Mixin<Model, Draft, Change>[];
  readonly templates: readonly Templates<Model, Draft, Change>[];
  readonly idOf: (model: Model) => string;
  /** Whether it is there without anybody having made it: such a one is no part of "everything", and stays. */
  readonly isGiven?: (model: Model) => boolean;
  /** Of a link only. */
  readonly ends?: (model: Model) => { readonly source: End; readonly target: End };
  /** Of a link only: identities of the kinds that it can lead from and to. */
  readonly endKinds?: { readonly source: readonly string[]; readonly target: readonly string[] };
  readonly linksOf?: (model: Model) => readonly Entity[];
  readonly store: Store<Model, Draft, Change>;
}

/** Something that the cloud has promised to make and nobody has looked at yet: most clients only want to know where it is. */
export class Unseen<Model> {
  readonly id: string;
  readonly look: () => Promise<Model>;

  constructor(id: string, look: () => Promise<Model>) {
    this.id = id;
    this.look = look;
  }
}

/** The calls of the cloud's ports behind a kind. Foreign and unknown ids are NOT_FOUND, because the cloud says so. */
export interface Store<Model, Draft, Change> {
  /** Ids alone, where the cloud lists them cheaper than whole things. */
  readonly ids?: (context: Context) => Listing<{ readonly id: string }>;
  readonly list: (context: Context) => Listing<Model>;
  readonly get: (context: Context, id: string) => Promise<Model>;
  /** What the links of a create mean, as part of its draft; a kind without it takes none. They are asked beside the templates, for neither needs the other. */
  readonly readLinks?: (context: Context, links: readonly LinkMessage[]) => Promise<Partial<Draft>>;
  /** `isShown`: whoever asks will look at it, and what cannot be looked at is part of the failure. */
  readonly create: (context: Context, draft: Partial<Draft>, isShown: boolean) => Promise<Model | Unseen<Model>>;
  /** What a create would decide, with all its checks and nothing of its work: the templates that would be taken. */
  readonly rehearse: (context: Context, draft: Partial<Draft>) => Promise<readonly Category[]>;
  readonly update: (
    context: Context,
    model: Model,
    change: Partial<Change>,
    links: readonly LinkMessage[],
  ) => Promise<Model>;
  readonly remove: (context: Context, model: Model) => Promise<void>;
  /** An action that makes a template returns it. */
  readonly act: (context: Context, model: Model, term: string, attributes: Attributes) => Promise<Category | undefined>;
}

/** Scheme of a kind's actions (GFD.224 §3). */
export function actionScheme(kind: string): string {
  return `http://schemas.ogf.org/occi/infrastructure/${kind}/action#`;
}

type Family<Model, Draft, Change> = Pick<Templates<Model, Draft, Change>, "scheme" | "base" | "terms" | "place">;

export function familyTerm<Model, Draft, Change>({ terms }: Family<Model, Draft, Change>, id: string): string {
  return terms?.termOf(id) ?? termOfId(id);
}

/** The id that a term of the family stands for. */
export function familyId<Model, Draft, Change>(
  { terms }: Family<Model, Draft, Change>,
  term: string,
): string | undefined {
  return terms === undefined ? idOfTerm(term) : terms.idOf(term);
}

export function familyLocation<Model, Draft, Change>(
  { base, place }: Family<Model, Draft, Change>,
  term: string,
): string {
  return `${base.location}${place?.(term) ?? term}/`;
}

/** A template as discovery shows it; `applies` is the kind's identity. */
export function templateCategory<Model, Draft, Change>(
  family: Family<Model, Draft, Change>,
  { id, title, attributes }: Template,
  applies: string,
): Category {
  const { scheme, base } = family;
  const term = familyTerm(family, id);
  return {
    class: "mixin",
    scheme,
    term,
    title,
    location: familyLocation(family, term),
    attributes,
    actions: [],
    depends: [identityOf(base)],
    applies: [applies],
  };
}

/** The kind as discovery shows it: its own attributes; the inherited ones stand at its parent. */
export function categoryOf<Model, Draft, Change>(definition: Definition<Model, Draft, Change>): Category {
  const { term, title, parent, location, rows, actions } = definition;
  const inherited = new Set(parent.attributes.map(({ name }) => name));
  return {
    class: "kind",
    scheme: INFRASTRUCTURE,
    term,
    title,
    location,
    parent: identityOf(parent),
    attributes: rows.filter(({ name }) => !inherited.has(name)),
    actions: actions.map((action) => actionScheme(term) + action.term),
  };
}
