/** What OpenStack asks for each feature, as data. Roles are those of the services' default policies. */
import type { Feature } from "../../../cloud/index.ts";
import type { ServiceType } from "../pipeline/exchange.ts";

/** Quotas that are looked at, by the name that people give to what they count. */
export type QuotaName = "servers" | "cores" | "memory" | "server groups" | "networks" | "subnets" | "ports";

export interface Rule {
  readonly services: readonly ServiceType[];
  /** Nothing: every role reads. */
  readonly role?: "member" | "admin";
  /** The lowest microversion of Nova that the client sends. */
  readonly computeSince?: string;
  /** Aliases of Neutron's extensions, any of which will do. */
  readonly extensions?: readonly string[];
  /** Whether the service takes the input without the extension, and drops it. */
  readonly isDroppedSilently?: boolean;
  /** What the tenant must be allowed at least one of. */
  readonly quotas?: readonly QuotaName[];
  /** What remains open when all else is given. */
  readonly depends?: string;
}

const read = (...services: readonly ServiceType[]): Rule => ({ services });
const write = (service: ServiceType, more: Partial<Rule> = {}): Rule => ({
  services: [service],
  role: "member",
  ...more,
});
const admin = (service: ServiceType, more: Partial<Rule> = {}): Rule => ({ ...write(service, more), role: "admin" });

/** A server is shown with its ports, so that both services are asked. */
const SERVER: readonly ServiceType[] = ["compute", "network"];

export const RULES: Readonly<Record<Feature, Rule>> = {
  "image.read": read("image"),
  "image.delete": write("image"),
  "flavour.read": read("compute"),
  // nova: policies/flavor_manage.py
  "flavour.create": admin("compute"),
  "flavour.delete": admin("compute"),
  "server.read": read(...SERVER),
  // 2.37 brought `auto` and `none` for networks (nova: rest_api_version_history.rst).
  "server.create": write("compute", {
    services: [...SERVER, "image"],
    computeSince: "2.37",
    quotas: ["servers", "cores", "memory"],
  }),
  "server.update": write("compute", { services: SERVER, computeSince: "2.19" }),
  "server.delete": write("compute", { services: SERVER }),
  "server.operate": write("compute", { services: SERVER }),
  "server.resize": write("compute", { services: SERVER }),
  "server.rebuild": write("compute", { services: [...SERVER, "image"] }),
  "server.snapshot": write("compute", { services: [...SERVER, "image"] }),
  "server.attach": write("compute", { services: SERVER, quotas: ["ports"] }),
  // nova: enabled_filters has neither of the two filters by default, and a hint without one is ignored; the door looks.
  "server.create.beside": write("compute", {
    services: [...SERVER, "image"],
    depends: "most schedulers ignore where others are: the machine is unmade where the host turns out to be wrong",
  }),
  "serverGroup.read": read("compute"),
  "serverGroup.create": write("compute", { quotas: ["server groups"] }),
  // nova: policies/keypairs.py asks for no role, for key pairs belong to users.
  "keyPair.create": read("compute"),
  "network.read": read("network"),
  // neutron: conf/policies/network.py get_network:provider:*, create_network:provider:*, create_network:shared
  "network.read.provider": admin("network", { extensions: ["provider"] }),
  "network.read.mtu": { services: ["network"], extensions: ["net-mtu"] },
  "network.read.tags": { services: ["network"], extensions: ["standard-attr-tag", "tag"] },
  "network.create": write("network", { quotas: ["networks"] }),
  "network.create.shared": admin("network", { quotas: ["networks"] }),
  "network.create.provider": admin("network", { extensions: ["provider"], quotas: ["networks"] }),
  "network.update": write("network"),
  "network.delete": write("network"),
  "subnet.read": read("network"),
  "subnet.create": write("network", { quotas: ["subnets"] }),
  "subnet.delete": write("network"),
  "port.read": read("network"),
  "port.create": write("network", { quotas: ["ports"] }),
  "port.create.hardware": write("network", {
    extensions: ["binding"],
    quotas: ["ports"],
    depends: "whether a host has such hardware on this network is shown to no tenant; the machine fails where none has",
  }),
  // Seen on Zed: accepted, and the port comes without them.
  "port.create.tags": write("network", {
    extensions: ["tag-ports-during-bulk-creation", "tag-creation"],
    isDroppedSilently: true,
    quotas: ["ports"],
  }),
  "volume.read": read("volume"),
  "volume.create": write("volume"),
  "volume.update": write("volume"),
  "volume.delete": write("volume"),
  "volume.attach": write("compute", { services: [...SERVER, "volume"] }),
  "volumeSnapshot.create": write("volume"),
  // cinder: backup/api.py takes it without any backup service, and no tenant can see whether there is one (seen on Zed).
  "volumeBackup.create": write("volume", {
    depends: "whether the cloud runs a backup service is shown to no tenant; the backup fails where none does",
  }),
  "floatingIp.read": { services: ["network"], extensions: ["router"] },
  "floatingIp.create": write("network", { extensions: ["router"] }),
  "securityGroup.read": { services: ["network"], extensions: ["security-group"] },
  "securityGroup.create": write("network", { extensions: ["security-group"] }),
};
