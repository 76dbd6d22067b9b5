import type { Answered } from "../../../src/simulator/core/pipeline.ts";
import { recorded } from "../../contract/simulator/recorded.ts";
import { isErratum } from "./errata.ts";
import { judge, type Mismatch, nameOf } from "./judge.ts";
import { judgedOf } from "./recorded.ts";

/**
 * Operations of which a real answer is recorded: only there it is known where the document errs. What the document says of
 * the others is a guess against a guess, until a step of test/contract/simulator asks a real cloud.
 */
let proven: ReadonlySet<string> | undefined;

function isProven(name: string): boolean {
  proven ??= new Set([...recorded.values()].flat().map((line) => nameOf(judgedOf(line))));
  return proven.has(name);
}

/** The mismatches of an answer of the simulator, without those of the documents' own errors. */
export function verdict({ call, answer }: Answered): readonly Mismatch[] {
  const { service, body } = call;
  const [action] = typeof body === "object" && body !== null ? Object.keys(body) : [];
  const isBytes = answer.body instanceof Uint8Array;
  const judged = {
    type: service.type,
    method: call.method,
    path: call.path,
    variant: { minor: service.microversions === undefined ? undefined : call.version, action },
    status: answer.status,
    body: isBytes ? undefined : answer.body,
  };
  if (answer.status >= 300 || !isProven(nameOf(judged))) return [];
  return judge(judged).filter((one) => !isErratum(one));
}

/** Service, operation, microversion, JSON path and what is wrong there, on a line. */
export function describe({ type, operation, minor, at, message }: Mismatch): string {
  const version = minor === undefined ? "" : ` at .${minor}`;
  return `${type} ${operation}${version}: ${at === "" ? "" : `${at} `}${message}`;
}
