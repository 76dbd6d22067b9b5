/** The contract of what servers are made with: key pairs, groups, zones. */
import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { collect } from "../../src/cloud/index.ts";
import { type Bench, NOBODY, reasonOf } from "./backend.contract.ts";

/** A fresh public key as OpenSSH writes it (RFC 8709 §4). */
export function freshPublicKey(): string {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const parts = [Buffer.from("ssh-ed25519"), Buffer.from(x, "base64url")];
  const lengths = parts.map((part) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(part.length);
    return length;
  });
  const blob = Buffer.concat(parts.flatMap((part, index) => [lengths[index] ?? part, part]));
  return `ssh-ed25519 ${blob.toString("base64")} test`;
}

export function placementContract(bench: Bench): void {
  const { missing } = bench.target.expectations;

  describe.skipIf(missing.placement !== undefined)("key pairs, groups and zones", () => {
    test("a key pair lives: made, listed, found by name and time, deleted", async () => {
      const { keyPairs } = await bench.open();
      const marker = bench.marker();
      const draft = { name: bench.name("key one"), publicKey: freshPublicKey() };
      const made = await keyPairs.create({ ...draft, marker });
      expect(made).toMatchObject({ ...draft, type: "ssh" });
      expect(made.fingerprint).toMatch(/^(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/);
      const read = await keyPairs.get(draft.name);
      expect(read).toMatchObject({ ...draft, fingerprint: made.fingerprint });
      expect(read.createdAt).toBeInstanceOf(Date);
      expect(await collect(keyPairs.list())).toContainEqual({ ...read, createdAt: undefined });
      expect(await keyPairs.findByMarker(marker, draft.name)).toEqual(read);
      const later = { ...marker, since: new Date(marker.since.getTime() + 3_600_000) };
      expect(await keyPairs.findByMarker(later, draft.name)).toBeUndefined();
      expect(await keyPairs.findByMarker(marker, bench.name("nobody"))).toBeUndefined();
      expect(await keyPairs.findByMarker(marker)).toBeUndefined();
      expect(await reasonOf(keyPairs.create({ ...draft, marker }))).toBe("ALREADY_EXISTS");
      const bad = { name: bench.name("bad"), publicKey: "nonsense", marker };
      expect(await reasonOf(keyPairs.create(bad))).toBe("INVALID_VALUE");
      const theirs = await bench.open(bench.target.second);
      expect(await reasonOf(theirs.keyPairs.get(draft.name))).toBe("NOT_FOUND");
      await keyPairs.delete(draft.name);
      expect(await reasonOf(keyPairs.delete(draft.name))).toBe("NOT_FOUND");
      expect(await reasonOf(keyPairs.get(draft.name))).toBe("NOT_FOUND");
    });

    test("a server group lives, with every policy", async () => {
      const { serverGroups } = await bench.open();
      for (const policy of ["affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"] as const) {
        const draft = { name: bench.name("group"), policy };
        const made = await serverGroups.create(draft);
        expect(made).toMatchObject({ ...draft, serverIds: [] });
        expect(await serverGroups.get(made.id)).toEqual(made);
        expect(await collect(serverGroups.list())).toContainEqual(made);
        const theirs = await bench.open(bench.target.second);
        expect(await reasonOf(theirs.serverGroups.get(made.id))).toBe("NOT_FOUND");
        await serverGroups.delete(made.id);
        expect(await reasonOf(serverGroups.delete(made.id))).toBe("NOT_FOUND");
      }
      expect(await reasonOf(serverGroups.get(NOBODY))).toBe("NOT_FOUND");
    });

    test("zones are listed once each, with what can be placed in them", async () => {
      const zones = await collect((await bench.open()).zones.list());
      expect(new Set(zones.map(({ name }) => name)).size).toBe(zones.length);
      expect(zones.find(({ services }) => services.includes("compute"))?.isAvailable).toBe(true);
    });
  });
}
