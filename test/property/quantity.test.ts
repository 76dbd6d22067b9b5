import fc from "fast-check";
import { expect, test } from "vitest";
import { formatQuantity, parseQuantity } from "../../src/etsi/quantity.ts";

test("whole amounts come back from their canonical form", () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (amount) => {
      const text = formatQuantity(amount);
      expect(parseQuantity(text)).toBe(amount);
      expect(formatQuantity(parseQuantity(text) ?? -1)).toBe(text);
    }),
  );
});

test.each([
  ["1024Mi", 2 ** 30],
  ["1.5Gi", 1.5 * 2 ** 30],
  ["1G", 1e9],
  ["100m", 0.1],
  ["1e3", 1000],
  ["12E2", 1200],
  ["2E", 2e18],
  [".5k", 500],
  ["-1", -1],
])("%s is %d", (text, amount) => {
  expect(parseQuantity(text)).toBeCloseTo(amount, 10);
});

test.each(["", "Gi", "1 Gi", "1gi", "1KiB", "0x10", "1e", "1e400", "Infinity", "1.2.3"])(
  "%j is no quantity",
  (text) => {
    expect(parseQuantity(text)).toBeUndefined();
  },
);

test("canonical form takes the largest suffix that leaves no fraction", () => {
  expect([0, 1, 1000, 1024, 1536, 2 ** 30, 3 * 2 ** 40].map(formatQuantity)).toEqual([
    "0",
    "1",
    "1000",
    "1Ki",
    "1536",
    "1Gi",
    "3Ti",
  ]);
});
