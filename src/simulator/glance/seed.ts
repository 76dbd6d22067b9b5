/** The default images: small ones to boot, and one that needs a large flavor. */
import type { Seed } from "../core/types.ts";
import { projectNamed } from "../keystone/seed.ts";
import { sums, virtualSize } from "./data.ts";
import { images } from "./images.ts";

interface SeedImage {
  readonly name: string;
  readonly format: "raw" | "qcow2";
  readonly min_disk: number;
  readonly min_ram: number;
  readonly properties: Readonly<Record<string, string>>;
}

const defaults: readonly SeedImage[] = [
  { name: "cirros", format: "raw", min_disk: 0, min_ram: 0, properties: {} },
  {
    name: "ubuntu-22.04",
    format: "qcow2",
    min_disk: 1,
    min_ram: 256,
    properties: {
      architecture: "x86_64",
      hw_disk_bus: "virtio",
      hw_vif_model: "virtio",
      os_distro: "ubuntu",
      os_version: "22.04",
    },
  },
  { name: "large-footprint", format: "raw", min_disk: 40, min_ram: 4096, properties: {} },
];

/** A disk with nothing on it: 1 KiB of zeros, or the header of a qcow2 of 1 MiB (qemu: docs/interop/qcow2.rst). */
function disk(format: SeedImage["format"]): Uint8Array {
  const data = new Uint8Array(format === "qcow2" ? 65_536 : 1024);
  if (format === "qcow2") {
    const header = new DataView(data.buffer);
    header.setUint32(0, 0x514649fb);
    header.setUint32(4, 2);
    header.setUint32(20, 16);
    header.setBigUint64(24, 1_048_576n);
  }
  return data;
}

export function seedGlance(seed: Seed): void {
  const { world, ids, clock } = seed;
  for (const { name, format, ...rest } of defaults) {
    const id = ids.uuid();
    const data = disk(format);
    world.blobs.set(id, data);
    world.of(images).put({
      id,
      name,
      ...rest,
      status: "active",
      visibility: "public",
      owner: projectNamed(seed, "admin"),
      protected: false,
      os_hidden: false,
      disk_format: format,
      container_format: "bare",
      size: data.byteLength,
      virtual_size: virtualSize(format, data),
      ...sums(data),
      tags: [],
      created_at: clock.now(),
      updated_at: clock.now(),
    });
  }
}
