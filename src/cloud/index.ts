/**
 * The neutral middle of Vimana: what a cloud is, in plain words, with no import of anything.
 *
 * cloud        the port: a cloud bound to one caller and one call, and the way to open it
 * server, flavour, image, network, subnet, port, volume, volumeSnapshot, volumeBackup, keyPair, serverGroup, zone,
 * securityGroup, floatingIp, router, quota
 *              the resources: what is read, what is drafted, what can be done
 * capabilities what a cloud does for one tenant, feature by feature
 * deadline     the end of a call
 * credentials  what callers show, read from headers
 * errors       CloudError and its closed list of reasons
 * marker       how a lost answer is looked up
 * page         lists as streams
 * provisionServer, operateServer, changeServer, provisionNetwork, flow   writes of several steps: all or nothing
 * undo, wait, serverVolumes   what provision is made of
 * runtime      time, ids, log
 * store, writes   the ports to what Vimana remembers: documents, and the account of writes
 * secret       values that never print
 */
export type { Capabilities, CapabilityReason, Feature, Verdict } from "./capabilities.ts";
export { FEATURES, requireCapability, SUPPORTED, verdictOn } from "./capabilities.ts";
export { rebuildServer, resizeServer } from "./changeServer.ts";
export type { Cloud, Clouds, OpenRequest, Recall, Tenant } from "./cloud.ts";
export type { Credentials, HeaderReader } from "./credentials.ts";
export { readCredentials } from "./credentials.ts";
export { Deadline } from "./deadline.ts";
export type { CloudErrorOptions, Code, LeftBehind, Reason, Upstream } from "./errors.ts";
export { CloudError, CODE_OF_REASON } from "./errors.ts";
export type { Flavour, FlavourDraft, Flavours } from "./flavour.ts";
export type { FloatingIp, FloatingIpDraft, FloatingIpQuery, FloatingIps, FloatingIpTarget } from "./floatingIp.ts";
export type { Flow } from "./flow.ts";
export { newMarker } from "./flow.ts";
export type { Image, ImageData, ImageDraft, ImageQuery, ImageStatus, Images } from "./image.ts";
export type { KeyPair, KeyPairDraft, KeyPairs } from "./keyPair.ts";
export type { Marked, Marker } from "./marker.ts";
export { RESERVED_PREFIX } from "./marker.ts";
export type {
  Network,
  NetworkChange,
  NetworkDraft,
  NetworkQuery,
  NetworkStatus,
  Networks,
  ProviderSegment,
} from "./network.ts";
export { ACTION_NAMES, operateServer, possibleActions, settle } from "./operateServer.ts";
export type { Listing, Pages } from "./page.ts";
export { collect, first, flat, paged, pagesOf } from "./page.ts";
export type { FixedIp, Port, PortChange, PortDraft, PortQuery, PortStatus, Ports, VnicType } from "./port.ts";
export type { NetworkOrder, SubnetOrder } from "./provisionNetwork.ts";
export { provisionNetwork, provisionSubnet, removeNetwork } from "./provisionNetwork.ts";
export type { InterfaceOrder, LaunchOrder, PlacementOrder, ServerOrder } from "./provisionServer.ts";
export { attachInterface, detachInterface, launchServer, provisionServer, removeServer } from "./provisionServer.ts";
export type { Quota, Quotas } from "./quota.ts";
export type { Removal } from "./removal.ts";
export type {
  Router,
  RouterChange,
  RouterDraft,
  RouterGateway,
  RouterInterface,
  RouterInterfaceTarget,
  RouterQuery,
  Routers,
} from "./router.ts";
export type { Clock, Ids, Log, LogFields } from "./runtime.ts";
export { silentLog } from "./runtime.ts";
export { Secret } from "./secret.ts";
export type {
  SecurityGroup,
  SecurityGroupChange,
  SecurityGroupDraft,
  SecurityGroupQuery,
  SecurityGroupRule,
  SecurityGroupRuleDraft,
  SecurityGroups,
} from "./securityGroup.ts";
export type {
  BlankVolume,
  BootVolume,
  Server,
  ServerAction,
  ServerAttachment,
  ServerChange,
  ServerDraft,
  ServerInterface,
  ServerQuery,
  ServerSnapshotDraft,
  ServerStatus,
  Servers,
  VolumeAttachmentDraft,
  VolumeAttachmentQuery,
} from "./server.ts";
export type { ServerGroup, ServerGroupDraft, ServerGroupPolicy, ServerGroups } from "./serverGroup.ts";
export { removeVolumes } from "./serverVolumes.ts";
export type { DocumentKey, DocumentPut, Json, JsonObject, Lease, Store, StoredDocument } from "./store.ts";
export type { AddressPool, Subnet, SubnetDraft, SubnetQuery, Subnets } from "./subnet.ts";
export { Undo } from "./undo.ts";
export type {
  Volume,
  VolumeAttachment,
  VolumeChange,
  VolumeDraft,
  VolumeQuery,
  VolumeSource,
  VolumeStatus,
  Volumes,
} from "./volume.ts";
export type { VolumeBackup, VolumeBackupDraft, VolumeBackupQuery, VolumeBackups } from "./volumeBackup.ts";
export type {
  VolumeSnapshot,
  VolumeSnapshotDraft,
  VolumeSnapshotQuery,
  VolumeSnapshotStatus,
  VolumeSnapshots,
} from "./volumeSnapshot.ts";
export type { WaitOptions } from "./wait.ts";
export { waitFor, waitUntilGone } from "./wait.ts";
export type { Keeping, Unfinished, UnfinishedStep, UnfinishedWrite, Write, Writes, Written } from "./writes.ts";
export type { Zone, ZoneService, Zones } from "./zone.ts";
