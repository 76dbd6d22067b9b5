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
import { unsupported } from "../draft.ts";
import type { Context } from "../table.ts";
import { type ComputeDraft, HOSTNAME_KEY } from "./computeRows.ts";
import { bySize, defaultImage, isExact, isFitting, type Sizes } from "./templates.ts";

/** A compute's draft as an order: what the client left open is decided here, by rules that are written down. */
export async function orderOf(
  context: Context,
  draft: Partial<ComputeDraft>,
  links: readonly InterfaceOrder[],
): Promise<ServerOrder> {
  const { call, flow } = context;
  const { title, summary, hostname } = draft;
  const image = draft.image ?? defaultImage(await collect(call.cloud.images.list()));
  checkArchitecture(draft.architecture, image);
  if (draft.speed !== undefined)
    call.warn("occi.compute.speed was accepted and has no effect: the cloud sets the clock");
  const flavour = await chooseFlavour(context, draft, image);
  const interfaces = links.length > 0 ? links : await openInterfaces(context);
  const userData = readUserData(draft);
  return {
    name: title ?? hostname ?? `compute-${flow.ids.uuid().slice(0, 8)}`,
    ...(summary === undefined ? {} : { description: summary }),
    flavourId: flavour.id,
    imageId: image.id,
    interfaces,
    ...(userData === undefined ? {} : { userData }),
    ...(hostname === undefined ? {} : { metadata: { [HOSTNAME_KEY]: hostname } }),
  };
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

async function chooseFlavour(context: Context, draft: Partial<ComputeDraft>, image: Image): Promise<Flavour> {
  const sizes: Sizes = { cores: draft.cores, memoryGib: draft.memoryGib };
  if (draft.flavour !== undefined) {
    // The template decides the sizes (GFD.224 §3.5.2); other ones are refused rather than dropped, as rOCCI-server does.
    if (isExact(draft.flavour, sizes)) return draft.flavour;
    throw invalid("occi.compute.memory", "cores or memory differ from the resource template's");
  }
  const { flavourPolicy, call } = context;
  const isSized = sizes.cores !== undefined || sizes.memoryGib !== undefined;
  if (flavourPolicy === "refuse") {
    if (isSized) throw unsupported("occi.compute.cores", "sizes come with a resource template only");
    throw new CloudError("MISSING_VALUE", "a resource template must be named");
  }
  const flavours = await collect(call.cloud.flavours.list());
  const [flavour] = flavours
    .filter((candidate) => isFitting(candidate, sizes, image))
    .filter((candidate) => flavourPolicy !== "exact" || isExact(candidate, sizes))
    .sort(bySize);
  if (flavour !== undefined) return flavour;
  throw invalid("occi.compute.memory", `no flavour ${flavourPolicy === "exact" ? "has" : "is large enough for"} this`);
}

/** No link: the one possible network; of several the client must choose, as grycap/im knows from 409; of none the cloud decides. */
async function openInterfaces({ call }: Context): Promise<ServerOrder["interfaces"]> {
  const { projectId } = call.cloud.tenant;
  const networks: Network[] = [];
  for await (const network of call.cloud.networks.list()) {
    if (isOpenTo(network, projectId)) networks.push(network);
  }
  const [network, ...others] = networks;
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
