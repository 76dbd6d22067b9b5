/** Flavours: Nova's flavors. */
import type { Flavour, Flavours } from "../../../cloud/index.ts";
import { asNumber, asObject, asText, flag, type JsonObject, numberOrZero, textEntries, textOrNone } from "../json.ts";
import { items } from "../paging.ts";
import type { Session } from "../session.ts";

/** 2.61 shows extra specs in the list, 2.55 the description; an older Nova leaves them out. */
const VERSION = { preferred: "2.61" } as const;

export function openFlavours(session: Session): Flavours {
  return {
    list: () =>
      items(
        session,
        {
          service: "compute",
          name: "flavours.list",
          method: "GET",
          path: ["flavors", "detail"],
          // An administrator sees only the public ones otherwise, and servers have others, too; tenants' rights stand.
          query: [["is_public", "None"]],
          version: VERSION,
        },
        "flavors",
        decodeFlavour,
      ),
    get: async (id) => {
      const path = ["flavors", id];
      const body = await session.ask({
        service: "compute",
        name: "flavours.get",
        method: "GET",
        path,
        version: VERSION,
      });
      return decodeFlavour(asObject(body.flavor, "flavor"));
    },
  };
}

export function decodeFlavour(json: JsonObject): Flavour {
  return {
    id: asText(json.id, "flavor.id"),
    name: asText(json.name, "flavor.name"),
    description: textOrNone(json.description),
    vcpus: asNumber(json.vcpus, "flavor.vcpus"),
    ramMiB: asNumber(json.ram, "flavor.ram"),
    diskGiB: asNumber(json.disk, "flavor.disk"),
    ephemeralGiB: numberOrZero(json["OS-FLV-EXT-DATA:ephemeral"]),
    swapMiB: numberOrZero(json.swap),
    isPublic: flag(json["os-flavor-access:is_public"], true),
    extraSpecs: textEntries(json.extra_specs),
  };
}
