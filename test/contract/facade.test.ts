import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type OpenBackend, simulatedConfig } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { type Native, signIn } from "../support/native.ts";

/** The façade beyond a machine's life: snapshots, flavours, affinity, tenants. */

interface Id {
  readonly value: string;
}

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown> & { readonly computeData?: { readonly computeId: Id; readonly hostId: Id } };
}

describe.each(BACKENDS)("façade on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("beyond a machine's life", { timeout: 180_000 }, () => {
    let backend: OpenBackend;
    const made: string[] = [];

    beforeAll(async () => {
      backend = await open();
    });

    // A real tenant's quota is ten machines, and other tests need some of them.
    afterEach(async () => {
      for (const id of made.splice(0)) await call("DELETE", `/compute/${id}`);
    });

    afterAll(() => backend.close());

    const call = async (method: string, path: string, body?: object, as: Native = backend.tenant): Promise<Answer> => {
      const response = await fetch(`${backend.gateway.http}/vivnfm/v5${path}`, {
        method,
        headers: { "x-auth-token": as.token, "content-type": "application/json" },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: response.status, body: (await response.json()) as Answer["body"] };
    };

    const allocate = async (computeName: string, more: object = {}): Promise<Answer> => {
      const answer = await call("POST", "/compute", {
        computeName,
        computeFlavourId: { value: backend.flavourId },
        vcImageId: { value: backend.imageId },
        ...more,
      });
      const id = answer.body.computeData?.computeId.value;
      if (id !== undefined) made.push(id);
      return answer;
    };

    test("a snapshot is made, is an image, boots no stranger's deletion, and is deleted", async () => {
      const server = await allocate("snapped");
      const id = server.body.computeData?.computeId.value ?? "";
      const answer = await call("POST", `/compute/${id}/CREATE_SNAPSHOT`, {
        computeOperationInputData: { name: "snap" },
      });
      expect([answer.status, answer.body]).toMatchObject([
        200,
        { computeOperationOutputData: { snapshotId: expect.any(String), status: "active" } },
      ]);
      const { snapshotId } = answer.body.computeOperationOutputData as { snapshotId: string };
      expect((await call("GET", `/images/${snapshotId}`)).body).toMatchObject({
        softwareImageInformation: { name: "snap", status: "ready" },
      });
      const wrong = await call("POST", `/compute/${id}/DELETE_SNAPSHOT`, {
        computeOperationInputData: { snapshotId: backend.imageId },
      });
      expect([wrong.status, wrong.body.field]).toEqual([400, 'computeOperationInputData["snapshotId"]']);
      const input = { computeOperationInputData: { snapshotId } };
      expect((await call("POST", `/compute/${id}/DELETE_SNAPSHOT`, input)).status).toBe(200);
      expect((await call("GET", `/images/${snapshotId}`)).status).toBe(404);
    });

    test("flavours are the administrator's, and go without a trace", async () => {
      const flavour = {
        virtualMemory: { virtualMemSize: { string: "768Mi" } },
        virtualCpu: { numVirtualCpu: 2, virtualCpuPinning: { virtualCpuPinningPolicy: "STATIC" } },
        storageAttributes: [{ typeOfStorage: "ephemeral", sizeOfStorage: 3, isBoot: true }],
        metadata: { fields: { name: `vimana-test-${backend.configs.tenant.name}`, "hw:mem_page_size": "large" } },
      };
      expect((await call("POST", "/flavours", { flavour })).status).toBe(403);
      if (backend.admin === undefined) return;
      const answer = await call("POST", "/flavours", { flavour }, backend.admin);
      const { value } = answer.body.flavourId as { value: string };
      try {
        const shown = await call("GET", `/flavours?filter=(eq,flavourId/value,${value})`, undefined, backend.admin);
        expect(shown.body).toMatchObject({
          flavours: [
            {
              virtualMemory: { virtualMemSize: { string: "768Mi" } },
              virtualCpu: { numVirtualCpu: 2, virtualCpuPinning: { virtualCpuPinningPolicy: "STATIC" } },
              storageAttributes: [{ sizeOfStorage: { string: "3Gi" }, isBoot: true }],
              metadata: { fields: { name: `vimana-test-${backend.configs.tenant.name}`, "hw:mem_page_size": "large" } },
            },
          ],
        });
        expect((await call("DELETE", `/flavours/${value}`)).status).toBe(403);
      } finally {
        expect([(await call("DELETE", `/flavours/${value}`, undefined, backend.admin)).status]).toEqual([200]);
      }
      expect((await call("DELETE", `/flavours/${value}`, undefined, backend.admin)).body).toEqual({});
    });

    test("a tenant's flavour is held by the gateway and kept by one of the cloud's", async () => {
      const own = await call("GET", `/flavours?filter=(eq,flavourId/value,${backend.flavourId})`);
      const [{ flavourId: _, isPublic: __, metadata: ___, ...figures }] = own.body.flavours as [
        Record<string, unknown>,
      ];
      const flavour = { ...figures, metadata: { fields: { name: "held" } } };
      const answer = await call("POST", "/flavours", { flavour });
      expect(answer.status).toBe(200);
      const flavourId = answer.body.flavourId as { value: string };
      const listed = await call("GET", "/flavours?filter=held");
      expect(listed.body.flavours).toMatchObject([{ flavourId, ...figures }]);
      const elsewhere = await call("GET", "/flavours?filter=held", undefined, backend.stranger);
      expect(elsewhere.body.flavours).toEqual([]);
      if (backend.simulator !== undefined) {
        const cloud = backend.simulator.clouds()["demo-reader"];
        if (cloud === undefined) throw new Error("the default world lacks a reader");
        const reader = await signIn(simulatedConfig("demo-reader", cloud));
        expect((await call("POST", "/flavours", { flavour }, reader)).status).toBe(403);
        expect((await call("DELETE", `/flavours/${flavourId.value}`, undefined, reader)).status).toBe(403);
      }
      const server = await allocate("held", { computeFlavourId: flavourId });
      expect(server.body.computeData).toMatchObject({
        flavourId: { value: backend.flavourId },
        runningState: "RUNNING",
      });
      // Of an id that the gateway does not hold for this caller the cloud decides, which lets no tenant delete any.
      expect((await call("DELETE", `/flavours/${flavourId.value}`, undefined, backend.stranger)).status).toBe(403);
      expect((await call("GET", "/flavours?filter=held")).body.flavours).toHaveLength(1);
      expect((await call("DELETE", `/flavours/${flavourId.value}`)).status).toBe(200);
      expect((await call("GET", "/flavours?filter=held")).body.flavours).toEqual([]);
      const gone = await allocate("gone", { computeFlavourId: flavourId });
      expect([gone.status, gone.body.field]).toEqual([400, "computeFlavourId"]);
    });

    test("a flavour without a disk boots from a volume that goes with the machine", async () => {
      const diskless = await call("GET", "/flavours?filter=(eq,metadata/@name,v1.diskless)");
      const [flavour] = diskless.body.flavours as [{ flavourId: { value: string } }];
      const server = await allocate("diskless", { computeFlavourId: flavour.flavourId });
      expect([server.status, server.body.computeData]).toMatchObject([
        200,
        { runningState: "RUNNING", virtualDisks: [{}] },
      ]);
      const id = server.body.computeData?.computeId.value ?? "";
      const attached = await backend.tenant.call("compute", "GET", `/servers/${id}/os-volume_attachments`);
      const [{ volumeId }] = attached.body.volumeAttachments as [{ volumeId: string }];
      const snapshot = await call("POST", `/compute/${id}/CREATE_SNAPSHOT`, {});
      expect([snapshot.status, snapshot.body]).toMatchObject([
        200,
        { computeOperationOutputData: { status: "active" } },
      ]);
      const { snapshotId } = snapshot.body.computeOperationOutputData as { snapshotId: string };
      const input = { computeOperationInputData: { snapshotId } };
      expect((await call("POST", `/compute/${id}/DELETE_SNAPSHOT`, input)).status).toBe(200);
      expect((await call("DELETE", `/compute/${id}`)).status).toBe(200);
      const volume = async (): Promise<number> =>
        (await backend.tenant.call("block-storage", "GET", `/volumes/${volumeId}`)).status;
      await eventually(volume, (status) => status === 404);
    });

    test("machines of an anti-affinity group are on different hosts, and one beside another is on its host", async () => {
      const group = await call("POST", "/compute/affinity", {
        groupName: "apart",
        type: "ANTI_AFFINITY",
        scope: "NFVI_NODE",
      });
      expect(group.status).toBe(200);
      const groupId = group.body.groupId as { value: string };
      const inGroup = { type: "ANTI_AFFINITY", affinityOrAntiAffinityResourceGroupId: groupId };
      const first = await allocate("apart-1", { affinityOrAntiAffinityConstraints: [inGroup] });
      const second = await allocate("apart-2", { affinityOrAntiAffinityConstraints: [inGroup] });
      const hosts = [first, second].map(({ body }) => body.computeData?.hostId.value);
      expect(new Set(hosts).size).toBe(2);
      const beside = {
        type: "AFFINITY",
        affinityOrAntiAffinityResourceList: { resourceId: [first.body.computeData?.computeId] },
      };
      const third = await allocate("beside", { affinityOrAntiAffinityConstraints: [beside] });
      // A cloud may lack the filter that follows this hint; then nothing is left of the try.
      if (third.status === 200) expect(third.body.computeData?.hostId.value).toBe(hosts[0]);
      else expect([third.status, third.body.reason]).toEqual([409, "NO_VALID_HOST"]);
      const wrong = await allocate("wrong", { affinityOrAntiAffinityConstraints: [{ ...inGroup, type: "AFFINITY" }] });
      expect([wrong.status, wrong.body.field]).toEqual([400, "affinityOrAntiAffinityConstraints[0].type"]);
      const unknown = { type: "AFFINITY", affinityOrAntiAffinityResourceGroupId: { value: "no-such-group" } };
      const lost = await allocate("lost", { affinityOrAntiAffinityConstraints: [unknown] });
      expect([lost.status, lost.body.field]).toEqual([
        400,
        "affinityOrAntiAffinityConstraints[0].affinityOrAntiAffinityResourceGroupId",
      ]);
      await backend.tenant.call("compute", "DELETE", `/os-server-groups/${groupId.value}`);
    });

    test("the resource group is the caller's project or none", async () => {
      const own = await allocate("mine", { resourceGroupId: { value: backend.tenant.projectId } });
      expect(own.status).toBe(200);
      const other = await allocate("theirs", { resourceGroupId: { value: backend.stranger.projectId } });
      expect([other.status, other.body.field]).toEqual([403, "resourceGroupId"]);
    });
  });
});
