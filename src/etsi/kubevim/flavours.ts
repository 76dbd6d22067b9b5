import {
  VirtualCpuData_VirtualCpuPinningData_VirtualCpuPinningPolicy as PinningPolicy,
  type VirtualComputeFlavour,
  type VirtualCpuData,
  type VirtualStorageData,
} from "../../../generated/ts/kubevim/flavour.ts";
import type { vi_vnfmService } from "../../../generated/ts/kubevim/vi_vnfm.ts";
import { CloudError, type Flavour } from "../../cloud/index.ts";
import type { Handlers } from "../../gateway/operation.ts";
import { compileFilter } from "../filter/filter.ts";
import { formatQuantity, GIB, MIB } from "../quantity.ts";

type FlavourHandlers = Pick<
  Handlers<vi_vnfmService>,
  "queryComputeFlavour" | "createComputeFlavour" | "deleteComputeFlavour"
>;

/** Compute flavours (IFA 006 §7.3.4). */
export const flavourHandlers: FlavourHandlers = {
  async queryComputeFlavour({ queryComputeFlavourFilter }, { cloud }) {
    const filter = compileFilter<VirtualComputeFlavour>(
      queryComputeFlavourFilter?.value,
      "VirtualComputeFlavour",
      (flavour) => flavour.metadata?.fields[NAME_KEY] ?? "",
    );
    const flavours: VirtualComputeFlavour[] = [];
    for await (const one of cloud.flavours.list()) {
      const flavour = encodeFlavour(one);
      if (filter.matches(flavour)) flavours.push(flavour);
    }
    return { flavours };
  },

  async createComputeFlavour() {
    throw new CloudError("UNSUPPORTED", "flavours cannot be made through this door yet; use one that the cloud has");
  },

  async deleteComputeFlavour() {
    throw new CloudError("UNSUPPORTED", "flavours cannot be deleted through this door yet");
  },
};

/** Where the flavour's name stands, since VirtualComputeFlavour has no member for it. */
const NAME_KEY = "name";

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
