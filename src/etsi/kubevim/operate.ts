import type { OperateComputeRequest, OperateComputeResponse } from "../../../generated/ts/kubevim/compute.ts";
import {
  type Cloud,
  CloudError,
  type Flow,
  type Image,
  type LeftBehind,
  newMarker,
  operateServer,
  type ServerAction,
  Undo,
  waitFor,
} from "../../cloud/index.ts";
import { encodeCompute } from "./computeView.ts";
import { invalid } from "./refuse.ts";

/** An operation of IFA 006 §7.3.1.6 with the input that it reads. */
export type Operation =
  | { readonly kind: "act"; readonly action: ServerAction }
  | { readonly kind: "create-snapshot"; readonly name: string | undefined }
  | { readonly kind: "delete-snapshot"; readonly snapshotId: string };

const ACTIONS: Readonly<Record<string, ServerAction>> = {
  START: "start",
  STOP: "stop",
  PAUSE: "pause",
  UNPAUSE: "unpause",
  SUSPEND: "suspend",
  RESUME: "resume",
  REBOOT: "reboot-soft",
};
const REBOOTS: Readonly<Record<string, ServerAction>> = { SOFT: "reboot-soft", HARD: "reboot-hard" };
/** The keys of `computeOperationInputData` that each operation reads. */
const INPUTS: Readonly<Record<string, readonly string[]>> = {
  ...Object.fromEntries(Object.keys(ACTIONS).map((name) => [name, []])),
  REBOOT: ["type"],
  CREATE_SNAPSHOT: ["name"],
  DELETE_SNAPSHOT: ["snapshotId"],
};

export function decodeOperation(operation: string, input: Readonly<Record<string, string>>): Operation {
  const name = operation.toUpperCase();
  const keys = Object.hasOwn(INPUTS, name) ? INPUTS[name] : undefined;
  if (keys === undefined) throw invalid("computeOperation", `must be one of ${Object.keys(INPUTS).join(", ")}`);
  const unknown = Object.keys(input).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw new CloudError("UNKNOWN_ATTRIBUTE", `${name} reads no such key`, { field: inputField(unknown) });
  if (name === "CREATE_SNAPSHOT") return { kind: "create-snapshot", name: input.name };
  if (name === "DELETE_SNAPSHOT") {
    const { snapshotId } = input;
    if (snapshotId === undefined)
      throw new CloudError("MISSING_VALUE", "is required", { field: inputField("snapshotId") });
    return { kind: "delete-snapshot", snapshotId };
  }
  const { type } = input;
  const action = type === undefined ? ACTIONS[name] : REBOOTS[type.toUpperCase()];
  if (action === undefined) throw invalid(inputField("type"), "must be SOFT or HARD");
  return { kind: "act", action };
}

function inputField(key: string): string {
  return `computeOperationInputData["${key}"]`;
}

/** How long an answer waits for a snapshot to be usable. */
const SNAPSHOT_WAIT = 30_000;

export async function operate(
  cloud: Cloud,
  request: OperateComputeRequest,
  flow: Flow,
): Promise<OperateComputeResponse> {
  const id = request.computeId?.value ?? "";
  const operation = decodeOperation(request.computeOperation, request.computeOperationInputData);
  switch (operation.kind) {
    case "act":
      return answer(encodeCompute(await operateServer(cloud, id, operation.action, flow)));
    case "create-snapshot": {
      const image = await createSnapshot(cloud, id, operation.name, flow);
      // IFA 006 §7.3.1.6: the id of the snapshot and where it is.
      const output = { snapshotId: image.id, location: `image:${image.id}`, status: image.nativeStatus };
      return answer(encodeCompute(await cloud.servers.get(id)), output);
    }
    case "delete-snapshot":
      await deleteSnapshot(cloud, id, operation.snapshotId);
      return answer(encodeCompute(await cloud.servers.get(id)));
  }
}

function answer(
  computeData: OperateComputeResponse["computeData"],
  computeOperationOutputData: Record<string, string> = {},
): OperateComputeResponse {
  return { computeData, computeOperationOutputData };
}

/** The property that a snapshot's image names its server by; Nova sets the same one where it makes the image's bytes. */
const SERVER_PROPERTY = "instance_uuid";

async function createSnapshot(cloud: Cloud, serverId: string, name: string | undefined, flow: Flow): Promise<Image> {
  const server = await cloud.servers.get(serverId);
  const undo = new Undo(flow.log);
  const marker = newMarker(flow);
  let imageId: string | undefined;
  undo.enter(
    () => ({ kind: "image", id: imageId ?? `marked ${marker.value}` }),
    async () => {
      const rescue = cloud.detached();
      const made = imageId === undefined ? await rescue.images.findByMarker(marker) : await rescue.images.get(imageId);
      if (made !== undefined) await removeSnapshot(rescue, made);
    },
  );
  try {
    const draft = { name: name ?? `${server.name}-snapshot`, metadata: { [SERVER_PROPERTY]: serverId }, marker };
    ({ imageId } = await cloud.servers.snapshot(serverId, draft));
    const snapshotId = imageId;
    const { item } = await waitFor({
      clock: flow.clock,
      timeout: SNAPSHOT_WAIT,
      read: () => cloud.images.get(snapshotId),
      done: ({ status }) => status !== "pending",
    });
    if (item.status === "failed" || item.status === "deleted") {
      throw new CloudError("RESOURCE_FAILED", `the snapshot ended as ${item.nativeStatus}`);
    }
    return item;
  } catch (thrown) {
    throw await undo.rollback(thrown);
  }
}

/** Only snapshots of this very server: an image's id alone must not be enough to lose it. */
async function deleteSnapshot(cloud: Cloud, serverId: string, snapshotId: string): Promise<void> {
  const field = inputField("snapshotId");
  await cloud.servers.get(serverId);
  const image = await cloud.images.get(snapshotId).catch((thrown: unknown) => {
    throw CloudError.is(thrown, "NOT_FOUND")
      ? new CloudError("NOT_FOUND", "there is no such snapshot", { field })
      : thrown;
  });
  if (image.properties[SERVER_PROPERTY] !== serverId) throw invalid(field, "is no snapshot of this machine");
  await removeSnapshot(cloud, image);
}

/** An image first, because a volume snapshot without its image is still an image's bytes for nobody. */
async function removeSnapshot(cloud: Cloud, image: Image): Promise<void> {
  cloud.intend?.(image.volumeSnapshotIds.map((id) => ({ kind: "volume snapshot", id })));
  await cloud.images.delete(image.id);
  const left: LeftBehind[] = [];
  for (const id of image.volumeSnapshotIds) {
    try {
      await cloud.volumeSnapshots.delete(id);
    } catch (thrown) {
      if (!CloudError.is(thrown, "NOT_FOUND")) left.push({ kind: "volume snapshot", id });
    }
  }
  if (left.length > 0)
    throw new CloudError("RESOURCE_FAILED", "the image is gone, its data are not").withLeftBehind(left);
}
