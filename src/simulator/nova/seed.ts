/** The default flavors. */
import type { Seed } from "../core/types.ts";
import { flavors } from "./flavors.ts";

const sizes = [
  ["1", "m1.tiny", 512, 1, 1],
  ["2", "m1.small", 2048, 1, 20],
  ["3", "m1.medium", 4096, 2, 40],
  ["4", "m1.large", 8192, 4, 80],
  ["10", "v1.diskless", 1024, 1, 0],
] as const;

export function seedNova({ world, clock }: Seed): void {
  for (const [id, name, ram, vcpus, disk] of sizes) {
    const rest = {
      ephemeral: 0,
      swap: 0,
      rxtx_factor: 1,
      is_public: true,
      description: null,
      extra_specs: {},
      access: [],
    };
    world.of(flavors).put({ id, name, ram, vcpus, disk, ...rest, created_at: clock.now() });
  }
}
