/** Something that goes with what is about to be removed: whoever finds the removal half done finishes it. */
export interface Removal {
  readonly kind: "port" | "floating address" | "volume snapshot";
  readonly id: string;
}
