import { BinaryReader, BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Metadata, type ServiceError } from "@grpc/grpc-js";
import type { CloudError } from "../cloud/index.ts";
import { CODE_NUMBER, describe } from "./problem.ts";

/** Who says so, in google.rpc.ErrorInfo. */
const DOMAIN = "vimana";

/** An error as gRPC carries it: code, message, and google.rpc.Status with ErrorInfo, RequestInfo and BadRequest. */
export function toServiceError(error: CloudError, requestId: string): Partial<ServiceError> {
  const message = `${describe(error)} (${requestId})`;
  const metadata = new Metadata();
  metadata.set("vimana-reason", error.reason);
  metadata.set("x-request-id", requestId);
  if (error.retryAfterSeconds !== undefined) metadata.set("retry-after", String(Math.ceil(error.retryAfterSeconds)));
  metadata.set("grpc-status-details-bin", Buffer.from(encodeStatus(error, message, requestId)));
  return { code: CODE_NUMBER[error.code], details: message, metadata };
}

/** google/rpc/status.proto: code = 1, message = 2, details = 3. */
function encodeStatus(error: CloudError, message: string, requestId: string): Uint8Array {
  const status = new BinaryWriter();
  status.tag(1, WireType.Varint).int32(CODE_NUMBER[error.code]);
  text(status, 2, message);
  const details: [string, BinaryWriter][] = [
    ["google.rpc.ErrorInfo", errorInfo(error)],
    ["google.rpc.RequestInfo", text(new BinaryWriter(), 1, requestId)],
  ];
  if (error.field !== undefined) details.push(["google.rpc.BadRequest", badRequest(error.field, error.message)]);
  for (const [type, value] of details) {
    const any = text(new BinaryWriter(), 1, `type.googleapis.com/${type}`);
    any.tag(2, WireType.LengthDelimited).bytes(value.finish());
    status.tag(3, WireType.LengthDelimited).bytes(any.finish());
  }
  return status.finish();
}

/** google/rpc/error_details.proto ErrorInfo: reason = 1, domain = 2. */
function errorInfo(error: CloudError): BinaryWriter {
  return text(text(new BinaryWriter(), 1, error.reason), 2, DOMAIN);
}

/** google/rpc/error_details.proto BadRequest: field_violations = 1 { field = 1, description = 2 }. */
function badRequest(field: string, description: string): BinaryWriter {
  const violation = text(text(new BinaryWriter(), 1, field), 2, description);
  return new BinaryWriter().tag(1, WireType.LengthDelimited).bytes(violation.finish());
}

function text(writer: BinaryWriter, number: number, value: string): BinaryWriter {
  return writer.tag(number, WireType.LengthDelimited).string(value);
}

/** A violation of google.rpc.BadRequest: which input is at fault, and why. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** The field violations of an error as gRPC carries it, for clients of ours; details of other types are left alone. */
export function fieldViolations(error: ServiceError): readonly FieldViolation[] {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  if (!(bytes instanceof Uint8Array)) return [];
  return parts(bytes, 3)
    .filter((any) => decode(parts(any, 1)[0]).endsWith("/google.rpc.BadRequest"))
    .flatMap((any) => parts(any, 2).flatMap((badRequest) => parts(badRequest, 1)))
    .map((violation) => ({ field: decode(parts(violation, 1)[0]), description: decode(parts(violation, 2)[0]) }));
}

/** All values of a field that is a text, bytes or a message. */
function parts(message: Uint8Array, number: number): readonly Uint8Array[] {
  const found: Uint8Array[] = [];
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    if (field === number && type === WireType.LengthDelimited) found.push(reader.bytes());
    else reader.skip(type, field);
  }
  return found;
}

function decode(bytes: Uint8Array | undefined): string {
  return new TextDecoder().decode(bytes);
}
