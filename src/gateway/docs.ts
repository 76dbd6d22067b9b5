import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import express, { type NextFunction, type Request, type Response, type Router } from "express";

/**
 * The HTTP door told to people and programs: `/openapi/` lists the documents, `/openapi/<name>.json` is one of them,
 * `/docs/` is a page to read and try them with, made of nothing but this server's own files.
 */

const DOCUMENTS = fileURLToPath(new URL("../../generated/openapi/", import.meta.url));

/** Of the package only what the page needs: its own start page would load somebody else's API. */
const ASSETS: ReadonlySet<string> = new Set([
  "/favicon-32x32.png",
  "/swagger-ui-bundle.js",
  "/swagger-ui-standalone-preset.js",
  "/swagger-ui.css",
]);

/** The two colours of the logo in swagger-ui-dist 5.35.0, its only inline style. */
const LOGO_STYLE = "'sha256-RL3ie0nH+Lzz2YNqQN83mnU0J1ot4QL7b99vMdIX99w='";

/** Nothing is loaded from, sent to or framed by anybody else; icons in the style sheet are `data:` images. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  `style-src 'self' ${LOGO_STYLE}`,
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** The document that the page opens with. */
const FIRST = "vivnfm-v5";

export function createDocs(): Router {
  const router = express.Router({ strict: true });
  router.use(["/docs", "/openapi"], (_request, response, next) => {
    response.setHeader("Content-Security-Policy", POLICY);
    response.setHeader("X-Content-Type-Options", "nosniff");
    response.setHeader("Referrer-Policy", "no-referrer");
    next();
  });
  for (const folder of ["/docs", "/openapi"]) {
    router.get(folder, (_request, response) => response.redirect(308, `${folder}/`));
  }
  router.get("/openapi/", (_request, response) => {
    response.json({ documents: documents() });
  });
  router.use("/openapi", express.static(DOCUMENTS, { index: false, redirect: false }));
  router.get("/docs/", (_request, response) => {
    response.type("html").send(PAGE);
  });
  router.get("/docs/start.js", (_request, response) => {
    response.type("js").send(startScript());
  });
  router.use("/docs", serveAssets());
  return router;
}

interface Listed {
  readonly name: string;
  readonly url: string;
}

function documents(): Listed[] {
  const names = readdirSync(DOCUMENTS)
    .filter((file) => file.endsWith(".json"))
    .map((file) => file.slice(0, -".json".length));
  return names
    .sort((a, b) => Number(b === FIRST) - Number(a === FIRST) || (a < b ? -1 : 1))
    .map((name) => ({ name, url: `/openapi/${name}.json` }));
}

function serveAssets(): (request: Request, response: Response, next: NextFunction) => unknown {
  // The package is looked for with the first visitor, so that nobody else waits for it.
  let serve: ReturnType<typeof express.static> | undefined;
  return (request, response, next) => {
    if (!ASSETS.has(request.path)) return next();
    const { resolve } = createRequire(import.meta.url);
    serve ??= express.static(dirname(resolve("swagger-ui-dist/package.json")), { index: false, redirect: false });
    return serve(request, response, next);
  };
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Vimana: the HTTP API</title>
    <link rel="icon" type="image/png" href="favicon-32x32.png">
    <link rel="stylesheet" href="swagger-ui.css">
  </head>
  <body>
    <div id="api"></div>
    <noscript>This page needs JavaScript; <a href="/openapi/">the documents</a> do not.</noscript>
    <script src="swagger-ui-bundle.js"></script>
    <script src="swagger-ui-standalone-preset.js"></script>
    <script src="start.js"></script>
  </body>
</html>
`;

/** A null validator: the page would otherwise tell a server outside where the document is. */
function startScript(): string {
  return `SwaggerUIBundle({
  dom_id: "#api",
  urls: ${JSON.stringify(documents())},
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: "StandaloneLayout",
  validatorUrl: null,
  tryItOutEnabled: true,
  displayRequestDuration: true,
});
`;
}
