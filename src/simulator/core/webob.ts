/** Error pages as webob makes them: Glance's errors, and the unknown paths of Glance, Nova and Neutron. */
import type { Answer, Call } from "./types.ts";

const titles: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  405: "Method Not Allowed",
  409: "Conflict",
  410: "Gone",
  413: "Request Entity Too Large",
  415: "Unsupported Media Type",
  416: "Request Range Not Satisfiable",
  500: "Internal Server Error",
};

function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;")
    .replaceAll("'", "&#x27;");
}

/** HTML, or JSON for who accepts it. `explanation` and `detail` are what webob puts before and after its line break. */
export function webobError(
  call: Call,
  status: number,
  explanation: string,
  detail = "",
  headers: Answer["headers"] = {},
): Answer {
  const title = titles[status] ?? "Error";
  // These two have templates of their own (webob: exc.py).
  const gap = status === 415 ? "\n" : "";
  const tail = status === 405 || status === 415 ? "" : "\n\n";
  const accept = call.headers.accept ?? "";
  if (accept.includes("application/json") && !accept.includes("text/html")) {
    const message = `${explanation}${gap}<br /><br />\n${detail}${tail}`;
    return { status, body: { message, code: `${status} ${title}`, title }, headers };
  }
  const heading = `${status} ${title}`;
  const body = `  ${escapeHtml(explanation)}${gap}<br /><br />\n${escapeHtml(detail)}${tail}`;
  const html = `<html>\n <head>\n  <title>${heading}</title>\n </head>\n <body>\n  <h1>${heading}</h1>\n${body}\n </body>\n</html>`;
  return { status, body: Buffer.from(html), headers: { "content-type": "text/html; charset=UTF-8", ...headers } };
}

/** The 401 of keystonemiddleware in front of Nova, Neutron, Cinder and Placement. */
export function middleware401(call: Call): Answer {
  const error = { code: 401, title: "Unauthorized", message: "The request you have made requires authentication." };
  return { status: 401, body: { error }, headers: challenge(call) };
}

/** Where to get a token. */
export function challenge(call: Call): Record<string, string> {
  const identity = call.services.find(({ type }) => type === "identity");
  return { "WWW-Authenticate": `Keystone uri="${call.origin}${identity?.prefix ?? ""}"` };
}
