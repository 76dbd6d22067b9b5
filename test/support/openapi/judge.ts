import { Ajv2020 as Ajv, type ValidateFunction } from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { documentOf, find } from "./documents.ts";
import { period, specialise, type Variant } from "./versions.ts";

/** One answer of a cloud. */
export interface Judged {
  /** `compute`. */
  readonly type: string;
  readonly method: string;
  /** Below the service's prefix, without project and query. */
  readonly path: string;
  readonly variant: Variant;
  readonly status: number;
  /** The JSON body, or undefined where the body is something else. */
  readonly body: unknown;
}

/** Where an answer and the document differ. */
export interface Mismatch {
  readonly type: string;
  /** `GET /v2.1/servers/{id}`; the path itself when the document has no such operation. */
  readonly operation: string;
  readonly minor: number | undefined;
  readonly status: number;
  /** JSON path in the answer, indexes as `*`; empty for the answer as a whole. */
  readonly at: string;
  /** The schema's keyword that failed; `null` for a null where none is foreseen; `path` and `status` for what has no schema. */
  readonly keyword: string;
  readonly message: string;
}

const ajv = new Ajv({ strict: false, allErrors: true, verbose: true, logger: false });
formats.default(ajv);
// Projects and users have ids without hyphens, and oslo's times have no zone.
ajv.addFormat("uuid", /^[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}$/i);
// Neutron makes host names of addresses (host-fd00--), writes a dot behind whole names, and nothing for none.
ajv.addFormat("hostname", /^[a-z0-9.-]*$/i);
ajv.addFormat("date-time", /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/);

const compiled = new Map<string, ValidateFunction | undefined>();

/** What an answer lacks or has too much by the document of its service; nothing where there is none. Refusals have no schemas. */
export function judge(answer: Judged): readonly Mismatch[] {
  const { type, method, path, status, variant } = answer;
  const document = documentOf(type);
  if (document === undefined || status < 200 || status >= 300) return [];
  const located = find(document, method, path);
  const mismatch = (operation: string, at: string, keyword: string, message: string): Mismatch => ({
    type,
    operation,
    minor: variant.minor,
    status,
    at,
    keyword,
    message,
  });
  if (located === undefined) return [mismatch(`${method} ${path}`, "", "path", "is not in the document")];
  const name = `${method} ${located.template}`;
  const responses = located.operation.responses ?? {};
  const response = responses[status];
  if (response === undefined) {
    const known = Object.keys(responses).filter((one) => one < "300");
    return [mismatch(name, "", "status", `${status} is none of ${known.join(", ")}`)];
  }
  const schema = response.content?.["application/json"]?.schema;
  if (schema === undefined || answer.body === undefined) return [];
  const key = `${type} ${name} ${status} ${period(document, schema, variant)} ${variant.action}`;
  const known = compiled.get(key);
  const validate = known ?? ajv.compile(specialise(document, schema, variant));
  if (known === undefined) compiled.set(key, validate);
  if (validate(answer.body)) return [];
  return (validate.errors ?? []).map(({ instancePath, keyword, message = "", params, data }) => {
    const names = Object.values(params).filter((one) => typeof one === "string");
    const at = instancePath.replaceAll(/\/\d+(?=\/|$)/g, "/*");
    return mismatch(
      name,
      at,
      data === null && keyword !== "false schema" ? "null" : keyword,
      `${message} (${names.join(", ")})`,
    );
  });
}

/** What an answer is an answer to, with its status: `compute GET /v2.1/servers/{id} 200`. */
export function nameOf({ type, method, path, status }: Judged): string {
  const document = documentOf(type);
  const located = document === undefined ? undefined : find(document, method, path);
  return `${type} ${method} ${located?.template ?? path} ${status}`;
}
