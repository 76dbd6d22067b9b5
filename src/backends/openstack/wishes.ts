/** What goes missing with a service that is too old, or too new, by the microversions that the client says. */
import { ATTACH_FOR_LIFE } from "./compute/attachments.ts";
import { DESCRIBED } from "./compute/flavours.ts";
import { WITH_TYPE } from "./compute/key-pairs.ts";
import { CREATE, WITH_VOLUME_TYPES } from "./compute/server-draft.ts";
import { SOFT_POLICIES } from "./compute/server-groups.ts";
import { READ } from "./compute/servers.ts";
import { VERSION as SNAPSHOT } from "./compute/snapshot.ts";
import { DESCRIBE } from "./compute/update.ts";
import type { ServiceType, VersionWish } from "./pipeline/exchange.ts";
import { VERSION as BACKUP } from "./volume/backups.ts";
import { VOLUME_VERSION } from "./volume/volumes.ts";

export interface NamedWish {
  readonly service: ServiceType;
  /** What it is for. */
  readonly what: string;
  readonly wish: VersionWish;
}

export const WISHES: readonly NamedWish[] = [
  { service: "compute", what: "reading machines", wish: READ },
  { service: "compute", what: "making machines", wish: CREATE },
  { service: "compute", what: "describing machines", wish: DESCRIBE },
  { service: "compute", what: "images of machines", wish: SNAPSHOT },
  { service: "compute", what: "types of the volumes that machines start from", wish: WITH_VOLUME_TYPES },
  { service: "compute", what: "volumes that go with their machine", wish: ATTACH_FOR_LIFE },
  { service: "compute", what: "groups that are only asked to be together or apart", wish: SOFT_POLICIES },
  { service: "compute", what: "types of key pairs", wish: WITH_TYPE },
  { service: "compute", what: "descriptions of flavours", wish: DESCRIBED },
  { service: "volume", what: "volumes", wish: VOLUME_VERSION },
  { service: "volume", what: "backups", wish: BACKUP },
];
