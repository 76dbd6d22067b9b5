import { type Cloud, CloudError, type Network } from "../../cloud/index.ts";
import type { Templates } from "../table.ts";
import { termOfId } from "../term.ts";
import { givesAddresses } from "./floating.ts";

/** Every network that gives out floating addresses is a pool of them (ooi; OpenStack's own schemes of the 1.1 era). */

const POOLS = "http://schemas.openstack.org/network/floatingippool#";
const BASE = {
  scheme: "http://schemas.openstack.org/network#",
  term: "floatingippool",
  title: "Floating address pool",
  location: "/mixin/floatingippool/",
} as const;

async function* pools(cloud: Cloud): AsyncIterable<Network> {
  for await (const network of cloud.networks.list()) if (givesAddresses(network)) yield network;
}

/** `poolOf`: the network that an entity's address is of. */
export function poolsOf<Model>(
  poolOf: (model: Model) => string | undefined,
): Templates<Model, { readonly pool: string }, never> {
  return {
    scheme: POOLS,
    base: BASE,
    needs: ["floatingIp.create"],
    rows: [],
    assigned: (model) => {
      const id = poolOf(model);
      return id === undefined ? undefined : { scheme: POOLS, term: termOfId(id) };
    },
    async *list({ call }) {
      for await (const { id, name } of pools(call.cloud)) yield { id, title: name, attributes: [] };
    },
    async write({ call }, id) {
      if (givesAddresses(await call.cloud.networks.get(id))) return { pool: id };
      throw new CloudError("NOT_FOUND", `network ${id} gives out no floating addresses`);
    },
  };
}

/** The only pool that there is; of several the client must choose, as of networks. */
export async function onlyPool(cloud: Cloud, field: string): Promise<string> {
  const found: Network[] = [];
  for await (const network of pools(cloud)) found.push(network);
  const [pool, ...others] = found;
  if (pool === undefined) throw new CloudError("UNSUPPORTED", "no network of this cloud gives out floating addresses");
  if (others.length === 0) return pool.id;
  const names = found.map(({ name, id }) => `${name} (${BASE.location}${termOfId(id)}/)`).join(", ");
  throw new CloudError("SEVERAL_NETWORKS", `several networks are possible, name one of them: ${names}`, { field });
}
