/** Cinder's rules: reading for readers, changing for members, the rest for administrators. */
import { isObject, type Json, type JsonObject, type Row } from "../core/json.ts";
import type { Action, Answer, Call, Policy } from "../core/types.ts";
import { checkShape, type Shape } from "./fields.ts";
import { notInVersion, words } from "./form.ts";
import type { Context } from "./rows.ts";

export const reads = (name: string): Policy => ({ name, rule: "reader" });
export const writes = (name: string): Policy => ({ name, rule: "member" });
export const admin = (name: string): Policy => ({ name, rule: "admin" });

/** What a request gives to those who change volumes. */
export function contextOf({ world, machine, ids, now }: Call): Context {
  return { world, machine, ids, now };
}

export interface ActionOf<R extends Row> {
  readonly policy: Policy;
  /** Absent: whatever is given is not looked at. */
  readonly shape?: Shape;
  readonly since?: number;
  run(row: R, args: JsonObject, call: Call): Answer;
}

/** An entry of `POST …/action`: one member and no other, known to the microversion, of the right shape. */
export function action<R extends Row>(name: string, { policy, shape, since = 0, run }: ActionOf<R>): Action<R> {
  return {
    policy,
    check(args: Json, call: Call) {
      if (isObject(call.body) && Object.keys(call.body).length !== 1) throw words.malformed();
      if (call.version < since) throw notInVersion();
      if (shape !== undefined) checkShape(name, args, shape);
    },
    run: (row, args, call) => run(row, isObject(args) ? args : {}, call),
  };
}

/** Table of actions by name. */
export function actions<R extends Row>(table: Readonly<Record<string, ActionOf<R>>>): Record<string, Action<R>> {
  return Object.fromEntries(Object.entries(table).map(([name, one]) => [name, action(name, one)]));
}

export const accepted: Answer = { status: 202 };
