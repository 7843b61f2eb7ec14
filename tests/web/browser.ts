// Browser tests: a site built as it ships, served under a strict Content-Security-Policy, opened in a real
// Chromium. One browser for each test file, a fresh context (its own storage) for each test.
//
// Whatever a page complains of (an uncaught error, a refused script, a console error) fails its test: a page that
// works by luck does not pass. Waiting is always for something the page says, with a bound.

import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { build } from "vite";

/** Longest wait of any single step; a machine with other work to do needs some room. */
export const STEP_MS_MAX = 30_000;

/** Longest time of a whole test. What is asked of a page by `evaluate` has no bound of its own. */
const TEST_MS_MAX = 120_000;

export type SiteName =
  /** The site itself, from `web/`. */
  | "site"
  /** An empty page that offers single modules of `workers/browser` on `window`, from `tests/web/harness/`. */
  | "harness";

export interface BrowserTest {
  /** Opened at the site's first page. */
  readonly page: Page;
  /** Its own storage; `context.newPage()` is a second tab of the same visitor. */
  readonly context: BrowserContext;
  readonly url: string;
  /** What the page complained of so far. A test that provokes a complaint takes it out of here. */
  readonly complaints: string[];
}

/** Registers a test that runs in Chromium, or a skipped one with the reason where there is no Chromium. */
export function browserTest(name: string, site: SiteName, run: (test: BrowserTest) => Promise<void>): void {
  const isMissing = !isFile(CHROMIUM);
  if (isMissing && Deno.env.get("CI") !== "true") {
    console.log(`skipped: ${name}: no Chromium at ${CHROMIUM} (set CHROMIUM to its path)`);
  }
  Deno.test({
    name,
    ignore: isMissing && Deno.env.get("CI") !== "true",
    // The browser outlives each test and is closed with its file.
    sanitizeOps: false,
    sanitizeResources: false,
    fn: () => runInBrowser(site, run),
  });
}

/** Makes every page and worker error of a tab land in `complaints`. For tabs a test opens by itself. */
export function listenForComplaints(page: Page, complaints: string[]): void {
  page.setDefaultTimeout(STEP_MS_MAX);
  page.on("pageerror", (error) => complaints.push(`uncaught: ${error.stack ?? error.message}`));
  page.on("console", (line) => {
    if (line.type() === "error") complaints.push(`console: ${line.text()}`);
  });
}

const CHROMIUM = Deno.env.get("CHROMIUM") ?? "/usr/bin/chromium";
const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
const POLICY =
  "default-src 'self'; script-src 'self'; worker-src 'self'; style-src 'self' 'unsafe-inline'; " +
  // The room that attaches asks clusters wherever they are.
  "connect-src 'self' http: https:; img-src 'self' data:; base-uri 'none'; form-action 'none'";
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  json: "application/json",
  woff2: "font/woff2",
  png: "image/png",
  webmanifest: "application/manifest+json",
};

/** Copies of the site for use without a network are made only where they are the subject. */
const VISITOR = { viewport: { width: 1280, height: 800 }, serviceWorkers: "block" } as const;

let browser: Promise<Browser> | null = null;
const servers = new Map<SiteName, Promise<StaticServer>>();

export interface StaticServer {
  readonly url: string;
  close(): Promise<void>;
}

Deno.test.afterAll(closeAll);

/** Ends the browser and the servers. Test files need not call it. */
export async function closeAll(): Promise<void> {
  await (await browser)?.close();
  for (const server of await Promise.allSettled(servers.values())) {
    if (server.status === "fulfilled") await server.value.close();
  }
}

/** A tab of a new visitor, opened at nothing yet, for measuring: `url` is where the site is. */
export async function visit<T>(site: SiteName, run: (page: Page, url: string) => Promise<T>): Promise<T> {
  if (!servers.has(site)) servers.set(site, serve(site));
  const { url } = await servers.get(site)!;
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const context = await (await browser).newContext(VISITOR);
  try {
    return await run(await context.newPage(), url);
  } finally {
    await context.close();
  }
}

/** A new visitor in whose browser service workers run. The caller closes the context. */
export async function newVisitor(): Promise<BrowserContext> {
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  return await (await browser).newContext({ ...VISITOR, serviceWorkers: "allow" });
}

async function runInBrowser(site: SiteName, run: (test: BrowserTest) => Promise<void>): Promise<void> {
  if (!servers.has(site)) servers.set(site, serve(site));
  const { url } = await servers.get(site)!;
  browser ??= chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const context = await (await browser).newContext(VISITOR);
  const complaints: string[] = [];
  const { promise: tooLong, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`still not done after ${TEST_MS_MAX} ms`)), TEST_MS_MAX);
  try {
    const page = await context.newPage();
    listenForComplaints(page, complaints);
    await page.goto(url);
    await Promise.race([run({ page, context, url, complaints }), tooLong]);
  } catch (error) {
    if (complaints.length > 0) console.error(`the page complained:\n${complaints.join("\n")}`);
    throw error;
  } finally {
    clearTimeout(timer);
    await context.close();
  }
  if (complaints.length > 0) throw new Error(`the page complained:\n${complaints.join("\n")}`);
}

/** Builds a site as it ships and serves it on a free port of the loopback interface. */
async function serve(site: SiteName): Promise<StaticServer> {
  const folder = await buildSite(site);
  const server = serveFolder(folder);
  return {
    url: server.url,
    close: async () => {
      await server.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

/** Builds a site as it ships, into a temporary folder that is the caller's to remove. */
export async function buildSite(site: SiteName): Promise<string> {
  const folder = await Deno.makeTempDir({ prefix: "flotilla-site-" });
  const repository = new URL("../../", import.meta.url).pathname;
  await build({
    configFile: `${repository}vite.config.ts`,
    root: site === "site" ? `${repository}web` : `${repository}tests/web/harness`,
    logLevel: "warn",
    // The contract suites speak node's assert; the harness brings the little of it that they use.
    resolve: { alias: { "node:assert/strict": `${repository}tests/web/harness/node_assert.ts` } },
    build: { outDir: folder, emptyOutDir: true },
  });
  return folder;
}

/** A plain static host: the files of `folder`, at `under` and nowhere else. */
export function serveFolder(folder: string, under = "/"): StaticServer {
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const path = new URL(request.url).pathname;
    const asked = path.endsWith("/") ? `${path}index.html` : path;
    const file = `/${asked.slice(under.length)}`;
    try {
      if (!asked.startsWith(under)) throw new Deno.errors.NotFound();
      const bytes = await Deno.readFile(folder + file);
      const type = MEDIA_TYPES[file.slice(file.lastIndexOf(".") + 1)] ?? "application/octet-stream";
      return new Response(bytes, { headers: { "content-type": type, "content-security-policy": POLICY } });
    } catch {
      // A browser asks for this by itself; its absence is no complaint about the page.
      return new Response(null, { status: path === "/favicon.ico" ? 204 : 404 });
    }
  });
  return { url: `http://127.0.0.1:${server.addr.port}${under}`, close: () => server.shutdown() };
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
