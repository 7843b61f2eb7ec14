/// <reference lib="dom" />
// The terminal in a real Chromium: a tutorial typed in comes out as in the tutorial.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import type { FlotillaConsole } from "../../web/console_api.ts";
import { browserTest } from "./browser.ts";
import { openPlayground, violationsOf } from "./drawer_steps.ts";

declare const flotilla: FlotillaConsole;

browserTest("the tutorial's commands typed in come out as in the tutorial", "site", async ({ page }) => {
  await openTerminal(page);

  await type(page, "etcdctl member list -w table");
  await expectOutput(
    page,
    "| 8211f1d0f64f3269 | started | infra1 | http://127.0.0.1:12380 |  http://127.0.0.1:2379 |      false |",
  );
  await type(page, "etcdctl --endpoints=http://127.0.0.1:2379 put /foo bar");
  await expectOutput(page, "OK");
  await type(page, "etcdctl --endpoints=http://127.0.0.1:22379 --prefix --keys-only=false get /");
  await expectOutput(page, "/foo\nbar");
  await type(page, "goreman check");
  await expectOutput(page, "valid procfile detected (etcd1, etcd2, etcd3)");
  await type(page, "goreman run stop etcd1");
  await page.locator("[data-member=infra1][data-role=stopped]").waitFor();
  await type(page, "goreman run start etcd1");
  await page.locator("[data-member=infra1]:not([data-role=stopped])").waitFor();
  await type(
    page,
    "etcdctl --endpoints=http://127.0.0.1:22379 member add infra4 --peer-urls=http://127.0.0.1:42380",
  );
  await expectOutput(page, 'ETCD_NAME="infra4"');
  await expectOutput(page, "added to cluster ef37ad9dc622a7c4");
});

browserTest(
  "a line is completed, brought back, interrupted; several lines are pasted",
  "site",
  async ({ page }) => {
    await openTerminal(page);
    await type(page, "etcdctl put alpha 1");
    await expectOutput(page, "OK");

    await page.keyboard.type("etcdctl get x --cons");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.getByRole("option", { name: /--consistency=s/ }).waitFor();
    await page.keyboard.press("Enter");
    assert.equal(await page.locator("#terminal-line").inputValue(), "etcdctl get x --consistency=s ");
    await page.keyboard.press("Control+c");
    await page.keyboard.press("ArrowUp");
    assert.equal(await page.locator("#terminal-line").inputValue(), "etcdctl put alpha 1");
    await page.keyboard.press("Control+c");

    await page.locator("#terminal-line").evaluate((field) => {
      const data = new DataTransfer();
      data.setData(
        "text",
        'etcdctl txn\nvalue("alpha") = "1"\n\nput alpha 2\n\nput alpha 3\n\netcdctl get alpha\n',
      );
      field.dispatchEvent(
        new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }),
      );
    });
    await expectOutput(page, "SUCCESS");
    await expectOutput(page, "alpha\n2");

    await type(page, "etcdctl watch alpha");
    await page.evaluate(() => flotilla.put("alpha", "seen"));
    await expectOutput(page, "PUT\nalpha\nseen");
    await page.keyboard.press("Control+c");
    await type(page, "etcdctl putt x");
    await expectOutput(page, 'Error: unknown command "putt" for "etcdctl"');
    assert.deepEqual(await violationsOf(page, ".drawer"), []);
  },
);

async function openTerminal(page: Page): Promise<void> {
  await openPlayground(page);
  await page.waitForFunction(() => flotilla.members().every(({ applied }) => applied >= 6));
  await page.keyboard.press("k");
  await page.locator("#terminal-line").waitFor();
}

async function type(page: Page, line: string): Promise<void> {
  await page.locator("#terminal-line").fill(line);
  await page.keyboard.press("Enter");
}

async function expectOutput(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted) =>
      [...document.querySelectorAll("[role=log] pre.out, [role=log] pre.error")]
        .some((line) => line.textContent?.includes(wanted)),
    text,
  );
}
