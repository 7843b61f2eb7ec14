/// <reference lib="dom" />
// The site's own copy: it opens without a network from any folder, and a newer version waits for a yes.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { browserTest, buildSite, listenForComplaints, newVisitor, serveFolder } from "./browser.ts";

browserTest("the site opens from its copy when the server is gone, below any folder", "harness", async () => {
  const folder = await buildSite("site");
  const server = serveFolder(folder, "/some/where/");
  const visitor = await newVisitor();
  const complaints: string[] = [];
  try {
    const page = await visitor.newPage();
    listenForComplaints(page, complaints);
    await page.goto(server.url);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    assert.equal(
      await page.evaluate(async () => (await navigator.serviceWorker.ready).scope),
      server.url,
    );
    assert.deepEqual(complaints, []);

    await server.close();
    await page.goto(`${server.url}?lang=zh`);

    await page.locator("[data-role=leader]").first().waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.lang), "zh-Hans");
    // A part that the first visit never loaded.
    await page.goto(`${server.url}?lang=zh#/setup`);
    await page.locator("main").first().waitFor();
    assert.equal(await page.locator("[role=alert]").count(), 0);
  } finally {
    await visitor.close();
    await server.close().catch(() => {});
    await Deno.remove(folder, { recursive: true });
  }
});

browserTest("a newer version waits until the visitor wants it, and then is the page", "harness", async () => {
  const folder = await buildSite("site");
  const server = serveFolder(folder);
  const visitor = await newVisitor();
  try {
    const page = await visitor.newPage();
    await page.goto(server.url);
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    await publishNewer(folder);
    await page.reload();
    assert.equal(await editionOf(page), null, "the copy that is there serves until somebody says yes");
    await page.locator("[data-newer-version]").getByRole("button", { name: "Load it" }).click();

    await page.waitForFunction(() => document.documentElement.dataset["edition"] === "second");
    await page.locator("[data-role=leader]").first().waitFor();
    assert.equal(await page.locator("[data-newer-version]").count(), 0);
    assert.equal(await page.evaluate(async () => (await caches.keys()).length), 1, "the older copy is gone");
  } finally {
    await visitor.close();
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
});

browserTest("Chromium finds nothing that would keep the site from being installed", "harness", async () => {
  const folder = await buildSite("site");
  const server = serveFolder(folder, "/below/");
  const visitor = await newVisitor();
  try {
    const page = await visitor.newPage();
    await page.goto(server.url);
    const devtools = await visitor.newCDPSession(page);
    const manifest = await devtools.send("Page.getAppManifest");
    const { installabilityErrors } = await devtools.send("Page.getInstallabilityErrors");

    assert.deepEqual(manifest.errors, []);
    // A private window, which a test's visitor sits in, cannot install anything.
    const own = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
    assert.deepEqual(own, []);
    const icons = JSON.parse(manifest.data!).icons as readonly { src: string }[];
    for (const { src } of icons) assert.equal((await page.request.get(server.url + src)).status(), 200, src);
  } finally {
    await visitor.close();
    await server.close();
    await Deno.remove(folder, { recursive: true });
  }
});

function editionOf(page: Page): Promise<string | null> {
  return page.evaluate(() => document.documentElement.dataset["edition"] ?? null);
}

/** What the next build would do to the folder: another page, and a service worker that names another version. */
async function publishNewer(folder: string): Promise<void> {
  const page = await Deno.readTextFile(`${folder}/index.html`);
  await Deno.writeTextFile(
    `${folder}/index.html`,
    page.replace('<html lang="en"', '<html data-edition="second" lang="en"'),
  );
  const worker = await Deno.readTextFile(`${folder}/sw.js`);
  const newer = worker.replace(/SITE_VERSION = "[0-9a-f]+"/, 'SITE_VERSION = "0123456789abcdef"');
  assert.notEqual(newer, worker);
  await Deno.writeTextFile(`${folder}/sw.js`, newer);
}
