/** Floating addresses in the conversation; those of servers are in steps-attached.ts. */
import { type Step, saving, verbs } from "./step.ts";
import { absent } from "./steps-network.ts";

const { get, post, put, del } = verbs("network");
const stranger = verbs("network", undefined, "stranger");
const own = "/v2.0/floatingips/{floating}";
const status = (is: string): Step => get(own, { until: { path: ["floatingip", "status"], is } });

export const floating: readonly Step[] = [
  get("/v2.0/networks?name=public&fields=id", { save: { public: ["networks", "0", "id"] } }),
  post("/v2.0/networks", { network: { name: "parity-fip" } }, saving("net", "network")),
  post(
    "/v2.0/subnets",
    { subnet: { network_id: "{net}", ip_version: 4, cidr: "10.83.0.0/24" } },
    saving("subnet", "subnet"),
  ),
  post("/v2.0/routers", { router: { name: "parity-fip" } }, saving("router", "router")),
  post(
    "/v2.0/ports",
    { port: { network_id: "{net}", name: "parity-fip", fixed_ips: [{ ip_address: "10.83.0.9" }] } },
    saving("port", "port"),
  ),
  ...[
    {},
    { floatingip: {} },
    { floatingip: { floating_network_id: "x" } },
    { floatingip: { floating_network_id: absent } },
    { floatingip: { floating_network_id: "{net}" } },
    { floatingip: { floating_network_id: "{public}", port_id: absent } },
    { floatingip: { floating_network_id: "{public}", port_id: "{port}" } },
    { floatingip: { floating_network_id: "{public}", fixed_ip_address: "10.83.0.9" } },
    { floatingip: { floating_network_id: "{public}", floating_ip_address: "203.0.113.200" } },
    { floatingip: { floating_network_id: "{public}", subnet_id: absent } },
    { floatingip: { floating_network_id: "{public}", nope: 1 } },
  ].map((body) => post("/v2.0/floatingips", body)),
  post(
    "/v2.0/floatingips",
    { floatingip: { floating_network_id: "{public}", description: "parity" } },
    { save: { floating: ["floatingip", "id"], address: ["floatingip", "floating_ip_address"] } },
  ),
  get(own),
  get("/v2.0/floatingips/{address}"),
  stranger.get(own),
  get("/v2.0/floatingips?floating_ip_address={address}&fields=status&fields=description"),
  get("/v2.0/floatingips?description=parity&fields=status"),
  get("/v2.0/floatingips?nope=1"),
  put(own, {}),
  put(own, { floatingip: { port_id: absent } }),
  put(own, { floatingip: { port_id: "{port}" } }),
  put("/v2.0/routers/{router}/add_router_interface", { subnet_id: "{subnet}" }),
  put(own, { floatingip: { port_id: "{port}" } }),
  put("/v2.0/routers/{router}", { router: { external_gateway_info: { network_id: "{public}" } } }),
  put(own, { floatingip: { port_id: "{port}", fixed_ip_address: "10.83.0.10" } }),
  put(own, { floatingip: { port_id: "{port}" } }),
  status("ACTIVE"),
  get("/v2.0/floatingips?port_id={port}&fields=fixed_ip_address&fields=status&fields=router_id"),
  put(own, { floatingip: { port_id: "{port}" } }),
  put("/v2.0/routers/{router}", { router: { external_gateway_info: null } }),
  put("/v2.0/routers/{router}/remove_router_interface", { subnet_id: "{subnet}" }),
  stranger.put(own, { floatingip: { port_id: null } }),
  stranger.del(own),
  put(own, { floatingip: { port_id: null } }),
  status("DOWN"),
  put(own, { floatingip: { description: "parity again" } }),
  put(own, { floatingip: { floating_network_id: "{public}" } }),
  put(`${own}/tags`, { tags: ["a"] }),
  get("/v2.0/floatingips?tags=a&description=parity%20again&fields=tags"),
  del(own),
  del(own),
  get("/v2.0/floatingips?tags=a&description=parity%20again&fields=tags"),
  del("/v2.0/ports/{port}"),
  put("/v2.0/routers/{router}/remove_router_interface", { subnet_id: "{subnet}" }),
  put("/v2.0/routers/{router}", { router: { external_gateway_info: {} } }),
  del("/v2.0/routers/{router}"),
  del("/v2.0/networks/{net}"),
];
