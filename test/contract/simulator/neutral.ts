/** Answers without the things in which every cloud differs: addresses, ids, names, how much is used. */

/** What is the cloud's own. */
export interface Own {
  /** Base URLs by service type. */
  readonly urls: ReadonlyMap<string, string>;
  /** What stands for whole texts: names of projects and users. */
  readonly names: ReadonlyMap<string, string>;
}

/** A time keeps its form: clients read it strictly. */
function timeForm(_whole: string, gap: string, fraction: string | undefined, zone: string): string {
  return `<time${gap}${fraction === undefined ? "" : `.${"f".repeat(fraction.length - 1)}`}${zone}>`;
}

export function neutral(text: string, { urls, names }: Own): string {
  let cut = names.get(text) ?? text;
  for (const [name, url] of [...urls].sort(([, a], [, b]) => b.length - a.length))
    cut = cut.replaceAll(url, `<${name}>`);
  return (
    cut
      .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, "<uuid>")
      .replaceAll(/(?<![0-9a-f])[0-9a-f]{56}(?![0-9a-f])/g, "<host id>")
      .replaceAll(/[0-9a-f]{32}(?![0-9a-f])/g, "<hex>")
      .replaceAll(/\d{4}-\d\d-\d\d([T ])\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]00:00|)/g, timeForm)
      .replaceAll(/fa:16:3e(?::[0-9a-f]{2}){3}/g, "<mac>")
      .replaceAll(/(?<!\d)203\.0\.113\.(?!0\/|1(?!\d)|0(?!\d))\d+/g, "<outside address>")
      .replaceAll(/already used [\d, ]+ of/g, "already used <number> of")
      // How Python explains a schema.
      .replaceAll(/\n\n(?:Failed validating|On instance)[\s\S]*?(?=<br \/>|$)/g, "")
  );
}

/** Numbers that depend on who else works on the cloud, or on how often something behind looked at a row. */
const counted = /^total\w+Used$|^in_use$|^used$|^revision_number$|^provider:segmentation_id$|^uptime$|^id$/;

/** Texts that are left to chance. */
const chosen = /^audit_ids$|^adminPass$/;

export function neutralJson(value: unknown, own: Own, stands?: string): unknown {
  if (typeof value === "string") return stands ?? neutral(value, own);
  if (Array.isArray(value)) return value.map((item) => neutralJson(item, own, stands));
  if (typeof value !== "object" || value === null) return value;
  const shown = (key: string, item: unknown) => {
    if (counted.test(key) && Number.isInteger(item)) return "<number>";
    return chosen.test(key) ? neutralJson(item, own, "<chosen>") : neutralJson(item, own);
  };
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [neutral(key, own), shown(key, item)]));
}
