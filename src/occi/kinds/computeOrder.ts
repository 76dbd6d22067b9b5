import {
  CloudError,
  collect,
  type Flavour,
  type Image,
  type InterfaceOrder,
  type Network,
  Secret,
  type ServerOrder,
} from "../../cloud/index.ts";
import { invalid } from "../check.ts";
import type { Context } from "../table.ts";
import { bootVolumeOf, chooseFlavour, type FlavourChoice } from "./computeFlavour.ts";
import { type ComputeDraft, HOSTNAME_KEY } from "./computeRows.ts";
import { CONNECTIVITY, routedNetworks, sortOf } from "./connectivity.ts";
import { PROFILE_KEY } from "./crtp.ts";
import { metadataOf } from "./metadata.ts";
import { rangedOnPurpose } from "./range.ts";
import { defaultImage } from "./templates.ts";

/** What will be made of a draft, decided and not made. */
export interface ComputePlan {
  readonly image: Image;
  readonly choice: FlavourChoice;
  /** Cards, or what the cloud is to do without any. */
  readonly interfaces: ServerOrder["interfaces"];
  /** The rest of the order, once the flavour is there. */
  readonly order: (flavour: Flavour) => ServerOrder;
}

/** A compute's draft as a plan: what the client left open is decided here, by rules that are written down. */
export async function planOf(
  context: Context,
  draft: Partial<ComputeDraft>,
  links: readonly InterfaceOrder[],
): Promise<ComputePlan> {
  const { call, flow } = context;
  const { title, summary, hostname, profile, zone } = draft;
  const image = draft.image ?? defaultImage(await collect(call.cloud.images.list()));
  checkArchitecture(draft.architecture, image);
  if (draft.speed !== undefined)
    call.warn("occi.compute.speed was accepted and has no effect: the cloud sets the clock");
  const choice = await chooseFlavour(context, draft, image);
  const interfaces = links.length > 0 ? links : await openInterfaces(context, draft[`metadata.${CONNECTIVITY}`]);
  const userData = readUserData(draft);
  const metadata = {
    ...metadataOf(draft),
    ...(hostname === undefined ? {} : { [HOSTNAME_KEY]: hostname }),
    ...(profile === undefined ? {} : { [PROFILE_KEY]: profile }),
  };
  const rest = {
    name: title ?? hostname ?? `compute-${flow.ids.uuid().slice(0, 8)}`,
    interfaces,
    ...(summary === undefined ? {} : { description: summary }),
    ...(userData === undefined ? {} : { userData }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
    ...(zone === undefined ? {} : { zone }),
  };
  const order = (flavour: Flavour): ServerOrder => {
    const bootVolume = bootVolumeOf(flavour, image, profile);
    return { ...rest, flavourId: flavour.id, ...(bootVolume === undefined ? { imageId: image.id } : { bootVolume }) };
  };
  return { image, choice, interfaces, order };
}

/** Both pairs of mixins are served; both at once are 409, as in ooi. */
function readUserData({ userData, osUserData }: Partial<ComputeDraft>): Secret | undefined {
  if (userData !== undefined && osUserData !== undefined) {
    throw new CloudError("CONFLICT", "occi.compute.userdata and org.openstack.compute.user_data exclude each other", {
      field: "org.openstack.compute.user_data",
    });
  }
  const value = userData ?? osUserData;
  return value === undefined || value === "" ? undefined : new Secret(value);
}

/** Glance's word for what an image runs on; an image without one says nothing against either. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  x64: ["x86_64", "amd64", "x64"],
  x86: ["i686", "i386", "i586", "x86"],
};

function checkArchitecture(wanted: string | undefined, image: Image): void {
  const actual = image.properties.architecture;
  if (wanted === undefined || actual === undefined || ARCHITECTURES[wanted]?.includes(actual) === true) return;
  throw invalid("occi.compute.architecture", `image ${image.name} is made for ${actual}`);
}

/** No link: the one possible network; of several the client must choose, as grycap/im knows from 409; of none the cloud decides. */
async function openInterfaces({ call }: Context, sort: string | undefined): Promise<ServerOrder["interfaces"]> {
  const { projectId } = call.cloud.tenant;
  const routed = sort === undefined ? new Set<string>() : await routedNetworks(call.cloud);
  const open: Network[] = [];
  for await (const network of call.cloud.networks.list()) {
    const isOpen = isOpenTo(network, projectId) || (sort === "public" && network.isExternal && network.isShared);
    if (isOpen && (sort === undefined || sortOf(network, routed) === sort)) open.push(network);
  }
  const networks = await rangedOnPurpose(call.cloud, open);
  const [network, ...others] = networks;
  if (network === undefined && sort !== undefined)
    throw invalid(CONNECTIVITY, `no network that takes cards is ${sort}`);
  if (network === undefined) return "auto";
  if (others.length === 0) return [{ networkId: network.id }];
  const names = networks.map(({ name, id }) => `${name} (/network/${id})`).join(", ");
  throw new CloudError("SEVERAL_NETWORKS", `several networks are possible, link to one of them: ${names}`, {
    field: "link",
  });
}

/** What Nova itself would take (nova stable/zed: nova/network/neutron.py _get_available_networks). */
export function isOpenTo(network: Network, projectId: string): boolean {
  if (network.isExternal || network.subnetIds.length === 0) return false;
  return network.projectId === projectId || network.isShared;
}
