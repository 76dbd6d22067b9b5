/** Kubernetes quantities (k8s.io/apimachinery resource.Quantity): `512Mi`, `1.5G`, `100m`, `1e3`. */

const BINARY = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"] as const;
const POWERS: ReadonlyMap<string, number> = new Map([
  ...BINARY.map((suffix, index): [string, number] => [suffix, 1024 ** index]),
  ["n", 1e-9],
  ["u", 1e-6],
  ["m", 1e-3],
  ["k", 1e3],
  ["M", 1e6],
  ["G", 1e9],
  ["T", 1e12],
  ["P", 1e15],
  ["E", 1e18],
]);
const QUANTITY = /^([+-]?(?:\d+(?:\.\d*)?|\.\d+))(?:([eE][+-]?\d+)|([KMGTPE]i|[numkMGTPE]))?$/;

/** The amount, or nothing when the text is not a quantity. */
export function parseQuantity(text: string): number | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const [, number = "", exponent = "", suffix = ""] = match;
  const power = POWERS.get(suffix);
  const amount = power === undefined ? Number.NaN : Number(`${number}${exponent}`) * power;
  return Number.isFinite(amount) ? amount : undefined;
}

/** The canonical binary form of a whole, non-negative number: the largest suffix that leaves no fraction. */
export function formatQuantity(amount: number): string {
  let [value, index] = [amount, 0];
  while (value !== 0 && value % 1024 === 0 && index < BINARY.length - 1) {
    value /= 1024;
    index += 1;
  }
  return `${value}${BINARY[index]}`;
}

export const MIB = 1024 ** 2;
export const GIB = 1024 ** 3;
