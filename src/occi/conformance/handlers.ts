import type { ConformanceServiceService } from "../../../generated/ts/vimana/v1/conformance.ts";
import { CloudError } from "../../cloud/index.ts";
import type { Call, Handlers } from "../../gateway/operation.ts";
import type { Check } from "./checks.ts";
import { CHECKS, type Outcome, runChecks, type Tested } from "./run.ts";

/**
 * The self-test of OCCI as a service (vimana.v1.ConformanceService).
 *
 * checks, entityChecks   what is asked for      talk   how it is asked
 * run                    a door of its own, and a walk through the checks
 */
export function conformanceHandlers(tested: Tested): Handlers<ConformanceServiceService> {
  let isRunning = false;
  return {
    async planConformance(_request, call) {
      requireOperator(call);
      return { creates: CHECKS.flatMap(({ creates }) => creates ?? []), checks: CHECKS.map(shown) };
    },

    async runConformance({ withMachine }, call) {
      requireOperator(call);
      if (isRunning) throw new CloudError("CONFLICT", "another self-test is under way");
      isRunning = true;
      try {
        const { outcomes, leftBehind } = await runChecks(tested, call, withMachine);
        const count = (word: Outcome["outcome"]) => outcomes.filter(({ outcome }) => outcome === word).length;
        return {
          cloud: call.cloud.name,
          projectId: call.cloud.tenant.projectId,
          passed: count("passed"),
          failed: count("failed"),
          skipped: count("skipped"),
          results: outcomes.map(({ check, ...outcome }) => ({ check: shown(check), ...outcome })),
          leftBehind: [...leftBehind],
        };
      } finally {
        isRunning = false;
      }
    },
  };
}

function requireOperator({ isOperator }: Call): void {
  if (isOperator === true) return;
  throw new CloudError("FORBIDDEN", "only the gateway's operator may do that");
}

function shown({ title, source, creates = "" }: Check) {
  return { title, source, creates };
}
