import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { identityOf } from "../../src/occi/category.ts";
import { showModel } from "../../src/occi/collection.ts";
import { type Entity, shownValue } from "../../src/occi/entity.ts";
import { COMPUTE } from "../../src/occi/kinds/compute.ts";
import { NETWORK } from "../../src/occi/kinds/network.ts";
import { NETWORK_INTERFACE } from "../../src/occi/kinds/networkinterface.ts";
import { STORAGE } from "../../src/occi/kinds/storage.ts";
import { STORAGE_LINK } from "../../src/occi/kinds/storagelink.ts";
import type { Message } from "../../src/occi/message.ts";
import { parseJsonMessages } from "../../src/occi/parse/json.ts";
import { fieldsOfBody, parseFields } from "../../src/occi/parse/text.ts";
import { notAcceptable, Refusal } from "../../src/occi/refusal.ts";
import { HEADERS, headerText } from "../../src/occi/render/headers.ts";
import { JSON_RENDERING } from "../../src/occi/render/json.ts";
import { PLAIN } from "../../src/occi/render/plain.ts";
import type { Rendered } from "../../src/occi/render/rendering.ts";
import { fakeVolume } from "../support/fakeStorage.ts";
import { fakeFlavour, fakeNetwork, fakeServer, fakeSubnet } from "../support/fakeThings.ts";

/** Text as people write it: any plane, no control characters, which no text rendering carries. */
const text = fc
  .string({ unit: "grapheme", maxLength: 40 })
  .map((value) => [...value].filter((char) => (char.codePointAt(0) ?? 0) > 0x1f && char !== "\x7f").join(""))
  .filter((value) => value !== "" && value.isWellFormed());
const uuid = fc.uuid();

const card = fc.record({
  portId: uuid,
  networkId: uuid,
  macAddress: fc.constant("fa:16:3e:00:00:01"),
  fixedIps: fc.constantFrom(
    [],
    [{ ipAddress: "192.0.2.7", subnetId: "s" }],
    [{ ipAddress: "2001:db8::7", subnetId: "s" }],
  ),
  vnicType: fc.constant("normal" as const),
  securityGroupIds: fc.constant([]),
  status: fc.constantFrom("active" as const, "building" as const, "down" as const, "error" as const),
});

const disk = fc.record({
  id: uuid,
  volumeId: uuid,
  serverId: uuid,
  device: fc.option(fc.constant("/dev/vdb"), { nil: undefined }),
  volumeStatus: fc.constantFrom(undefined, "in-use" as const, "attaching" as const, "error" as const),
});

const floating = fc.record({
  serverId: uuid,
  address: fc.record({
    id: uuid,
    ipAddress: fc.constant("203.0.113.5"),
    description: text,
    status: fc.constantFrom("active" as const, "down" as const, "error" as const),
    networkId: uuid,
    portId: uuid,
    fixedIp: fc.constant(undefined),
    routerId: fc.constant(undefined),
    projectId: fc.constant("p"),
    tags: fc.constant([]),
  }),
});

const storage = fc
  .record({
    id: uuid,
    name: fc.oneof(fc.constant(""), text),
    description: fc.oneof(fc.constant(""), text),
    sizeGiB: fc.integer({ min: 1, max: 1_000_000 }),
    status: fc.constantFrom("creating" as const, "available" as const, "in-use" as const, "error" as const),
  })
  .map((more) => {
    const { projectId: _, ...volume } = fakeVolume({ ...more, projectId: "p" });
    return showModel(STORAGE, volume);
  });

const storagelink = disk.map((model) => showModel(STORAGE_LINK, model));

const compute = fc
  .record({
    id: uuid,
    name: text,
    description: fc.oneof(fc.constant(""), text),
    imageId: fc.option(fc.oneof(uuid, text), { nil: undefined }),
    keyName: fc.option(text, { nil: undefined }),
    fault: fc.option(text, { nil: undefined }),
    hostname: fc.option(text, { nil: undefined }),
    status: fc.constantFrom("active" as const, "stopped" as const, "paused" as const, "error" as const),
    ramMiB: fc.integer({ min: 1, max: 4_000_000 }),
    vcpus: fc.integer({ min: 1, max: 512 }),
    interfaces: fc.array(card, { maxLength: 3 }),
    storageLinks: fc.array(disk, { maxLength: 3 }),
    floatingLinks: fc.array(floating, { maxLength: 2 }),
  })
  .map(({ ramMiB, vcpus, hostname, interfaces, storageLinks, floatingLinks, ...more }) => {
    const flavour = fakeFlavour({ id: "m1.tiny", vcpus, ramMiB, diskGiB: 1 });
    const metadata: Record<string, string> = hostname === undefined ? {} : { "occi.compute.hostname": hostname };
    const { projectId: _, ...server } = fakeServer(flavour, { ...more, metadata, projectId: "p" });
    return showModel(COMPUTE, { ...server, interfaces, storageLinks, floatingLinks });
  });

const network = fc
  .record({
    id: uuid,
    name: text,
    description: text,
    isAdminUp: fc.boolean(),
    vlan: fc.option(fc.integer({ min: 0, max: 4095 }), { nil: undefined }),
  })
  .chain(({ vlan, ...more }) =>
    fc.boolean().map((hasSubnet) => {
      const provider = vlan === undefined ? undefined : { type: "vlan", physicalNetwork: "p", segmentationId: vlan };
      const subnet = fakeSubnet({ id: "s", networkId: more.id, cidr: "2001:db8::/64", gatewayIp: "2001:db8::1" });
      const model = {
        network: fakeNetwork({ ...more, provider, projectId: "p" }),
        subnet: hasSubnet ? subnet : undefined,
        sort: hasSubnet ? ("nat" as const) : ("private" as const),
      };
      return showModel(NETWORK, model);
    }),
  );

const link = fc
  .record({ card, serverId: uuid, name: fc.oneof(fc.constant(""), text) })
  .map(({ card: { portId, fixedIps, ...model }, ...more }) => {
    const place = { id: portId, address: fixedIps[0]?.ipAddress, subnet: undefined, floating: undefined };
    return showModel(NETWORK_INTERFACE, { ...model, ...more, ...place });
  });

const KINDS = { compute, network, storage, networkinterface: link, storagelink };

/** What a client learns from an entity, as a message would say it. */
/** JSON says the kinds at a link's ends, too. */
function asMessage(entity: Entity, { isJson }: { readonly isJson: boolean } = { isJson: false }): unknown {
  const { source, target } = entity.ends ?? {};
  const kinds = { "occi.core.source.kind": source?.kind, "occi.core.target.kind": target?.kind };
  return {
    categories: [entity.kind, ...entity.mixins].map(identityOf),
    attributes: {
      ...Object.fromEntries(entity.values.map(({ attribute, value }) => [attribute.name, value])),
      ...(isJson && source !== undefined ? kinds : {}),
    },
    links: entity.links.map((one) => ({
      target: one.ends?.target.path,
      categories: [one.kind, ...one.mixins].map(identityOf),
      mac: shownValue(one, "occi.networkinterface.mac"),
      device: shownValue(one, "occi.storagelink.deviceid"),
    })),
  };
}

function understood(message: Message | undefined): unknown {
  return {
    categories: message?.categories.map(identityOf),
    attributes: Object.fromEntries(message?.attributes ?? []),
    links: message?.links
      .filter(({ target }) => !target.includes("?action="))
      .map(({ target, categories, attributes }) => ({
        target,
        categories: categories.map(identityOf),
        mac: attributes.get("occi.networkinterface.mac"),
        device: attributes.get("occi.storagelink.deviceid"),
      })),
  };
}

const bodyOf = ({ body }: Rendered): string => (typeof body === "string" ? body : "");

describe.each(Object.entries(KINDS))(
  "%s: what is rendered is understood again",
  (_, entities: fc.Arbitrary<Entity>) => {
    test("text/plain", () => {
      fc.assert(
        fc.property(entities, fc.constantFrom("\n", "\r\n"), (entity, eol) => {
          const body = bodyOf(PLAIN.entity(entity)).replaceAll("\n", eol);
          expect(understood(parseFields(fieldsOfBody(body)))).toEqual(asMessage(entity));
        }),
      );
    });

    test("text/occi, unless headers cannot carry it", () => {
      fc.assert(
        fc.property(entities, (entity) => {
          try {
            const { headers } = HEADERS.entity(entity);
            const fields = Object.entries(headers).map(([name, value]) => ({
              name: name.toLowerCase(),
              value: headerText(value),
            }));
            expect(understood(parseFields(fields))).toEqual(asMessage(entity));
          } catch (thrown) {
            if (!(thrown instanceof Refusal)) throw thrown;
            expect(thrown.refused).toEqual(notAcceptable("").refused);
            expect(bodyOf(PLAIN.entity(entity))).toMatch(/[^\x20-\x7e\n]/);
          }
        }),
      );
    });

    test("application/occi+json", () => {
      fc.assert(
        fc.property(entities, (entity) => {
          const [message, ...more] = parseJsonMessages(bodyOf(JSON_RENDERING.entity(entity)));
          expect(more).toEqual([]);
          expect(understood(message)).toEqual(asMessage(entity, { isJson: true }));
        }),
      );
    });
  },
);
