import { Transform } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Bytes that go by between two collections: some 0.5 ms of work for each. */
const STEP = 8 * 1024 * 1024;
/** Bodies of a known length below this are not worth a stream of their own. */
const SMALL = 1024 * 1024;

/** What `--expose-gc` gives (v8 src/extensions/gc-extension.cc). */
type Collect = (options: { readonly type: "minor" }) => void;

let passed = 0;
let collect: Collect | undefined;

/** Whether a body may be long: what comes in chunks may be anything. */
export function isLong(length: string | undefined): boolean {
  return length === undefined || Number(length) > SMALL;
}

/**
 * Lets a long body pass and has its pieces freed on the way. Each piece that Node reads is a buffer of its own outside of
 * V8's heap, and V8 lets 64 MiB of them lie in each direction before it collects (heap.h, kExternalAllocationSoftLimit):
 * three times the memory that a stream of an image should take.
 */
export function tidyStream(): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      passed += chunk.length;
      if (passed >= STEP) {
        passed = 0;
        collect ??= findCollector();
        collect({ type: "minor" });
      }
      done(null, chunk);
    },
  });
}

function findCollector(): Collect {
  setFlagsFromString("--expose-gc");
  const found: unknown = runInNewContext("gc");
  return typeof found === "function" ? (options) => void Reflect.apply(found, undefined, [options]) : () => {};
}
