/** Examples that this door cannot answer yet, each with what it waits for: data, so that a test can tell when it is done. */
export const NOT_YET: Readonly<Record<string, string>> = {
  V21: "a flavour made for a free size: the ports make no flavours",
  V37: "resize: the ports change no flavour",
  V51: "security groups",
};
