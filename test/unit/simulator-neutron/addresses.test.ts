import fc from "fast-check";
import { expect, test } from "vitest";
import {
  autoAddress,
  formatAddress,
  formatCidr,
  overlap,
  parseAddress,
  parseCidr,
} from "../../../src/simulator/neutron/addresses.ts";

test.each([
  ["10.0.0.1", "10.0.0.1"],
  ["FD00:0006:0:0::5", "fd00:6::5"],
  ["::", "::"],
  ["::ffff:10.0.0.1", "::ffff:a00:1"],
  ["1:0:0:2:0:0:0:3", "1:0:0:2::3"],
  ["1:0:2:3:4:5:6:7", "1:0:2:3:4:5:6:7"],
  ["1::", "1::"],
])("%s is written %s", (given, shown) => {
  const address = parseAddress(given);
  expect(address && formatAddress(address)).toBe(shown);
});

test.each(["", "10.0.0", "10.0.0.256", "fe80::1%eth0", "x", "::1::2", "010.0.0.1"])("%j is no address", (text) => {
  expect(parseAddress(text)).toBeUndefined();
});

test.each(["10.0.0.0/33", "10.0.0.0/", "10.0.0.0/1/2", "10.0.0.0/-1", "nope", "fd00::/129"])(
  "%j is no CIDR",
  (text) => {
    expect(parseCidr(text)).toBeUndefined();
  },
);

test("an address survives writing and reading", () => {
  const v4 = fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }).map((value) => ({ version: 4 as const, value }));
  const v6 = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }).map((value) => ({ version: 6 as const, value }));
  fc.assert(
    fc.property(fc.oneof(v4, v6), (address) => {
      expect(parseAddress(formatAddress(address))).toEqual(address);
    }),
  );
});

test("host bits of a CIDR are cut off", () => {
  const cidr = parseCidr("10.51.0.5/24");
  expect(cidr && formatCidr(cidr)).toBe("10.51.0.0/24");
});

test("ranges overlap when one holds the other's first address", () => {
  const range = (text: string) => parseCidr(text) ?? { version: 4 as const, first: 0n, last: 0n, length: 0 };
  expect(overlap(range("10.0.0.0/24"), range("10.0.0.128/25"))).toBe(true);
  expect(overlap(range("10.0.0.0/25"), range("10.0.0.128/25"))).toBe(false);
  expect(overlap(range("0.0.0.0/0"), range("::/0"))).toBe(false);
});

test("the EUI-64 address of a MAC, as a real Neutron gave it", () => {
  const cidr = parseCidr("fd00:70::/64");
  expect(cidr && formatAddress(autoAddress(cidr, "fa:16:3e:a2:b8:75"))).toBe("fd00:70::f816:3eff:fea2:b875");
});
