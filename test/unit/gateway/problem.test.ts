import { expect, test } from "vitest";
import { CloudError, CODE_OF_REASON, type Reason } from "../../../src/cloud/index.ts";
import { CODE_NUMBER, toProblem } from "../../../src/gateway/problem.ts";

const reasons = Object.keys(CODE_OF_REASON) as Reason[];

test.each(reasons)("%s is a ProblemDetails that upstream's client can read", (reason) => {
  const problem = toProblem(new CloudError(reason, "because", { field: "a.b" }), "req-1");
  expect(problem).toMatchObject({
    reason,
    detail: "a.b: because",
    message: "a.b: because",
    details: [],
    requestId: "req-1",
  });
  expect(problem.code).toBe(CODE_NUMBER[CODE_OF_REASON[reason]]);
  expect(problem.status).toBeGreaterThanOrEqual(400);
});

test("what is not ours tells the caller nothing", () => {
  const error = CloudError.from(new Error("password=hunter2"));
  expect(toProblem(error, "req-1").detail).toBe("internal error");
});
