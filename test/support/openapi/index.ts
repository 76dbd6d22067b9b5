/**
 * OpenStack's OpenAPI documents, where `../shared/openstack-api` is there: documents (reading, finding an operation) ·
 * versions (a schema as one microversion has it) · judge (answers against schemas) · errata and statuses (where the documents err) ·
 * watch (a setup file: every answer of the simulator in any test is judged)
 */
export { documentOf, type Operation, openapiFolder, operationsOf, type Schema } from "./documents.ts";
export { type Judged, judge, type Mismatch } from "./judge.ts";
