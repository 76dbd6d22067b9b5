/** Keystone's rows. */
import type { JsonObject, Row } from "../core/json.ts";
import { defineTable } from "../world.ts";

export interface Domain extends Row {
  readonly name: string;
  readonly description: string;
  readonly enabled: boolean;
}

export interface Project extends Row {
  readonly name: string;
  readonly domain_id: string;
  readonly enabled: boolean;
}

export interface User extends Row {
  readonly name: string;
  readonly domain_id: string;
  readonly enabled: boolean;
  readonly default_project_id: string | null;
  /** `salt:hash`; see secrets.ts. */
  readonly password: string;
}

export interface Role extends Row {
  readonly name: string;
}

/** That who has one role has another, too. */
export interface Inference extends Row {
  readonly prior: string;
  readonly implied: string;
}

export interface Group extends Row {
  readonly name: string;
  readonly domain_id: string;
}

export interface Membership extends Row {
  readonly user_id: string;
  readonly group_id: string;
}

/** Who has which role where, a user or a group (the other is empty); the id is made of all four. */
export interface Assignment extends Row {
  readonly user_id: string;
  readonly group_id: string;
  readonly role_id: string;
  readonly scope: "project" | "domain" | "system";
  /** Id of the project or domain; `all` for the system. */
  readonly target: string;
}

export interface Token extends Row {
  readonly user_id: string;
  readonly methods: readonly string[];
  readonly audit_ids: readonly string[];
  readonly issued: number;
  readonly expires: number;
  readonly scope: "project" | "domain" | "system" | "unscoped";
  readonly target: string;
  readonly role_ids: readonly string[];
  readonly application_credential_id: string;
}

export interface ApplicationCredential extends Row {
  readonly name: string;
  readonly user_id: string;
  readonly project_id: string;
  readonly role_ids: readonly string[];
  readonly secret: string;
  readonly expires_at: string | null;
  readonly unrestricted: boolean | null;
  /** Ids of the rules that say which requests it is good for; null when it is good for all. */
  readonly access_rules: readonly string[] | null;
}

/** A kind of request: service type, method, and a path with `*`, `**` and `{name}`. */
export interface AccessRule extends Row {
  readonly user_id: string;
  readonly service: string | null;
  readonly method: string | null;
  readonly path: string | null;
}

/** What Keystone keeps for others, EC2 credentials among them, whose blob holds access and secret as JSON. */
export interface Credential extends Row {
  readonly type: string;
  readonly blob: string;
  readonly user_id: string;
  readonly project_id: string | null;
}

export interface CatalogService extends Row {
  readonly name: string;
  readonly type: string;
  readonly enabled: boolean;
}

export interface Endpoint extends Row {
  readonly interface: string;
  readonly region_id: string | null;
  readonly service_id: string;
  /** Absolute, or a path on the simulator itself. */
  readonly url: string;
  readonly enabled: boolean;
}

export const domains = defineTable<Domain>("keystone.domains");
export const projects = defineTable<Project>("keystone.projects");
export const users = defineTable<User>("keystone.users");
export const roles = defineTable<Role>("keystone.roles");
export const inferences = defineTable<Inference>("keystone.inferences", ["prior"]);
export const groups = defineTable<Group>("keystone.groups");
export const memberships = defineTable<Membership>("keystone.memberships", ["user_id", "group_id"]);
export const assignments = defineTable<Assignment>("keystone.assignments", ["user_id", "group_id"]);
export const tokens = defineTable<Token>("keystone.tokens", ["user_id"]);
export const credentials = defineTable<ApplicationCredential>("keystone.application_credentials", ["user_id"]);
export const accessRules = defineTable<AccessRule>("keystone.access_rules", ["user_id"]);
export const storedCredentials = defineTable<Credential>("keystone.credentials", ["user_id"]);
export const catalogServices = defineTable<CatalogService>("keystone.services");
export const endpoints = defineTable<Endpoint>("keystone.endpoints", ["service_id"]);
export const regions = defineTable<Row & JsonObject>("keystone.regions");
