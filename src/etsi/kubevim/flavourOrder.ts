import {
  type CreateComputeFlavourRequest,
  VirtualCpuData_VirtualCpuPinningData_VirtualCpuPinningPolicy as PinningPolicy,
  type VirtualCpuData,
  type VirtualMemoryData,
  type VirtualStorageData,
} from "../../../generated/ts/kubevim/flavour.ts";
import { CloudError, type FlavourDraft } from "../../cloud/index.ts";
import { GIB, MIB, parseQuantity } from "../quantity.ts";
import { hasEntries, invalid, refuseGiven } from "./refuse.ts";

/** Where the flavour's name stands, since VirtualComputeFlavour has no member for it. */
export const NAME_KEY = "name";

/** A request as a flavour: every input honoured or refused by name. `name` serves requests without one. */
export function decodeFlavour(request: CreateComputeFlavourRequest, name: string): Omit<FlavourDraft, "marker"> {
  const { flavour } = request;
  if (flavour === undefined) throw new CloudError("MISSING_VALUE", "is required", { field: "flavour" });
  const at = "flavour";
  refuseGiven("metaData", hasEntries(request.metaData), "give keys and values in flavour.metadata");
  if (flavour.flavourId !== undefined) throw invalid(`${at}.flavourId`, "the cloud gives the id");
  refuseGiven(
    `${at}.virtualNetworkInterface`,
    flavour.virtualNetworkInterface.length > 0,
    "OpenStack flavours hold no network cards",
  );
  const { [NAME_KEY]: givenName, ...extraSpecs } = flavour.metadata?.fields ?? {};
  const specs = {
    ...extraSpecs,
    ...decodeMemorySpecs(flavour.virtualMemory, at),
    ...decodeCpuSpecs(flavour.virtualCpu, at),
  };
  return {
    name: givenName ?? name,
    vcpus: decodeCount(flavour.virtualCpu?.numVirtualCpu ?? 0, `${at}.virtualCpu.numVirtualCpu`),
    ramMiB: decodeAmount(
      flavour.virtualMemory?.virtualMemSize?.string ?? "",
      MIB,
      `${at}.virtualMemory.virtualMemSize`,
    ),
    ...decodeDisks(flavour.storageAttributes, at),
    ...(flavour.isPublic === undefined ? {} : { isPublic: flavour.isPublic }),
    ...(Object.keys(specs).length === 0 ? {} : { extraSpecs: specs }),
  };
}

function decodeCount(count: number, field: string): number {
  if (count < 1) throw invalid(field, "must be 1 or more");
  return count;
}

/** A whole number of units: rounding would make another flavour than the one that was asked for. */
function decodeAmount(text: string, unit: number, field: string): number {
  const amount = parseQuantity(text);
  if (amount === undefined) throw invalid(field, "is not an amount such as 512Mi");
  const count = amount / unit;
  if (!Number.isSafeInteger(count) || count < 1) {
    throw invalid(field, `must be a whole number of ${unit === MIB ? "MiB" : "GiB"}, 1 or more`);
  }
  return count;
}

function decodeMemorySpecs(memory: VirtualMemoryData | undefined, at: string): Record<string, string> {
  const field = `${at}.virtualMemory.virtualMemOversubscriptionPolicy`;
  refuseGiven(field, Boolean(memory?.virtualMemOversubscriptionPolicy), "the cloud's operator decides it");
  return memory?.numaEnabled === true ? { "hw:numa_nodes": "1" } : {};
}

/** nova stable/zed: nova/virt/hardware.py reads these extra specs. */
function decodeCpuSpecs(cpu: VirtualCpuData | undefined, at: string): Record<string, string> {
  const field = `${at}.virtualCpu`;
  refuseGiven(
    `${field}.cpuArchitecture`,
    Boolean(cpu?.cpuArchitecture),
    "say it in flavour.metadata as the cloud knows it",
  );
  refuseGiven(`${field}.cpuClock`, Boolean(cpu?.cpuClock), "no clock rate can be promised");
  refuseGiven(
    `${field}.virtualCpuOversubscriptionPolicy`,
    Boolean(cpu?.virtualCpuOversubscriptionPolicy),
    "the cloud's operator decides it",
  );
  refuseGiven(`${field}.powerStateReqs`, Boolean(cpu?.powerStateReqs), "OpenStack has no such demand");
  const pinning = cpu?.virtualCpuPinning;
  if (pinning === undefined) return {};
  const [rule, ...more] = pinning.virtualCpuPinningRules;
  const rules = `${field}.virtualCpuPinning.virtualCpuPinningRules`;
  if (more.length > 0) throw invalid(rules, "at most one shape can be had");
  const shape = Object.entries({ cores: rule?.cores, sockets: rule?.sockets, threads: rule?.threads }).flatMap(
    ([name, value]) => {
      if (value === undefined || value === 0) return [];
      if (!Number.isSafeInteger(value) || value < 0) throw invalid(`${rules}[0].${name}`, "must be a whole number");
      return [[`hw:cpu_${name}`, String(value)]];
    },
  );
  const policy = pinning.virtualCpuPinningPolicy === PinningPolicy.STATIC ? "dedicated" : "shared";
  return { "hw:cpu_policy": policy, ...Object.fromEntries(shape) };
}

/** The boot disk is the one that says so, else the first; a flavour holds one more disk that lives with the machine. */
function decodeDisks(disks: readonly VirtualStorageData[], at: string): { diskGiB: number; ephemeralGiB?: number } {
  const sizes = disks.map((disk, index) => {
    const field = `${at}.storageAttributes[${index}]`;
    if (disk.typeOfStorage !== "ephemeral") {
      throw new CloudError("UNSUPPORTED", "flavours hold ephemeral disks only", { field: `${field}.typeOfStorage` });
    }
    refuseGiven(`${field}.rdmaEnabled`, disk.rdmaEnabled === true, "flavours promise no remote memory access");
    return decodeAmount(disk.sizeOfStorage?.string ?? "", GIB, `${field}.sizeOfStorage`);
  });
  const boots = [...disks.keys()].filter((index) => disks[index]?.isBoot === true);
  if (boots.length > 1)
    throw invalid(`${at}.storageAttributes[${boots[1]}].isBoot`, "only one disk can be booted from");
  const boot = boots[0] ?? 0;
  const others = sizes.filter((_, index) => index !== boot);
  if (others.length > 1) throw invalid(`${at}.storageAttributes`, "a flavour holds a boot disk and one more");
  const [ephemeralGiB] = others;
  return { diskGiB: sizes[boot] ?? 0, ...(ephemeralGiB === undefined ? {} : { ephemeralGiB }) };
}
