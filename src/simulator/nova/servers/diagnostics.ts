/** What a hypervisor tells of a guest (nova stable/zed: api/openstack/compute/server_diagnostics.py, server_topology.py). */
import type { JsonObject } from "../../core/json.ts";
import { Refusal } from "../../core/refusal.ts";
import type { Call, MemberRoute, Policy } from "../../core/types.ts";
import { portsOfDevice } from "../../neutron/ports.ts";
import type { Server } from "./rows.ts";

const policy = (name: string, rule: Policy["rule"]): Policy => ({ name: `os_compute_api:${name}`, rule });

/** Seconds since it was started. */
function uptime({ launched_at }: Server, call: Call): number {
  return launched_at === null ? 0 : Math.floor((call.now - launched_at) / 1000);
}

const disk = { read: 262_144, reads: 112, write: 5_778_432, writes: 488 };
const net = { rx: 2_070_139, rxPackets: 26_701, tx: 140_208, txPackets: 662 };

/** Before 2.48 each driver had its own names; these are libvirt's. */
function old(server: Server): JsonObject {
  return {
    cpu0_time: 17_300_000_000,
    memory: server.flavor.ram * 1024,
    vda_errors: -1,
    vda_read: disk.read,
    vda_read_req: disk.reads,
    vda_write: disk.write,
    vda_write_req: disk.writes,
    vnet1_rx: net.rx,
    vnet1_rx_drop: 0,
    vnet1_rx_errors: 0,
    vnet1_rx_packets: net.rxPackets,
    vnet1_tx: net.tx,
    vnet1_tx_drop: 0,
    vnet1_tx_errors: 0,
    vnet1_tx_packets: net.txPackets,
  };
}

function unified(server: Server, call: Call): JsonObject {
  const { vcpus, ram } = server.flavor;
  const nics = portsOfDevice(call.world, server.id).map(({ mac_address }) => ({
    mac_address,
    rx_octets: net.rx,
    rx_errors: 0,
    rx_drop: 0,
    rx_packets: net.rxPackets,
    rx_rate: null,
    tx_octets: net.tx,
    tx_errors: 0,
    tx_drop: 0,
    tx_packets: net.txPackets,
    tx_rate: null,
  }));
  const cpus = Array.from({ length: vcpus }, (_, id) => ({ id, time: 17_300_000_000, utilisation: 15 }));
  const disks = [
    {
      read_bytes: disk.read,
      read_requests: disk.reads,
      write_bytes: disk.write,
      write_requests: disk.writes,
      errors_count: 0,
    },
  ];
  return {
    state: server.power_state === 1 ? "running" : server.power_state === 3 ? "paused" : "shutdown",
    driver: "libvirt",
    hypervisor: "kvm",
    hypervisor_os: "linux",
    uptime: uptime(server, call),
    config_drive: server.config_drive !== "",
    num_cpus: vcpus,
    num_nics: nics.length,
    num_disks: disks.length,
    disk_details: disks,
    cpu_details: cpus,
    nic_details: nics,
    memory_details: { maximum: ram, used: 0 },
  };
}

export const diagnosticRoutes: readonly MemberRoute<Server>[] = [
  {
    method: "GET",
    path: "/diagnostics",
    policy: policy("os-server-diagnostics", "admin"),
    run: (server, call) => {
      if (server.host === "") throw new Refusal(409, `Instance ${server.id} is not ready`);
      return { status: 200, body: call.version < 48 ? old(server) : unified(server, call) };
    },
  },
  {
    method: "GET",
    path: "/topology",
    since: 78,
    policy: policy("compute:server:topology:index", "reader"),
    run: () => ({ status: 200, body: { nodes: [], pagesize_kb: null } }),
  },
  // The guests set no password of their own.
  {
    method: "GET",
    path: "/os-server-password",
    policy: policy("os-server-password:show", "reader"),
    run: () => ({ status: 200, body: { password: "" } }),
  },
  {
    method: "DELETE",
    path: "/os-server-password",
    policy: policy("os-server-password:clear", "member"),
    run: () => ({ status: 204 }),
  },
];
