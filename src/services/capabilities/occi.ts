/** The OCCI door: kinds, mixins, actions and the attributes that not every cloud honours. */
import type { Feature } from "../../cloud/index.ts";
import { ALWAYS, ignored, needs, notOffered, type Row, rowsOf } from "./row.ts";

/** One action of a kind: an operation of its own, as in discovery. */
const action = (kind: string, term: string, feature: Feature): readonly Row[] =>
  rowsOf(`occi/POST /${kind}/{id}?action=${term}`, needs(feature));

const COMPUTE: readonly Row[] = [
  ...rowsOf("occi/GET /compute/", needs("server.read")),
  ...rowsOf("occi/GET /compute/{id}", needs("server.read")),
  ...rowsOf("occi/POST /compute/", needs("server.create"), {
    "occi.core.summary": ALWAYS,
    "occi.compute.cores": ALWAYS,
    "occi.compute.hostname": ALWAYS,
    "occi.compute.share": notOffered("it has no home on this cloud"),
    "occi.compute.speed": ignored("the cloud sets the clock"),
    "occi.compute.userdata": ALWAYS,
    "org.openstack.compute.user_data": ALWAYS,
    "org.openstack.credentials.publickey.name": ALWAYS,
    "org.openstack.credentials.publickey.data": needs("keyPair.create"),
    "occi.credentials.ssh.publickey": needs("keyPair.create"),
  }),
  ...rowsOf("occi/POST /compute/{id}", needs("server.update"), {
    "vimana.metadata": ALWAYS,
    resource_tpl: needs("server.resize"),
    "occi.compute.memory": needs("server.resize"),
    os_tpl: needs("server.rebuild"),
  }),
  ...rowsOf("occi/DELETE /compute/{id}", needs("server.delete")),
  ...action("compute", "stop", "server.operate"),
  ...action("compute", "start", "server.operate"),
  ...action("compute", "restart", "server.operate"),
  ...action("compute", "suspend", "server.operate"),
  ...action("compute", "save", "server.snapshot"),
];

const NETWORK: readonly Row[] = [
  ...rowsOf("occi/GET /network/", needs("network.read")),
  ...rowsOf("occi/GET /network/{id}", needs("network.read")),
  ...rowsOf("occi/POST /network/", needs("network.create"), {
    "occi.network.address": needs("subnet.create"),
    "occi.network.label": notOffered("it has no home on this cloud"),
  }),
  ...rowsOf("occi/POST /network/{id}", needs("network.update")),
  ...rowsOf("occi/DELETE /network/{id}", needs("network.delete")),
  ...action("network", "down", "network.update"),
  ...action("network", "up", "network.update"),
];

const NETWORK_INTERFACE: readonly Row[] = [
  ...rowsOf("occi/GET /networkinterface/", needs("port.read")),
  ...rowsOf("occi/GET /networkinterface/{id}", needs("port.read")),
  ...rowsOf("occi/POST /networkinterface/", needs("server.attach"), {
    "occi.networkinterface.mac": needs("port.create"),
    "occi.networkinterface.address": ALWAYS,
    "occi.networkinterface.interface": ignored("the guest names its devices"),
  }),
  ...rowsOf("occi/DELETE /networkinterface/{id}", needs("server.attach")),
];

const STORAGE: readonly Row[] = [
  ...rowsOf("occi/GET /storage/", needs("volume.read")),
  ...rowsOf("occi/GET /storage/{id}", needs("volume.read")),
  ...rowsOf("occi/POST /storage/", needs("volume.create"), { "occi.core.summary": ALWAYS }),
  ...rowsOf("occi/POST /storage/{id}", needs("volume.update"), { "occi.storage.size": ALWAYS }),
  ...rowsOf("occi/DELETE /storage/{id}", needs("volume.delete")),
  ...action("storage", "resize", "volume.update"),
  ...action("storage", "snapshot", "volumeSnapshot.create"),
  ...action("storage", "backup", "volumeBackup.create"),
];

const STORAGE_LINK: readonly Row[] = [
  ...rowsOf("occi/GET /storagelink/", needs("volume.read")),
  ...rowsOf("occi/POST /storagelink/", needs("volume.attach"), {
    "occi.storagelink.mountpoint": ignored("the guest mounts its volumes", "volume.attach"),
  }),
  ...rowsOf("occi/DELETE /storagelink/{id}", needs("volume.attach")),
];

const SECURITY_GROUP: readonly Row[] = [
  ...rowsOf("occi/GET /securitygroup/", needs("securityGroup.read")),
  ...rowsOf("occi/POST /securitygroup/", needs("securityGroup.create"), { "occi.securitygroup.rules": ALWAYS }),
  ...rowsOf("occi/POST /securitygroup/{id}", needs("securityGroup.create")),
  ...rowsOf("occi/DELETE /securitygroup/{id}", needs("securityGroup.create")),
  ...rowsOf("occi/GET /securitygrouplink/", needs("securityGroup.read")),
  ...rowsOf("occi/POST /securitygrouplink/", needs("securityGroup.create")),
  ...rowsOf("occi/DELETE /securitygrouplink/{id}", needs("securityGroup.create")),
];

const RESERVATION: readonly Row[] = [
  ...rowsOf("occi/GET /ipreservation/", needs("floatingIp.read")),
  ...rowsOf("occi/POST /ipreservation/", needs("floatingIp.create")),
  ...rowsOf("occi/DELETE /ipreservation/{id}", needs("floatingIp.create")),
];

export const OCCI_ROWS: readonly Row[] = [
  ...COMPUTE,
  ...NETWORK,
  ...NETWORK_INTERFACE,
  ...STORAGE,
  ...STORAGE_LINK,
  ...SECURITY_GROUP,
  ...RESERVATION,
  ...rowsOf("occi/POST /-/", ALWAYS),
];
