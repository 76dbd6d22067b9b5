import { CloudError, type ZoneService } from "../../cloud/index.ts";
import { type CategoryRef, INFRASTRUCTURE } from "../category.ts";
import type { Context, Templates } from "../table.ts";
import { termOfId } from "../term.ts";
import type { ComputeChange, ComputeDraft, ComputeServer } from "./computeRows.ts";

/** Availability zones and the region as mixins (extensions of rOCCI-core): something stays where it was made. */

const ZONES = "http://schemas.ogf.org/occi/infrastructure/availability_zone#";
const REGION = "http://schemas.ogf.org/occi/infrastructure/region#";

const base = { scheme: INFRASTRUCTURE, isForAll: true } as const;
const ZONE_BASE = { ...base, term: "availability_zone", title: "Availability zone", location: "/availability_zone/" };
const REGION_BASE = { ...base, term: "region", title: "Region", location: "/region/" };

interface Zoned {
  readonly zone: string | undefined;
}

function assignedZone({ zone }: Zoned): CategoryRef | undefined {
  return zone === undefined ? undefined : { scheme: ZONES, term: termOfId(zone), title: zone };
}

/** The zones in which a service can place something. */
export function zonesOf(service: ZoneService): Templates<Zoned, { readonly zone: string }, never> {
  const names = async function* ({ call }: Context) {
    for await (const { name, services } of call.cloud.zones.list()) if (services.includes(service)) yield name;
  };
  return {
    scheme: ZONES,
    base: ZONE_BASE,
    rows: [],
    assigned: assignedZone,
    async *list(context) {
      for await (const name of names(context)) yield { id: name, title: name, attributes: [] };
    },
    async write(context, id) {
      for await (const name of names(context)) if (name === id) return { zone: name };
      throw new CloudError("NOT_FOUND", `no zone ${id}`);
    },
  };
}

export const COMPUTE_ZONES: Templates<ComputeServer, ComputeDraft, ComputeChange> = zonesOf("compute");

/** A call reaches one region: naming it changes nothing, and another one is reached by the header `vimana-region`. */
export const REGIONS: Templates<unknown, object, never> = {
  scheme: REGION,
  base: REGION_BASE,
  rows: [],
  assigned: () => undefined,
  async *list({ call }) {
    const { region } = call.cloud;
    if (region !== undefined) yield { id: region, title: region, attributes: [] };
  },
  async write({ call }, id) {
    if (call.cloud.region === id) return {};
    throw new CloudError("NOT_FOUND", `this call does not reach region ${id}`);
  },
};
