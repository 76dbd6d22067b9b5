import {
  VirtualCpuData_VirtualCpuPinningData_VirtualCpuPinningPolicy as PinningPolicy,
  type VirtualComputeFlavour,
  type VirtualCpuData,
  type VirtualStorageData,
} from "../../../generated/ts/kubevim/flavour.ts";
import type { vi_vnfmService } from "../../../generated/ts/kubevim/vi_vnfm.ts";
import {
  type Cloud,
  CloudError,
  type Flavour,
  type Flow,
  type Listing,
  newMarker,
  paged,
  pagesOf,
  requireCapability,
} from "../../cloud/index.ts";
import type { Handlers } from "../../gateway/operation.ts";
import { compileFilter, matching } from "../filter/filter.ts";
import { formatQuantity, GIB, MIB } from "../quantity.ts";
import { decodeFlavour, NAME_KEY } from "./flavourOrder.ts";
import type { VirtualFlavours } from "./virtualFlavours.ts";

type FlavourHandlers = Pick<
  Handlers<vi_vnfmService>,
  "queryComputeFlavour" | "createComputeFlavour" | "deleteComputeFlavour"
>;

/** Compute flavours (IFA 006 §7.3.4): the cloud's own, and those that the gateway holds for tenants. */
export function flavourHandlers(flow: Flow, held: VirtualFlavours): FlavourHandlers {
  return {
    async queryComputeFlavour({ queryComputeFlavourFilter }, { cloud }) {
      const filter = compileFilter<VirtualComputeFlavour>(
        queryComputeFlavourFilter?.value,
        "VirtualComputeFlavour",
        (flavour) => flavour.metadata?.fields[NAME_KEY] ?? "",
      );
      return { flavours: matching(everyFlavour(cloud, held), encodeFlavour, filter) };
    },

    async createComputeFlavour(request, { cloud, warn }) {
      const draft = decodeFlavour(request, `vimana-${flow.ids.uuid().slice(0, 8)}`);
      try {
        const { id } = await cloud.flavours.create({ ...draft, marker: newMarker(flow) });
        return { flavourId: { value: id } };
      } catch (thrown) {
        if (!CloudError.is(thrown, "FORBIDDEN")) throw thrown;
        // Who may not use a flavour for anything may not have one held either: a reader.
        await requireCapability(cloud, "server.create");
        const id = await held.create(cloud, draft);
        if (id === undefined) throw nothingFits(thrown);
        // Public is what absence means (IFA 006 §8.4.2), and what upstream's REST client writes: no reason to refuse.
        warn(
          "flavour.isPublic: the cloud lets only administrators make flavours, so the gateway holds this one for your project alone",
        );
        return { flavourId: { value: id } };
      }
    },

    async deleteComputeFlavour({ computeFlavourId }, { cloud, warn }) {
      const id = computeFlavourId?.value ?? "";
      if ((await held.resolve(cloud, id)) !== undefined) {
        await requireCapability(cloud, "server.create");
        await held.delete(cloud, id);
        return {};
      }
      try {
        await cloud.flavours.delete(id);
      } catch (thrown) {
        // Upstream's answer to an unknown flavour is success, and its clients count on it.
        if (!CloudError.is(thrown, "NOT_FOUND")) throw thrown;
        warn(`there was no flavour ${id}`);
      }
      return {};
    },
  };
}

function everyFlavour(cloud: Cloud, held: VirtualFlavours): Listing<Flavour> {
  return paged(async function* () {
    yield* pagesOf(cloud.flavours.list());
    yield* pagesOf(held.list(cloud));
  });
}

function nothingFits(cause: unknown): CloudError {
  return new CloudError(
    "FORBIDDEN",
    "only administrators make flavours here, and none of the cloud's own is like this one",
    {
      field: "flavour",
      cause,
    },
  );
}

export function encodeFlavour(flavour: Flavour): VirtualComputeFlavour {
  return {
    flavourId: { value: flavour.id },
    isPublic: flavour.isPublic,
    virtualMemory: {
      virtualMemSize: { string: formatQuantity(flavour.ramMiB * MIB) },
      ...("hw:numa_nodes" in flavour.extraSpecs ? { numaEnabled: true } : {}),
    },
    virtualCpu: encodeCpu(flavour),
    storageAttributes: encodeStorage(flavour),
    virtualNetworkInterface: [],
    metadata: { fields: { ...flavour.extraSpecs, [NAME_KEY]: flavour.name } },
  };
}

/** nova stable/zed: nova/virt/hardware.py reads these extra specs. */
const PINNING: Readonly<Record<string, PinningPolicy>> = {
  dedicated: PinningPolicy.STATIC,
  shared: PinningPolicy.DYNAMIC,
};

function encodeCpu({ vcpus, extraSpecs }: Flavour): VirtualCpuData {
  const policy = PINNING[extraSpecs["hw:cpu_policy"] ?? ""];
  const [cores, sockets, threads] = ["hw:cpu_cores", "hw:cpu_sockets", "hw:cpu_threads"].map((key) =>
    Number(extraSpecs[key] ?? 0),
  );
  const hasShape = Boolean(cores) || Boolean(sockets) || Boolean(threads);
  const rules = hasShape ? [{ cores: cores ?? 0, sockets: sockets ?? 0, threads: threads ?? 0 }] : [];
  return {
    numVirtualCpu: vcpus,
    virtualCpuPinning:
      policy === undefined ? undefined : { virtualCpuPinningPolicy: policy, virtualCpuPinningRules: rules },
  };
}

function encodeStorage({ diskGiB, ephemeralGiB }: Flavour): VirtualStorageData[] {
  const disk = (size: number, isBoot: boolean): VirtualStorageData => ({
    typeOfStorage: "ephemeral",
    sizeOfStorage: { string: formatQuantity(size * GIB) },
    isBoot,
  });
  return [...(diskGiB > 0 ? [disk(diskGiB, true)] : []), ...(ephemeralGiB > 0 ? [disk(ephemeralGiB, false)] : [])];
}
