import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startTestGateway, type TestGateway } from "../support/gateway.ts";

/** The API's page in a real browser: Debian's, which brings no network of its own when told so. */

const BROWSER = "/usr/bin/chromium";
const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

describe.skipIf(!existsSync(BROWSER))("/docs", () => {
  const requested: string[] = [];
  const complaints: string[] = [];
  let gateway: TestGateway;
  let profile: string;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    gateway = await startTestGateway();
    profile = mkdtempSync(join(tmpdir(), "vimana-browser-"));
    browser = await chromium.launchPersistentContext(profile, { executablePath: BROWSER, args: FLAGS });
    browser.on("request", (request) => requested.push(request.url()));
    page = await browser.newPage();
    page.on("console", (message) => {
      // Also how a browser tells what the page's policy refused.
      if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
    });
    page.on("pageerror", (error) => complaints.push(error.message));
    await page.goto(`${gateway.http}/docs`);
    await page.locator(".opblock").first().waitFor();
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.close();
    if (profile !== undefined) rmSync(profile, { recursive: true, force: true });
  });

  test("shows every operation of the first document", async () => {
    const answer = await fetch(`${gateway.http}/openapi/vivnfm-v5.json`);
    const { paths } = (await answer.json()) as { paths: Record<string, object> };
    const expected = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = await page.locator(".opblock-summary").evaluateAll((blocks) =>
      blocks.map((block) => {
        const text = (part: string): string => block.querySelector(part)?.textContent?.replaceAll("\u200b", "") ?? "";
        return `${text(".opblock-summary-method")} ${text("[data-path]")}`;
      }),
    );
    expect(shown.sort()).toEqual(expected.sort());
  });

  /** Opens an operation, presses Execute, and returns status and body as the page shows them. */
  async function execute(path: string): Promise<{ status: string; body: string }> {
    const operation = page.locator(".opblock-get", { has: page.locator(`[data-path="${path}"]`) });
    await operation.locator(".opblock-summary-control").click();
    await operation.getByRole("button", { name: "Execute" }).click();
    const answer = operation.locator(".live-responses-table .response");
    await answer.waitFor();
    const status = await answer.locator(".response-col_status").innerText();
    return { status, body: await answer.locator(".response-col_description").innerText() };
  }

  test("Execute asks the gateway and shows its answer", async () => {
    const { status, body } = await execute("/vivnfm/v5/flavours");
    expect(status).toMatch(/^200/);
    expect(body).toContain("m1.tiny");
    expect(requested).toContain(`${gateway.http}/vivnfm/v5/flavours`);
  });

  test("a variable of the path is filled in, and a problem is shown", async () => {
    const { status, body } = await execute("/vivnfm/v5/images/{softwareImageId.value}");
    expect(status).toMatch(/^404/);
    expect(body).toContain("NOT_FOUND");
    expect(requested.at(-1)).toMatch(/\/vivnfm\/v5\/images\/[0-9a-f-]{36}$/);
  });

  test("the other documents open, too", async () => {
    await page.locator("select#select").selectOption({ label: "admin-v1" });
    await page.getByText("Fetches an image from elsewhere").first().waitFor();
  });

  test("nothing is asked of anybody else, and the page's policy refuses nothing that it needs", () => {
    expect(requested.length).toBeGreaterThan(5);
    const own = new URL(gateway.http).origin;
    expect(requested.filter((url) => !url.startsWith("data:") && new URL(url).origin !== own)).toEqual([]);
    // A status of 400 and more is told on the console, too.
    expect(complaints.filter((text) => !text.includes("status of 404"))).toEqual([]);
  });
});
