/** The presets that come along. */

/** Huge pages and pinned cores, as the data plane of a network function wants them (IFA 006 §8.4.2.2). */
const dataPlane = { "hw:cpu_policy": "dedicated", "hw:mem_page_size": "1GB", "hw:numa_nodes": "1" };

const nfv = {
  description:
    "A site for network functions: flavors with NUMA, huge pages and pinned cores, a management, a signalling and two data networks.",
  projects: [
    {
      name: "nfv",
      description: "network functions",
      quotas: {
        compute: { instances: 200, cores: 1000, ram: 2_048_000, server_groups: 50 },
        network: { network: 100, subnet: 200, port: 2000, router: 20, floatingip: 100, security_group: 100 },
        volume: { volumes: 400, gigabytes: 20_000, snapshots: 200 },
      },
    },
  ],
  users: [
    { name: "nfvo", roles: { nfv: ["member"] } },
    { name: "nfv-reader", roles: { nfv: ["reader"] } },
  ],
  flavors: [
    { name: "vnf.small", vcpus: 2, ram: 4096, disk: 20 },
    { name: "vnf.dataplane", vcpus: 8, ram: 16_384, disk: 40, extra_specs: dataPlane },
    {
      name: "vnf.realtime",
      vcpus: 4,
      ram: 8192,
      disk: 20,
      extra_specs: { ...dataPlane, "hw:cpu_realtime": "yes", "hw:cpu_realtime_mask": "^0" },
    },
  ],
  images: [
    { name: "vnf", visibility: "public", min_disk: 10, min_ram: 2048, hw_vif_model: "virtio", os_distro: "debian" },
    {
      name: "vnf-dataplane",
      visibility: "public",
      min_disk: 10,
      min_ram: 8192,
      hw_vif_multiqueue_enabled: "true",
      os_distro: "debian",
    },
  ],
  networks: [
    { name: "management", project: "nfv", subnets: [{ name: "management-v4", cidr: "10.50.0.0/20" }] },
    {
      name: "signalling",
      project: "nfv",
      subnets: [{ name: "signalling-v4", cidr: "10.51.0.0/20", gateway_ip: null }],
    },
    {
      name: "data-a",
      project: "nfv",
      port_security_enabled: false,
      subnets: [{ name: "data-a-v4", cidr: "192.0.2.0/25", gateway_ip: null, enable_dhcp: false }],
    },
    {
      name: "data-b",
      project: "nfv",
      port_security_enabled: false,
      subnets: [{ name: "data-b-v4", cidr: "192.0.2.128/25", gateway_ip: null, enable_dhcp: false }],
    },
  ],
  routers: [{ name: "management", project: "nfv", gateway: "public", interfaces: ["management-v4"] }],
  security_groups: [
    {
      name: "vnf",
      project: "nfv",
      rules: [
        { direction: "ingress", ethertype: "IPv4", protocol: "tcp", port_range_min: 22, port_range_max: 22 },
        { direction: "ingress", ethertype: "IPv4", remote_group: "self" },
      ],
    },
  ],
};

const empty = { description: "Users, projects and volume types; no flavors, images or networks.", base: "empty" };
const usual = { description: "The default world: four users, three projects with a network each, images, flavors." };

export const builtinPresets: readonly {
  readonly name: string;
  readonly description: string;
  readonly preset: unknown;
}[] = Object.entries({ default: usual, empty, nfv }).map(([name, preset]) => ({
  name,
  description: preset.description,
  preset,
}));
