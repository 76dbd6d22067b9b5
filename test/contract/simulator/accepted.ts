/** Where the simulator differs from the recording on purpose, and why. */
import type { Line } from "./talk.ts";

export interface Difference {
  readonly step: RegExp;
  readonly differs: readonly (keyof Line)[];
  readonly because: string;
}

export const accepted: readonly Difference[] = [
  { step: /GET image\/v2\/images\?name=ubuntu/, differs: ["body"], because: "the data of the images are not the same" },
];
