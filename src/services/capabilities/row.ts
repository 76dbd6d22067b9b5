/** What the doors offer, as rows: each operation and input with what it needs of a cloud. */
import type { Feature } from "../../cloud/index.ts";

/** What an operation or an input needs, or why it cannot work on any cloud. */
export type Need =
  | {
      readonly needs: readonly Feature[];
      /** Something in the answer, which is left out where the cloud does not show it. */
      readonly isAbsent?: true;
      /** What the gateway itself does, at times, where the cloud refuses. */
      readonly instead?: string | undefined;
    }
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
  const inherited = "instead" in need ? { instead: need.instead } : {};
  const more = Object.entries(inputs).map(
    ([input, asked]): Row => ({
      operation,
      input,
      need: "needs" in asked ? { ...inherited, ...asked, needs: [...own, ...asked.needs] } : asked,
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

/** `instead`: what the gateway itself does, at times, where the cloud refuses. */
export function needsOr(instead: string, ...features: readonly Feature[]): Need {
  return { needs: features, instead };
}

export function notOffered(why: string): Need {
  return { notOffered: why };
}

export function ignored(why: string, ...features: readonly Feature[]): Need {
  return { ignored: why, needs: features };
}

/** Works wherever its operation works. */
export const ALWAYS: Need = { needs: [] };
