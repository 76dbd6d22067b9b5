/**
 * Any OpenStack behind the neutral ports of `src/cloud`.
 *
 * clouds       connects: sign-in, region, the ports of one call
 * config/      what is known of a cloud beforehand: clouds.yaml, secure.yaml, `OS_*`
 * session      one tenant, one region, one call
 * pipeline/    the steps that every request passes
 * capabilities/  what the cloud does for one tenant: rules as data, facts, and the one against the other
 * catalogue, endpoint, discovery   where a service is, and which versions it has
 * memory       what writes were drafted by lately
 * paging, marker, once, json, cache, deadline   what resources are made of
 * identity/, compute/, image/, network/, volume/   one folder per service, one file per resource
 * zones, quotas   what several services have of
 * inspect, wishes   what a diagnosis looks at, and what services that are too old take away
 */
export { type ConnectOptions, connectClouds, type OpenStackClouds } from "./clouds.ts";
export type { CloudConfig, ConfiguredAuth, Interface, Named } from "./config/config.ts";
export { type LoadedClouds, type LoadOptions, loadCloudConfigs } from "./config/load.ts";
export type { InspectedService, Inspection } from "./inspect.ts";
export type { RequestEvent } from "./pipeline/report.ts";
