import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BACKENDS, type OpenBackend } from "../support/backends.ts";
import { eventually } from "../support/eventually.ts";
import { signIn } from "../support/native.ts";

/** Creates that are drafted by what earlier ones looked up: the cloud judges, and nobody can tell but by the time it takes. */

const I = "http://schemas.ogf.org/occi/infrastructure#";
const TEMPLATE = "http://schemas.openstack.org/template";

interface Told {
  readonly status: number;
  readonly location: string;
  readonly text: string;
}

describe.each(BACKENDS)("creates one after another on $name", ({ isAvailable, open }) => {
  describe.skipIf(!isAvailable)("of the same image, flavour and network", () => {
    let backend: OpenBackend;
    beforeAll(async () => {
      backend = await open();
    });
    afterAll(() => backend.close());

    const post = async (
      token: string,
      parts: { image?: string; flavour?: string; network?: string },
    ): Promise<Told> => {
      const { image = backend.imageId, flavour = backend.flavourId, network = backend.networkId } = parts;
      const body = [
        `Category: compute; scheme="${I}"; class="kind"`,
        `Category: ${image}; scheme="${TEMPLATE}/os#"; class="mixin"`,
        `Category: ${flavour}; scheme="${TEMPLATE}/resource#"; class="mixin"`,
        'X-OCCI-Attribute: occi.core.title="recalled"',
        `Link: </network/${network}>; rel="${I}network"; category="${I}networkinterface"`,
      ].join("\n");
      const headers = { "x-auth-token": token, "content-type": "text/plain", accept: "text/plain" };
      const response = await fetch(`${backend.gateway.occi}/compute/`, { method: "POST", headers, body });
      const text = (await response.text()).replaceAll(/req-[0-9a-f-]{36}/g, "req-");
      return { status: response.status, location: response.headers.get("location") ?? "", text };
    };
    const make = async (parts: Parameters<typeof post>[1]): Promise<string> => {
      const made = await post(backend.tenant.token, parts);
      expect(made).toMatchObject({ status: 201 });
      return made.location;
    };
    const drop = async (location: string): Promise<void> => {
      const headers = { "x-auth-token": backend.tenant.token };
      expect((await fetch(location, { method: "DELETE", headers })).status).toBe(200);
      await eventually(
        async () => (await fetch(location, { headers })).status,
        (status) => status === 404,
      );
    };
    const network = async (): Promise<{ id: string; subnet: string }> => {
      const net = (await backend.tenant.call("network", "POST", "/networks", { network: { name: "recalled" } })).body;
      const { id } = net.network as { id: string };
      const draft = { network_id: id, ip_version: 4, cidr: "192.0.2.0/24" };
      const sub = (await backend.tenant.call("network", "POST", "/subnets", { subnet: draft })).body;
      return { id, subnet: (sub.subnet as { id: string }).id };
    };
    /** What is refused now must be refused in the words that somebody gets who never made anything. */
    const expectRefused = async (parts: Parameters<typeof post>[1], status: number): Promise<void> => {
      const refused = await post(backend.tenant.token, parts);
      const newcomer = await signIn(backend.configs.tenant);
      expect(refused).toEqual(await post(newcomer.token, parts));
      expect(refused.status).toBe(status);
      const { body } = await backend.tenant.call("compute", "GET", "/servers");
      expect((body.servers as { name: string }[]).filter(({ name }) => name === "recalled")).toEqual([]);
    };

    test("ask once for what they are drafted by", async () => {
      const first = await make({});
      backend.simulator?.requests.clear();
      const second = await make({});
      const asked = backend.simulator?.requests.list().map(({ method, path }) => `${method} ${path}`);
      if (asked !== undefined) expect(asked).toEqual([expect.stringMatching(/^POST \/compute\/v2\.1\/servers$/)]);
      for (const location of [first, second]) await drop(location);
    }, 120_000);

    test("are refused when the flavour has gone", async () => {
      const { admin } = backend;
      if (admin === undefined) return;
      const draft = { name: "recalled", vcpus: 1, ram: 64, disk: 1 };
      const { flavor } = (await admin.call("compute", "POST", "/flavors", { flavor: draft })).body;
      const { id: flavour } = flavor as { id: string };
      await drop(await make({ flavour }));
      await admin.call("compute", "DELETE", `/flavors/${flavour}`);
      await expectRefused({ flavour }, 404);
    }, 120_000);

    test("are refused when the image has gone", async () => {
      const { tenant } = backend;
      const draft = { name: "recalled", container_format: "bare", disk_format: "raw", min_disk: 1 };
      const { id: image } = (await tenant.call("image", "POST", "/images", draft)).body as { id: string };
      const headers = { "x-auth-token": tenant.token, "content-type": "application/octet-stream" };
      const url = `${tenant.endpoint("image")}/images/${image}/file`;
      expect((await fetch(url, { method: "PUT", headers, body: "disk" })).status).toBe(204);
      await drop(await make({ image }));
      await tenant.call("image", "DELETE", `/images/${image}`);
      await expectRefused({ image }, 404);
    }, 120_000);

    test("are refused when the network has gone, and give it a range when only that has", async () => {
      const { tenant } = backend;
      const { id, subnet } = await network();
      await drop(await make({ network: id }));
      await tenant.call("network", "DELETE", `/subnets/${subnet}`);
      const ranged = await make({ network: id });
      const { body } = await tenant.call("network", "GET", `/subnets?network_id=${id}`);
      expect(body.subnets).toHaveLength(1);
      await drop(ranged);
      await tenant.call("network", "DELETE", `/networks/${id}`);
      await expectRefused({ network: id }, 400);
    }, 120_000);
  });
});
