/** Where the simulator differs from the recording on purpose, and why. */

export interface Difference {
  /** Titles of the steps it is about. */
  readonly step: RegExp;
  /** Paths in their answers: `body/network/qos_policy_id`. */
  readonly at: RegExp;
  readonly because: string;
}

const network = / network\/v2\.0\//;

export const accepted: readonly Difference[] = [
  {
    step: network,
    at: /\/(?:qos_policy_id|resource_request|qos_network_policy_id|ipv[46]_address_scope|remote_address_group_id)$/,
    because: "members of extensions that the simulator does not announce",
  },
  {
    step: network,
    at: /\/ports?(?:\/\d+)?\/dns_domain$/,
    because: "dns-domain-ports is an extension that it does not announce",
  },
  { step: /GET network\/v2\.0\/$/, at: /^body\/resources\//, because: "it has no subnet pools" },
  {
    step: /GET network\/v2\.0\/extensions$/,
    at: /^body\/extensions\//,
    because: "the lists of what is built are not the same",
  },
  {
    step: /extensions\/extraroute-atomic/,
    at: /./,
    because: "the recorded cloud has these calls without announcing them",
  },
  {
    step: /admin GET compute\/v2\.1\/servers\/\{server\}/,
    at: /\/(?:fault\/details|OS-EXT-SRV-ATTR:(?:instance_name|reservation_id))$/,
    because: "names that are left to chance, and the traceback of a host",
  },
  {
    step: /extensions\/standard-attr-tag/,
    at: /\/name$/,
    because: "the name lists the resources with tags, and the simulator has fewer",
  },
  {
    step: network,
    at: /\/dns_assignment\/\d+\/fqdn$/,
    because: "the recorded cloud has a domain of its own; the simulator has Neutron's default",
  },
  { step: /floatingip_pools/, at: /\/subnet_name$/, because: "the subnet outside has another name" },
  {
    step: / network\/v2\.0\/security-groups/,
    at: /\/security_group_rules\/\d+\/(?:standard_attr_id|description|ethertype)$/,
    because:
      "the rules of a new group come in any order, with a key of the database, and with a null that later is empty",
  },
  {
    step: /POST network\/v2\.0\/subnets/,
    at: /^body\/NeutronError\/message$/,
    because: "Python prints the members of a set in any order",
  },
  {
    step: /POST network\/v2\.0\/ports \(12\)/,
    at: /^body\/NeutronError\/message$/,
    because: "this one check does not say which attribute it is about",
  },
  {
    step: /routers\?limit=1&marker=nope/,
    at: /./,
    because: "only of routers an unknown marker is no error; the simulator keeps the rule of the others",
  },
  { step: /ports\?device_id=\{router\}/, at: /\/status$/, because: "a real port needs a while to become ACTIVE" },
  {
    step: /(?:add|remove)_extraroutes/,
    at: /\/router\/(?:gw_port_id|distributed|ha|ha_vr_id)$/,
    because: "this answer alone shows columns of the database that no other does",
  },
  {
    step: / image\/v2\/images/,
    at: /\/(?:size|virtual_size|checksum|os_hash_value|owner_specified\.[a-z0-9.]+)$/,
    because: "the data of the images are not the same, nor who put them there",
  },
  {
    step: /images\?name=parity-snap/,
    at: /\/(?:owner_user_name|owner_project_name|min_disk|boot_roles)$/,
    because: "properties of a snapshot that tell of its maker's context, which the simulator does not copy",
  },
  { step: / image\/v2\/schemas\//, at: /\/description$/, because: "schemas do without their explanations" },
  {
    step: / image\/v2\/schemas\//,
    at: /\/(?:direct_url|locations|cinder_encryption_key_[a-z_]+|kernel_id|ramdisk_id|instance_uuid|architecture|os_distro|os_version)$/,
    because: "locations are not simulated, and the rest are suggestions of the cloud's operator",
  },
  {
    step: /identity\/v3\/auth\/tokens/,
    at: /\/token\/roles(?:\/|$)/,
    because: "users of the recorded cloud have further roles",
  },
  {
    step: /PATCH identity\/v3\/(?:users|projects)\/\{/,
    at: /\/extra$/,
    because: "the answer to a change alone repeats under extra what has no column",
  },
  {
    step: /(?:POST|PATCH) identity\/v3\/(?:users$|users\/\{user\}$|projects\/nope$)/,
    at: /^(?:status|body\/error\/(?:code|title|message))$/,
    because: "a body that holds nothing is refused in other words, and before the target is looked for",
  },
  {
    step: /POST compute\/v2\.1\/servers compute 2\.1 \(30\)/,
    at: /\/message$/,
    because: "with an image beside, a volume that is not there is missed by another part of Nova",
  },
  {
    step: /stranger GET block-storage\/v3\/attachments\/\{/,
    at: /./,
    because: "Zed shows attachments to other projects; here tenants never see each other",
  },
  {
    step: /GET block-storage\/v3\/types/,
    at: /\/volume_types\/\d+\/(?:name|description|extra_specs)/,
    because: "types made in the same second come in any order",
  },
];
