/**
 * A conversation that is held with a real OpenStack (record.ts) and with the simulator (parity.test.ts): what the two
 * answer must be the same. Each chapter stands alone and takes away what it made, so that it may run on a cloud in use.
 */
import type { Step } from "./step.ts";
import { attached } from "./steps-attached.ts";
import { compute } from "./steps-compute.ts";
import { discovery } from "./steps-discovery.ts";
import { encryption } from "./steps-encryption.ts";
import { floating } from "./steps-floating.ts";
import { forwarding } from "./steps-forwarding.ts";
import { identity } from "./steps-identity.ts";
import { images } from "./steps-image.ts";
import { imports } from "./steps-import.ts";
import { inference } from "./steps-inference.ts";
import { keypairs } from "./steps-keypair.ts";
import { metadefs } from "./steps-metadefs.ts";
import { network } from "./steps-network.ts";
import { odds } from "./steps-odds.ts";
import { people } from "./steps-people.ts";
import { rest } from "./steps-rest.ts";
import { routers } from "./steps-router.ts";
import { servers } from "./steps-server.ts";
import { volumes } from "./steps-volume.ts";

export const chapters: Readonly<Record<string, readonly Step[]>> = {
  discovery,
  identity,
  people,
  compute,
  keypairs,
  images,
  volumes,
  network,
  routers,
  floating,
  servers,
  attached,
  encryption,
  forwarding,
  metadefs,
  imports,
  inference,
  odds,
  rest,
};
