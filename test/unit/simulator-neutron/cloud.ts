/** What these tests share: a simulator, three callers, and Neutron's verbs in one word each. */
import { expect } from "vitest";
import { at, items, type Reply, type Rig, startRig } from "../simulator/rig.ts";

export type Who = "demo" | "other" | "admin";

export interface Cloud {
  readonly rig: Rig;
  /** Back to the default world, with fresh tokens. */
  begin(): Promise<void>;
  ask(
    who: Who,
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Reply>;
  /** Creates and must succeed; the resource. */
  make(who: Who, singular: string, fields: Readonly<Record<string, unknown>>): Promise<unknown>;
  /** Id of what `make` made. */
  makeId(who: Who, singular: string, fields: Readonly<Record<string, unknown>>): Promise<string>;
  list(who: Who, collection: string, query?: string): Promise<readonly unknown[]>;
  idOf(who: Who, collection: string, name: string): Promise<string>;
}

export function collectionOf(singular: string): string {
  return `${singular.replaceAll("_", "-")}s`;
}

export async function startCloud(): Promise<Cloud> {
  const rig = await startRig();
  const tokens = new Map<Who, string>();
  const ask: Cloud["ask"] = (who, method, path, body, headers) =>
    rig.ask(tokens.get(who) ?? "", `/network/v2.0${path}`, {
      method,
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
    });
  const make: Cloud["make"] = async (who, singular, fields) => {
    const made = await ask(who, "POST", `/${collectionOf(singular)}`, { [singular]: fields });
    expect(made.status, made.text).toBe(201);
    return at(made.json, singular);
  };
  const list: Cloud["list"] = async (who, collection, query = "") => {
    const { status, json, text } = await ask(who, "GET", `/${collection}${query}`);
    expect(status, text).toBe(200);
    return items(json, collection.replaceAll("-", "_"));
  };
  return {
    rig,
    ask,
    make,
    list,
    async begin() {
      rig.simulator.reset();
      for (const who of ["demo", "other", "admin"] as const) tokens.set(who, await rig.login(who));
    },
    async makeId(who, singular, fields) {
      return String(at(await make(who, singular, fields), "id"));
    },
    async idOf(who, collection, name) {
      const [found] = await list(who, collection, `?name=${name}`);
      return String(at(found, "id"));
    },
  };
}

/** Status, type and sentence of a refusal. */
export function refusal({ status, json }: Reply): readonly unknown[] {
  return [status, at(json, "NeutronError", "type"), at(json, "NeutronError", "message")];
}
