/** What the doors offer, as rows: each operation and input with what it needs of a cloud. */
import type { Feature } from "../../cloud/index.ts";

/** What an operation or an input needs, or why it cannot work on any cloud. */
export type Need =
  /** `isAbsent`: something in the answer, which is left out where the cloud does not show it. */
  | { readonly needs: readonly Feature[]; readonly isAbsent?: true }
  /** The gateway refuses it, on every cloud. */
  | { readonly notOffered: string }
  /** The gateway takes it and says in a warning that nothing follows. */
  | { readonly ignored: string; readonly needs: readonly Feature[] };

export interface Row {
  readonly operation: string;
  readonly input: string | undefined;
  readonly need: Need;
}

/** One operation with its inputs; what the operation needs, its inputs need, too. */
export function rowsOf(operation: string, need: Need, inputs: Readonly<Record<string, Need>> = {}): readonly Row[] {
  const own = "needs" in need ? need.needs : [];
  const more = Object.entries(inputs).map(
    ([input, asked]): Row => ({
      operation,
      input,
      need: "needs" in asked ? { ...asked, needs: [...own, ...asked.needs] } : asked,
    }),
  );
  return [{ operation, input: undefined, need }, ...more];
}

export function needs(...features: readonly Feature[]): Need {
  return { needs: features };
}

export function shows(...features: readonly Feature[]): Need {
  return { needs: features, isAbsent: true };
}

export function notOffered(why: string): Need {
  return { notOffered: why };
}

export function ignored(why: string, ...features: readonly Feature[]): Need {
  return { ignored: why, needs: features };
}

/** Works wherever its operation works. */
export const ALWAYS: Need = { needs: [] };
