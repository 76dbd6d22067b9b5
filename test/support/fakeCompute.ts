import { type Cloud, CloudError, type KeyPair, type ServerGroup, type Servers } from "../../src/cloud/index.ts";
import type { FakeWorld } from "./fakeCloud.ts";
import type { Tools } from "./fakeNetworking.ts";
import { fakeFlavour, fakeImage } from "./fakeThings.ts";

/** Images, flavours, keys and groups of the cloud in memory. */

export type FakeKeyPair = KeyPair & { readonly projectId: string };
export type FakeServerGroup = ServerGroup & { readonly projectId: string };

type Computing = Pick<Cloud, "images" | "flavours" | "keyPairs" | "serverGroups" | "zones"> & Pick<Servers, "snapshot">;

export function computing(world: FakeWorld, projectId: string, tools: Tools): Computing {
  const { freshId, enter, find, list, remember, byMarker } = tools;
  const owns = (item: { readonly projectId: string }) => item.projectId === projectId;
  const everybody = () => true;
  const pending = { status: "pending", nativeStatus: "queued", sizeBytes: undefined } as const;
  return {
    images: {
      list: () => list("images.list", world.images, everybody),
      async get(id) {
        enter("images.get");
        return find(world.images, id, "image", everybody);
      },
      async create({ marker, ...draft }) {
        enter("images.create");
        const image = fakeImage({ id: freshId(), visibility: "private", ownerId: projectId, ...draft, ...pending });
        world.images.set(image.id, image);
        remember(marker, image.id);
        return image;
      },
      async upload(id, data) {
        enter("images.upload");
        const image = find(world.images, id, "image", everybody);
        if (image.status !== "pending") throw new CloudError("STATE_CONFLICT", `image ${id} has its data`);
        const chunks: Uint8Array[] = [];
        for await (const chunk of data) chunks.push(chunk);
        const bytes = Buffer.concat(chunks);
        world.imageData.set(id, bytes);
        world.images.set(id, { ...image, status: "active", nativeStatus: "active", sizeBytes: bytes.length });
      },
      async download(id) {
        enter("images.download");
        find(world.images, id, "image", everybody);
        const bytes = world.imageData.get(id);
        if (bytes === undefined) throw new CloudError("STATE_CONFLICT", `image ${id} has no data`);
        async function* read(whole: Uint8Array) {
          yield whole;
        }
        return { data: read(bytes), sizeBytes: bytes.length };
      },
      async delete(id) {
        enter("images.delete");
        if (find(world.images, id, "image", everybody).isProtected)
          throw new CloudError("FORBIDDEN", "it is protected");
        world.images.delete(id);
      },
      findByMarker: async (marker) => byMarker(world.images, marker),
    },
    flavours: {
      list: () => list("flavours.list", world.flavours, everybody),
      async get(id) {
        enter("flavours.get");
        return find(world.flavours, id, "flavour", everybody);
      },
      async create({ marker, ...draft }) {
        enter("flavours.create");
        if ([...world.flavours.values()].some(({ name }) => name === draft.name))
          throw new CloudError("ALREADY_EXISTS", `there is a flavour ${draft.name}`);
        const flavour = fakeFlavour({ id: marker.value, ...draft });
        world.flavours.set(flavour.id, flavour);
        remember(marker, flavour.id);
        return flavour;
      },
      async delete(id) {
        enter("flavours.delete");
        find(world.flavours, id, "flavour", everybody);
        world.flavours.delete(id);
      },
      findByMarker: async (marker) => byMarker(world.flavours, marker),
    },
    keyPairs: {
      list: () => list("keyPairs.list", world.keyPairs, owns),
      async get(name) {
        enter("keyPairs.get");
        return find(world.keyPairs, name, "key pair", owns);
      },
      async create({ marker, name, publicKey, type = "ssh" }) {
        enter("keyPairs.create");
        if (world.keyPairs.has(name)) throw new CloudError("ALREADY_EXISTS", `there is a key pair ${name}`);
        const pair = { name, publicKey, type, fingerprint: "aa:bb", createdAt: marker.since, projectId };
        world.keyPairs.set(name, pair);
        remember(marker, name);
        return pair;
      },
      async delete(name) {
        enter("keyPairs.delete");
        find(world.keyPairs, name, "key pair", owns);
        world.keyPairs.delete(name);
      },
      findByMarker: async (marker) => byMarker(world.keyPairs, marker),
    },
    serverGroups: {
      list: () => list("serverGroups.list", world.serverGroups, owns),
      async get(id) {
        enter("serverGroups.get");
        return find(world.serverGroups, id, "server group", owns);
      },
      async create(draft) {
        enter("serverGroups.create");
        const group = { id: freshId(), ...draft, serverIds: [], projectId };
        world.serverGroups.set(group.id, group);
        return group;
      },
      async delete(id) {
        enter("serverGroups.delete");
        find(world.serverGroups, id, "server group", owns);
        world.serverGroups.delete(id);
      },
    },
    zones: {
      async *list() {
        enter("zones.list");
        yield { name: "nova", isAvailable: true, services: ["compute", "volume"] };
      },
    },
    async snapshot(id, { name, metadata, marker }) {
      enter("servers.snapshot");
      find(world.servers, id, "server", owns);
      const image = fakeImage({ id: freshId(), name, properties: metadata ?? {}, visibility: "private" });
      world.images.set(image.id, image);
      remember(marker, image.id);
      return { imageId: image.id };
    },
  };
}
