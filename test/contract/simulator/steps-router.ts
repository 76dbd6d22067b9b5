/** Neutron's routers in the conversation: gateways, interfaces, extra routes, and what they hold fast. */
import { type Step, saving, verbs } from "./step.ts";
import { absent } from "./steps-network.ts";

const { get, post, put, del } = verbs("network");
const stranger = verbs("network", undefined, "stranger");

const inside = (name: string, cidr: string): readonly Step[] => [
  post("/v2.0/networks", { network: { name: `parity-${name}` } }, saving(`${name}net`, "network")),
  post(
    "/v2.0/subnets",
    { subnet: { network_id: `{${name}net}`, ip_version: 4, cidr, name: `parity-${name}` } },
    saving(`${name}sub`, "subnet"),
  ),
];

const plug = (body: unknown, verb = "add"): Step => put(`/v2.0/routers/{router}/${verb}_router_interface`, body);
const gateway = (info: unknown): Step => put("/v2.0/routers/{router}", { router: { external_gateway_info: info } });

export const routers: readonly Step[] = [
  get("/v2.0/networks?name=public&fields=id&fields=name", { save: { public: ["networks", "0", "id"] } }),
  ...inside("one", "10.81.0.0/24"),
  ...inside("two", "10.82.0.0/24"),
  ...inside("same", "10.81.0.0/24"),
  ...[
    {},
    { router: [] },
    { router: { name: 5 } },
    { router: { nope: 1 } },
    { router: { distributed: true } },
    { router: { ha: true } },
    { router: { external_gateway_info: { network_id: absent } } },
    { router: { external_gateway_info: { network_id: "{onenet}" } } },
    { router: { external_gateway_info: { network_id: "{public}", enable_snat: false } } },
  ].map((body) => post("/v2.0/routers", body)),
  post("/v2.0/routers", { router: { name: "parity-router" } }, saving("router", "router")),
  get("/v2.0/routers/{router}"),
  get("/v2.0/routers/parity-router"),
  stranger.get("/v2.0/routers/{router}"),
  get("/v2.0/routers?name=parity-router&fields=name&fields=status"),
  get("/v2.0/routers?nope=1"),
  get("/v2.0/routers?limit=1&marker=nope"),
  ...[
    {},
    { subnet_id: "x" },
    { subnet_id: absent },
    { port_id: absent },
    { subnet_id: "{onesub}", port_id: absent },
    { subnet_id: "{onesub}" },
    { subnet_id: "{onesub}" },
    { subnet_id: "{samesub}" },
  ].map((body) => plug(body)),
  get("/v2.0/ports?device_id={router}&fields=device_owner&fields=fixed_ips&fields=status&fields=binding:vnic_type"),
  del("/v2.0/routers/{router}"),
  del("/v2.0/subnets/{onesub}"),
  del("/v2.0/networks/{onenet}"),
  stranger.put("/v2.0/routers/{router}/add_router_interface", { subnet_id: "{onesub}" }),
  get("/v2.0/ports?device_id={router}&fields=id", { save: { plugged: ["ports", "0", "id"] } }),
  del("/v2.0/ports/{plugged}"),
  post(
    "/v2.0/ports",
    { port: { network_id: "{twonet}", name: "parity-two", fixed_ips: [{ ip_address: "10.82.0.9" }] } },
    saving("twoport", "port"),
  ),
  plug({ port_id: "{twoport}" }),
  plug({ port_id: "{twoport}" }),
  get("/v2.0/ports/{twoport}?fields=device_owner&fields=name"),
  gateway({ network_id: "nope" }),
  gateway({ network_id: "{onenet}" }),
  gateway({ network_id: "{public}", external_fixed_ips: [{ ip_address: "198.51.100.5" }] }),
  gateway({ network_id: "{public}" }),
  get("/v2.0/routers/{router}"),
  ...[
    { routes: [{ destination: "x", nexthop: "10.81.0.9" }] },
    { routes: [{ destination: "10.99.0.0/24", nexthop: "192.0.2.9" }] },
    { routes: [{ destination: "10.99.0.0/24", nexthop: "10.81.0.9" }] },
    { routes: [{ destination: "10.99.0.0/24" }] },
    { admin_state_up: false, description: "d" },
    { status: "x" },
  ].map((router) => put("/v2.0/routers/{router}", { router })),
  plug({ subnet_id: "{onesub}" }, "remove"),
  put("/v2.0/routers/{router}/add_extraroutes", {
    router: { routes: [{ destination: "10.98.0.0/24", nexthop: "10.82.0.9" }] },
  }),
  put("/v2.0/routers/{router}/remove_extraroutes", {
    router: { routes: [{ destination: "10.98.0.0/24", nexthop: "10.82.0.9" }] },
  }),
  put("/v2.0/routers/{router}", { router: { routes: [] } }),
  stranger.put("/v2.0/routers/{router}", { router: { name: "x" } }),
  gateway(null),
  gateway({}),
  ...[{}, { subnet_id: absent }, { subnet_id: "{samesub}" }, { port_id: absent }].map((body) => plug(body, "remove")),
  plug({ port_id: "{twoport}", subnet_id: "{onesub}" }, "remove"),
  plug({ port_id: "{twoport}" }, "remove"),
  plug({ subnet_id: "{onesub}" }, "remove"),
  get("/v2.0/ports/{twoport}"),
  stranger.del("/v2.0/routers/{router}"),
  del("/v2.0/routers/{router}"),
  del("/v2.0/routers/{router}"),
  ...["one", "two", "same"].map((name) => del(`/v2.0/networks/{${name}net}`)),
];
