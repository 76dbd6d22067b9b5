/** Examples that this door cannot answer yet, each with what it waits for: data, so that a test can tell when it is done. */
export const NOT_YET: Readonly<Record<string, string>> = {
  V51: "security groups",
};
