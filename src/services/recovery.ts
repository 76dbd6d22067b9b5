import {
  type RecoveryServiceService,
  StepKind,
  type UnfinishedWrite as WireWrite,
  WriteState,
  type WriteStep,
} from "../../generated/ts/vimana/v1/recovery.ts";
import { CloudError, type Unfinished, type UnfinishedStep, type UnfinishedWrite } from "../cloud/index.ts";
import type { Handlers } from "../gateway/operation.ts";

/** Keystone's role of those who see every project (openstack-policies: `role:admin`). */
const ADMINISTRATOR = "admin";
const MOST = 1000;

/** What was begun and not ended (vimana.v1.RecoveryService). */
export function recoveryHandlers(account: Unfinished): Handlers<RecoveryServiceService> {
  return {
    async listUnfinishedWrites({ allProjects }, { cloud }) {
      const { name, tenant } = cloud;
      if (allProjects && !tenant.roles.includes(ADMINISTRATOR)) {
        throw new CloudError("FORBIDDEN", `only the role ${ADMINISTRATOR} sees other projects`, {
          field: "allProjects",
        });
      }
      const writes: WireWrite[] = [];
      const project = allProjects ? {} : { project: tenant.projectId };
      for await (const write of account.unfinished({ cloud: name, ...project })) {
        if (writes.length === MOST) return { writes, hasMore: true };
        writes.push(encodeWrite(write));
      }
      return { writes, hasMore: false };
    },
  };
}

function encodeWrite({ isUnderWay, steps, ...write }: UnfinishedWrite): WireWrite {
  const state = isUnderWay ? WriteState.WRITE_STATE_UNDER_WAY : WriteState.WRITE_STATE_CUT_SHORT;
  return { ...write, state, steps: steps.map(encodeStep) };
}

const KIND: Readonly<Record<UnfinishedStep["does"], StepKind>> = {
  make: StepKind.STEP_KIND_MAKE,
  plug: StepKind.STEP_KIND_PLUG,
  change: StepKind.STEP_KIND_CHANGE,
  grow: StepKind.STEP_KIND_GROW,
  remove: StepKind.STEP_KIND_REMOVE,
  unplug: StepKind.STEP_KIND_UNPLUG,
};

function encodeStep({ does, kind, id, on, marker, name }: UnfinishedStep): WriteStep {
  return { kind: KIND[does], resource: kind, resourceId: id, serverId: on, marker, name };
}
