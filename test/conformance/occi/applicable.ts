/** Examples that this door cannot answer yet, each with what it waits for: data, so that a test can tell when it is done. */
export const NOT_YET: Readonly<Record<string, string>> = {
  V06: "mixins of users",
  V07: "mixins of users",
  V09: "mixins of users",
  V10: "mixins of users",
  V21: "a flavour made for a free size: the ports make no flavours",
  V30: "mixins of users",
  V35: "mixins of users",
  V37: "resize: the ports change no flavour",
  V41: "mixins of users",
  V42: "mixins of users",
  V43: "mixins of users",
  V51: "security groups",
  M133: "mixins of users",
  M138: "mixins of users",
  M139: "mixins of users",
  M142: "mixins of users",
};
