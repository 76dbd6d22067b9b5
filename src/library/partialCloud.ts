import { type Capabilities, type Cloud, CloudError, FEATURES, type Feature, SUPPORTED } from "../cloud/index.ts";

/** The parts of a cloud that are ports to one kind of thing each. */
export type PortName = Exclude<
  keyof Cloud,
  "name" | "region" | "tenant" | "capabilities" | "detached" | "intend" | "recall"
>;

export type CloudParts = Pick<Cloud, "name" | "tenant"> &
  Partial<Pick<Cloud, PortName | "region">> & {
    /** What the ports that are given can do; nothing else is offered to anybody. */
    readonly features: readonly Feature[];
  };

/**
 * A cloud that has some of the ports: discovery leaves out what the others would be for, and whoever asks for it all the same is
 * told so (MISSING_SERVICE). A cloud without zones is one that has none. Calls are not cut off when a caller leaves, so undoing half of a write needs no other cloud.
 */
export function partialCloud({ features, region, ...parts }: CloudParts): Cloud {
  const offered = new Set<string>(features);
  const capabilities = Object.fromEntries(
    FEATURES.map((feature) => {
      const explanation = `this cloud has no ${feature.split(".")[0]} for it`;
      const no = { support: "no", reason: "MISSING_SERVICE", explanation } as const;
      return [feature, offered.has(feature) ? SUPPORTED : no];
    }),
  ) as Capabilities;
  const cloud = {
    zones: { async *list() {} },
    ...parts,
    region,
    capabilities: async () => capabilities,
    detached: (): Cloud => whole,
  };
  const whole = new Proxy(cloud, {
    get: (target, name, receiver) => Reflect.get(target, name, receiver) ?? missing(String(name)),
  }) as Cloud;
  return whole;
}

const OPTIONAL: ReadonlySet<string> = new Set(["region", "then", "intend", "recall"]);

/** `region` and the like may be absent; a port that is absent refuses whatever is asked of it. */
function missing(name: string): unknown {
  if (OPTIONAL.has(name)) return undefined;
  const refuse = (): never => {
    throw new CloudError("MISSING_SERVICE", `this cloud has no ${name}`);
  };
  return new Proxy({}, { get: () => refuse });
}
