/** The page of kinds, mixins and actions, made of the same rows as discovery and validation. */
import type { Attribute } from "./attribute.ts";
import { type Category, identityOf } from "./category.ts";
import { COLLECTIONS, KINDS, STATIC_CATEGORIES } from "./registry.ts";

const HEAD = `# OCCI types

Written by \`node scripts/occi-types.mjs\` from the table that serves them. What your own cloud offers of it, and its templates,
\`GET /-/\` says; what works where, [compatibility.md](compatibility.md). Attributes are optional and mutable unless said otherwise.
`;

const MEANING = `
## What it means in OpenStack

- A compute without a resource template gets a flavour by \`--occi-flavour-policy\`: \`exact\` sizes or a refusal, the
  \`smallest-fit\`, \`make\`: a flavour of exactly these sizes is made for the project and goes with its last compute, \`refuse\`.
  \`auto\` is \`make\` on the embedded simulator and \`smallest-fit\` elsewhere. Without sizes it is the smallest flavour with a disk that
  holds the image; without an OS template, the first bootable image by name.
- A flavour without a disk boots from a volume as large as the image (or the profile) wants, which goes with the compute.
- A new resource template, profile or size resizes the compute and confirms that; a new OS template rebuilds it, and what was on its disk is lost.
- \`stop\`: Nova tries a clean shutdown and then cuts the power, whichever method is named. \`suspend\`: \`hibernate\` is Nova's suspend,
  \`suspend\` its pause. \`start\` starts, resumes, unpauses or unshelves. \`save\` is \`hot\` only.
- \`online\` and \`offline\` of a storage have no meaning in Cinder: they are refused unless it is so already.
- A networkinterface to an external network is a floating address; to an ipreservation, the address that is reserved.
- A securitygroup's rules are \`type\` (\`inbound\`, \`outbound\`), \`protocol\`, \`port\` (\`443\`, \`8000-8080\`; of ICMP type and code), \`range\`,
  and of our own \`group\`, the id of the group at the other end. A create keeps the cloud's outbound rules unless it names some; an update
  replaces all. A link puts all cards of the compute into the group, beside the project's \`default\`, which is no part of \`GET /\`.
- A key of a server's metadata that is lower-case words with dots between is written as it is behind \`vimana.metadata.\`; in any other,
  each byte but \`a-z\`, \`0-9\` and \`-\` is \`_\` and two hex digits behind \`x--\` (with \`x__\` before a key that does not begin with a letter or digit).
`;

/** A cell of a table holds no bars. */
const cell = (text: string): string => text.replaceAll("|", "\\|");
const code = (text: string): string => `\`${text}\``;

function rulesOf(attribute: Attribute): string {
  const { required, immutable, values, minimum, exclusiveMinimum, maximum, pattern } = attribute;
  return [
    ...(required === true ? ["required"] : []),
    ...(immutable === true ? ["immutable"] : []),
    ...(values === undefined ? [] : [values.map(code).join(", ")]),
    ...(minimum === undefined ? [] : [`${exclusiveMinimum === true ? "more than" : "from"} ${minimum}`]),
    ...(maximum === undefined ? [] : [`up to ${maximum}`]),
    ...(pattern === undefined ? [] : [`of a certain form`]),
  ].join("; ");
}

function attributesTable(attributes: readonly Attribute[]): readonly string[] {
  if (attributes.length === 0) return [];
  const rows = attributes.map((attribute) => {
    const { name, type, description } = attribute;
    return `| ${[code(name), type, rulesOf(attribute), description].map(cell).join(" | ")} |`;
  });
  return ["", "| attribute | type | rules | meaning |", "|---|---|---|---|", ...rows];
}

function listed(word: string, identities: readonly string[] | undefined): readonly string[] {
  return identities === undefined || identities.length === 0 ? [] : [`- ${word}: ${identities.map(code).join(", ")}`];
}

function section(category: Category): readonly string[] {
  const { term, title, location, parent, depends, applies, attributes, actions } = category;
  const open = COLLECTIONS.flatMap((collection) => collection.open).find(({ mixin }) => mixin === identityOf(category));
  return [
    "",
    `### ${title ?? term}`,
    "",
    `- identity: ${code(identityOf(category))}`,
    ...(location === undefined ? [] : [`- location: ${code(location)}`]),
    ...listed("parent", parent === undefined ? undefined : [parent]),
    ...listed("depends on", depends),
    ...listed("applies to", applies),
    ...listed("actions", actions),
    ...(open === undefined ? [] : [`- attributes: ${code(open.pattern)}. ${open.description}.`]),
    ...attributesTable(attributes),
  ];
}

function families(): readonly string[] {
  const rows = COLLECTIONS.flatMap(({ kind, families: own }) =>
    own.map(({ scheme, location, title }) => `| ${[code(scheme), title, code(location), kind.term].join(" | ")} |`),
  );
  return [
    "",
    "## Templates",
    "",
    "Mixins that the cloud's own things make. Terms are their ids, titles their names.",
    "",
    "| scheme | depends on | below | applies to |",
    "|---|---|---|---|",
    ...new Set(rows),
  ];
}

export function describeTypes(): string {
  const others = STATIC_CATEGORIES.filter((category) => !KINDS.includes(category));
  const sections = (word: Category["class"]) => others.filter((category) => category.class === word).flatMap(section);
  const lines = [
    "## Kinds",
    ...KINDS.flatMap(section),
    "",
    "## Mixins",
    ...sections("mixin"),
    ...families(),
    "",
    "## Actions",
    ...sections("action"),
  ];
  return `${HEAD}${MEANING}\n${lines.join("\n")}\n`;
}
