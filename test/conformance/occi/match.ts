import { expect } from "vitest";
import type { Reply } from "../../support/occiDoor.ts";
import type { Example } from "./example.ts";

const UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}";

/** `{{any}}` is any text on one line, `{{uuid}}` a UUID. */
function pattern(text: string): RegExp {
  const escaped = text.replaceAll(/[.*+?^$()|[\]\\/{}]/g, "\\$&");
  const source = escaped.replaceAll("\\{\\{any\\}\\}", "[^\\n]*").replaceAll("\\{\\{uuid\\}\\}", UUID);
  return new RegExp(`^${source}$`);
}

type Answer = NonNullable<Example["answer"]>;

export function matchAnswer(how: string, reply: Reply, answer: Answer): void {
  expect(reply.status, reply.body).toBe(answer.status);
  for (const [name, value] of answer.headers) {
    const actual = valuesOf(reply, name);
    const wanted = pattern(value);
    expect(
      actual.some((one) => wanted.test(one)),
      `${name}: ${actual.join(" | ")}`,
    ).toBe(true);
  }
  const lines = reply.body.split(/\r?\n/);
  const wanted = answer.body.split(/\r?\n/).filter((line) => line !== "");
  switch (how) {
    case "status":
    case "headers":
      if (answer.body !== "") expect(reply.body).toMatch(pattern(answer.body));
      break;
    case "exact-body":
      expect(reply.body).toMatch(pattern(answer.body));
      break;
    case "exact-lines":
      expect(lines.filter((line) => line !== "").length).toBe(wanted.length);
      expectLines(lines, wanted);
      break;
    case "lines":
      expectLines(lines, wanted);
      break;
    case "json-subset":
      expect(isSubset(JSON.parse(reply.body), JSON.parse(answer.body)), reply.body).toBe(true);
      break;
    case "json-exact":
      expect(JSON.parse(reply.body)).toEqual(JSON.parse(answer.body));
      break;
    default:
      throw new Error(`nobody knows how to match ${how}`);
  }
}

function expectLines(lines: readonly string[], wanted: readonly string[]): void {
  for (const line of wanted) {
    const one = pattern(line);
    expect(
      lines.some((actual) => one.test(actual)),
      `${line}\nin\n${lines.join("\n")}`,
    ).toBe(true);
  }
}

/** A header line by line, and joined as a list. */
function valuesOf({ rawHeaders }: Reply, name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]?.toLowerCase() === name.toLowerCase()) values.push(rawHeaders[at + 1] ?? "");
  }
  return [...values, values.join(", ")];
}

/** Every given member with that value, every given element matched by some element. */
function isSubset(actual: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return Array.isArray(actual) && wanted.every((item) => actual.some((other) => isSubset(other, item)));
  }
  if (typeof wanted !== "object" || wanted === null) return actual === wanted;
  if (typeof actual !== "object" || actual === null) return false;
  return Object.entries(wanted).every(([name, value]) => isSubset(Reflect.get(actual, name), value));
}
