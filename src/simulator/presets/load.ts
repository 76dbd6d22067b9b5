/** From data to a world. */
import { Field, FieldError } from "../fields.ts";
import { type Account, type Ask, Builder } from "./builder.ts";
import { builtinPresets } from "./builtin.ts";
import { most, sections } from "./sections.ts";

export interface Loading {
  readonly ask: Ask;
  /** The users of the base. */
  readonly accounts: readonly Account[];
  /** Begins anew: with the default world, or with identities and volume types only. */
  begin(base: Base): void;
}

export type Base = "default" | "empty";

/**
 * Makes the world of a preset: a built-in one by name, or plain data as a YAML file has it. What it does not know, and what
 * the API refuses, ends in a FieldError with the path of the entry, as `servers[0].flavor`. Returns who may sign in.
 */
export async function load(preset: unknown, { ask, accounts, begin }: Loading): Promise<readonly Account[]> {
  const whole = new Field(typeof preset === "string" ? builtinNamed(preset) : preset);
  const known = ["description", "base", ...sections.map(([name]) => name)];
  const given = whole.members(...known);
  given.description?.optional((field) => field.text(4096, 0));
  begin(given.base?.optional((field) => field.oneOf("default", "empty")) ?? "default");
  const builder = new Builder(ask, accounts);
  for (const [name, make] of sections) for (const entry of given[name]?.items(most) ?? []) await make(entry, builder);
  return builder.accounts;
}

function builtinNamed(name: string): unknown {
  const found = builtinPresets.find((one) => one.name === name);
  if (found !== undefined) return found.preset;
  throw new FieldError("", `there is no preset ${name}; there are ${builtinPresets.map((one) => one.name).join(", ")}`);
}
