/// <reference lib="dom" />
// What may be done to a live member beside crash and pause, in real workers: troubles of its disk, leadership handed
// over, a member taken out.

import assert from "node:assert/strict";
import type { FlotillaConsole } from "../../web/console_api.ts";
import { browserTest } from "./browser.ts";

declare const flotilla: FlotillaConsole;

browserTest(
  "a live member's disk fills up and is freed, leadership is handed over, and a member is removed",
  "site",
  async ({ page, url }) => {
    await page.goto(url);
    await page.waitForFunction(() =>
      flotilla.leader() !== null && flotilla.members().every((m) => m.leader !== null)
    );
    await page.evaluate(() => flotilla.speed(1));
    const [heir, full] = await page.evaluate(() => {
      const leader = flotilla.leader();
      return flotilla.members().map(({ name }) => name).filter((name) => name !== leader);
    });
    assert.ok(heir !== undefined && full !== undefined);

    await page.evaluate(async (name) => {
      await flotilla.fillDisk(name);
      await flotilla.put("x", "1");
    }, full);
    await page.waitForSelector(`[data-member=${full}]:is([data-state=stopped], [data-state=refused])`);
    await page.evaluate(async (name) => {
      await flotilla.freeDisk(name);
      await flotilla.restart(name);
    }, full);
    await page.waitForFunction(() => new Set(flotilla.members().map(({ hash }) => hash)).size === 1);

    await page.evaluate((name) => flotilla.transfer(name), heir);
    await page.waitForFunction((name) => flotilla.leader() === name, heir);

    await page.evaluate((name) => flotilla.slowDisk(name, 40), full);
    await page.evaluate(() => flotilla.put("x", "2"));
    const refused = await page.evaluate(
      (name) => flotilla.slowDisk(name, -1).catch((error: Error) => error.message),
      full,
    );
    assert.match(String(refused), /a disk is slow by 0 to/);

    await page.evaluate((name) => flotilla.remove(name), full);
    await page.evaluate(() => flotilla.put("x", "3"));
    await page.waitForFunction(
      (name) => flotilla.members().filter((m) => m.name !== name).every((m) => m.revision >= 4),
      full,
    );
    // What is no voter cannot be made one.
    const reason = await page.evaluate(
      (name) => flotilla.promote(name).catch((error: Error) => error.message),
      heir,
    );
    assert.match(String(reason), /learner/);
  },
);
