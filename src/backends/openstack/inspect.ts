/** What a diagnosis wants to know of a cloud and no port tells: each service's place, versions, and whether it answers. */
import type { Cloud } from "../../cloud/index.ts";
import { CloudError } from "../../cloud/index.ts";
import { SERVICE_ALIASES } from "./catalogue.ts";
import type { CloudConfig } from "./config/config.ts";
import type { CatalogueEntry, Endpoint, SignIn } from "./identity/token.ts";
import { extensionsOf } from "./network/extensions.ts";
import { hrefOf, type Operation, type ServiceType } from "./pipeline/exchange.ts";
import { compareVersions, type VersionRange } from "./pipeline/negotiate.ts";
import type { Session } from "./session.ts";
import { type NamedWish, WISHES } from "./wishes.ts";

export interface Inspection {
  readonly cloud: Cloud;
  /** By the cloud's clock, milliseconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Every region that the catalogue names. */
  readonly regions: readonly string[];
  readonly services: readonly InspectedService[];
}

export interface InspectedService {
  readonly service: ServiceType;
  /** What the catalogue has under the service's names, in whatever region and for whatever interface. */
  readonly listed: readonly (Endpoint & { readonly type: string })[];
  /** Where requests go; nothing: the service is missing. */
  readonly endpoint: URL | undefined;
  /** The endpoint is the operator's word instead of the catalogue's. */
  readonly isOverridden: boolean;
  /** Asks the service something small that every tenant may ask; rejects when it does not answer. */
  ask(): Promise<ServiceAnswer>;
}

export interface ServiceAnswer {
  /** Microversions, where it has any. */
  readonly versions: VersionRange | undefined;
  /** What the client says to it and it is too old, or too new, for. */
  readonly unmet: readonly NamedWish[];
}

export function inspect(session: Session, cloud: Cloud, config: CloudConfig, signIn: SignIn): Inspection {
  const { issuedAt, expiresAt, catalogue } = signIn;
  const endpoints = catalogue.flatMap((entry) => entry.endpoints);
  return {
    cloud,
    issuedAt,
    expiresAt,
    regions: [...new Set(endpoints.map(({ region }) => region).filter((region) => region !== undefined))],
    services: SERVICES.map((service) => inspectService(session, config, catalogue, service)),
  };
}

/** Keystone is not among them: whoever is signed in has been there. */
const SERVICES = ["compute", "image", "network", "volume"] as const satisfies readonly ServiceType[];
type Service = (typeof SERVICES)[number];

function inspectService(
  session: Session,
  config: CloudConfig,
  catalogue: readonly CatalogueEntry[],
  service: Service,
): InspectedService {
  const aliases: readonly string[] = SERVICE_ALIASES[service];
  return {
    service,
    listed: catalogue
      .filter(({ type }) => aliases.includes(type))
      .flatMap(({ type, endpoints }) => endpoints.map((endpoint) => ({ ...endpoint, type }))),
    endpoint: placeOf(session, service),
    isOverridden: config.overrides[service] !== undefined,
    ask: async () => {
      const versions = await ASKED[service](session);
      return { versions, unmet: unmetBy(service, versions) };
    },
  };
}

function placeOf(session: Session, service: Service): URL | undefined {
  try {
    return new URL(hrefOf(session.endpoint(service)));
  } catch (thrown) {
    if (CloudError.is(thrown, "MISSING_SERVICE")) return undefined;
    throw thrown;
  }
}

const quietly = async (session: Session, operation: Operation): Promise<undefined> => {
  await session.send(operation);
};

/** Something small for each service; the answer of those that have microversions is what they offer. */
const ASKED: Readonly<Record<Service, (session: Session) => Promise<VersionRange | undefined>>> = {
  compute: (session) => session.versions("compute"),
  image: (session) =>
    quietly(session, {
      service: "image",
      name: "images.list",
      method: "GET",
      path: ["images"],
      query: [["limit", "1"]],
    }),
  network: async (session) => {
    await extensionsOf(session);
    return undefined;
  },
  volume: (session) => session.versions("volume"),
};

/** What a service of these versions is not asked for any more, or not yet. */
function unmetBy(service: ServiceType, versions: VersionRange | undefined): readonly NamedWish[] {
  return WISHES.filter(({ wish: { since, preferred }, ...named }) => {
    if (named.service !== service) return false;
    if (versions === undefined) return since !== undefined;
    return (
      (since !== undefined && compareVersions(versions.max, since) < 0) || compareVersions(versions.min, preferred) > 0
    );
  });
}
