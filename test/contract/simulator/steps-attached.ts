/** What hangs on a server, seen from each service: ports, groups, floating addresses, volumes, the console. */
import { type Step, saving, verbs } from "./step.ts";
import { absent } from "./steps-network.ts";
import { world } from "./steps-server.ts";

const at = (version: string, as?: Step["as"]) => verbs("compute", version, as);
const { get, post, put, del } = at("2.1");
const stranger = at("2.1", "stranger");
const neutron = verbs("network");
const cinder = verbs("block-storage", "3.70");
const own = "/v2.1/servers/{server}";
const disks = `${own}/os-volume_attachments`;
const disk = "/v3/volumes/{volume}";
const disk_ = (is: string): Step => cinder.get(disk, { until: { path: ["volume", "status"], is } });

const boot: readonly Step[] = [
  neutron.get("/v2.0/networks?name=public&fields=id", { save: { public: ["networks", "0", "id"] } }),
  neutron.post("/v2.0/security-groups", { security_group: { name: "parity-srv" } }, saving("group", "security_group")),
  neutron.post(
    "/v2.0/ports",
    { port: { network_id: "{net}", name: "parity-srv", fixed_ips: [{ ip_address: "10.91.0.20" }] } },
    saving("port", "port"),
  ),
  at("2.93").post(
    "/v2.1/servers",
    {
      server: {
        name: "parity-attached",
        imageRef: "{image}",
        flavorRef: "1",
        networks: [{ port: "{port}" }],
        description: "d",
        user_data: "aGVsbG8=",
      },
    },
    saving("server", "server"),
  ),
  get(own, { until: { path: ["server", "status"], is: "ACTIVE" } }),
  post("/v2.1/servers", {
    server: { name: "parity-again", imageRef: "{image}", flavorRef: "1", networks: [{ port: "{port}" }] },
  }),
];

const cards: readonly Step[] = [
  neutron.get("/v2.0/ports/{port}"),
  neutron.del("/v2.0/networks/{net}"),
  get(`${own}/os-interface`),
  at("2.70").get(`${own}/os-interface`),
  get(`${own}/os-interface/{port}`),
  at("2.70").get(`${own}/os-interface/{port}`),
  get(`${own}/os-interface/nope`),
  stranger.get(`${own}/os-interface`),
  ...[
    { interfaceAttachment: { port_id: absent } },
    { interfaceAttachment: { port_id: "{port}" } },
    { interfaceAttachment: { port_id: "{port}", net_id: "{net}" } },
    { interfaceAttachment: { fixed_ips: [{ ip_address: "10.91.0.21" }] } },
    { interfaceAttachment: { nope: 1 } },
    { interfaceAttachment: { net_id: "{net}", tag: "a" } },
    {},
  ].map((body) => post(`${own}/os-interface`, body)),
  post(
    `${own}/os-interface`,
    { interfaceAttachment: { net_id: "{net}", fixed_ips: [{ ip_address: "10.91.0.22" }] } },
    { save: { card: ["interfaceAttachment", "port_id"] } },
  ),
  get(`${own}/ips`),
  del(`${own}/os-interface/{card}`),
  neutron.get("/v2.0/ports/{card}", { until: { status: 404 } }),
  del(`${own}/os-interface/${absent}`),
  post(`${own}/action`, { addSecurityGroup: { name: "parity-srv" } }),
  get(`${own}/os-security-groups`),
  post(`${own}/action`, { removeSecurityGroup: { name: "parity-srv" } }),
  post(`${own}/action`, { removeSecurityGroup: { name: "parity-srv" } }),
];

const floating: readonly Step[] = [
  neutron.post(
    "/v2.0/routers",
    { router: { name: "parity-srv", external_gateway_info: { network_id: "{public}" } } },
    saving("router", "router"),
  ),
  neutron.put("/v2.0/routers/{router}/add_router_interface", { subnet_id: "{subnet}" }),
  neutron.post(
    "/v2.0/floatingips",
    { floatingip: { floating_network_id: "{public}", port_id: "{port}" } },
    saving("floating", "floatingip"),
  ),
  neutron.get("/v2.0/floatingips/{floating}", { until: { path: ["floatingip", "status"], is: "ACTIVE" } }),
  get(`${own}/ips`, { until: { path: ["addresses", "parity-srv", "1", "version"], is: "4" } }),
  get(own),
  neutron.get("/v2.0/floatingips?port_id={port}&fields=port_details&fields=fixed_ip_address"),
  neutron.put("/v2.0/floatingips/{floating}", { floatingip: { port_id: null } }),
  neutron.del("/v2.0/floatingips/{floating}"),
  neutron.put("/v2.0/routers/{router}/remove_router_interface", { subnet_id: "{subnet}" }),
  neutron.del("/v2.0/routers/{router}"),
  get(`${own}/ips`, { until: { path: ["addresses", "parity-srv", "1"], is: "undefined" } }),
];

const volumes: readonly Step[] = [
  cinder.post("/v3/volumes", { volume: { size: 1, name: "parity-disk" } }, saving("volume", "volume")),
  disk_("available"),
  get(disks),
  ...[
    {},
    { volumeAttachment: {} },
    { volumeAttachment: { volumeId: absent } },
    { volumeAttachment: { volumeId: "x" } },
    { volumeAttachment: { volumeId: "{volume}", device: "x" } },
    { volumeAttachment: { volumeId: "{volume}", nope: 1 } },
    { volumeAttachment: { volumeId: "{volume}", tag: "a" } },
  ].map((body) => post(disks, body)),
  stranger.post(disks, { volumeAttachment: { volumeId: "{volume}" } }),
  at("2.89").post(disks, { volumeAttachment: { volumeId: "{volume}", device: null } }),
  disk_("in-use"),
  ...["2.1", "2.70", "2.79", "2.89"].flatMap((version) => [
    at(version).get(disks),
    at(version).get(`${disks}/{volume}`),
  ]),
  get(`${disks}/${absent}`),
  get(own),
  at("2.3").get(own),
  post(disks, { volumeAttachment: { volumeId: "{volume}" } }),
  cinder.get(`/v3/attachments?volume_id={volume}`),
  cinder.get("/v3/volumes/detail?name=parity-disk"),
  cinder.del(disk),
  cinder.post(`${disk}/action`, { "os-detach": {} }),
  cinder.post(`${disk}/action`, { "os-extend": { new_size: 2 } }),
  at("2.85").put(`${disks}/{volume}`, { volumeAttachment: { volumeId: "{volume}", delete_on_termination: true } }),
  at("2.84").put(`${disks}/{volume}`, { volumeAttachment: { volumeId: "{volume}", delete_on_termination: true } }),
  at("2.79").get(`${disks}/{volume}`),
  put(`${disks}/{volume}`, { volumeAttachment: { volumeId: absent } }),
  at("2.85").put(`${disks}/{volume}`, { volumeAttachment: { volumeId: "{volume}", delete_on_termination: false } }),
  del(`${disks}/${absent}`),
  del(`${disks}/{volume}`),
  disk_("available"),
  del(`${disks}/{volume}`),
  cinder.del(disk),
  cinder.get(disk, { until: { status: 404 } }),
];

const console_: readonly Step[] = [
  at("2.6").post(`${own}/remote-consoles`, { remote_console: { protocol: "nope", type: "novnc" } }),
  at("2.6").post(`${own}/remote-consoles`, { remote_console: { protocol: "vnc", type: "nope" } }),
  at("2.6").post(`${own}/remote-consoles`, {}),
  post(`${own}/remote-consoles`, { remote_console: { protocol: "vnc", type: "novnc" } }),
  post(`${own}/action`, { "os-getConsoleOutput": { length: -5 } }),
  post(`${own}/action`, { changePassword: {} }),
  post(`${own}/action`, { changePassword: { adminPass: "" } }),
];

export const attached: readonly Step[] = [
  ...world,
  ...boot,
  ...cards,
  ...floating,
  ...volumes,
  ...console_,
  del(own),
  get(own, { until: { status: 404 } }),
  neutron.get("/v2.0/ports/{port}"),
  neutron.del("/v2.0/ports/{port}"),
  neutron.del("/v2.0/security-groups/{group}"),
  neutron.del("/v2.0/networks/{net}", { until: { status: 204 } }),
];
