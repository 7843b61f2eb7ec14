/// <reference lib="dom" />
// The famous moments in a real Chromium: cards with stills, and from each card to its run and back.

import assert from "node:assert/strict";
import { MOMENTS } from "../../core/timeline/moments/mod.ts";
import { MOMENT_GROUPS } from "../../web/moments/groups.ts";
import { momentQuery } from "../../web/moments/open_moment.ts";
import { momentsEn } from "../../web/text/moments_en.ts";
import { momentsZh } from "../../web/text/moments_zh.ts";
import { LINK_LENGTH_MAX, readRunQuery } from "../../workers/share/run_link.ts";
import { openRun } from "../../core/timeline/run_file.ts";
import type { FlotillaConsole } from "../../web/console_api.ts";
import { browserTest } from "./browser.ts";
import { violationsOf } from "./drawer_steps.ts";

declare const flotilla: FlotillaConsole;

const slugs = MOMENTS.map(({ slug }) => slug).sort();

Deno.test("every moment has its words in both languages, and its place on the page", () => {
  for (const { moments } of [momentsEn, momentsZh]) {
    assert.deepEqual(Object.keys(moments).sort(), slugs);
    for (const words of Object.values(moments)) {
      for (const text of [words.title, words.sentence, words.watch]) assert.ok(text.length > 3);
    }
  }
  assert.deepEqual(MOMENT_GROUPS.flatMap(({ slugs }) => slugs).sort(), slugs);
});

Deno.test("a moment's link is short, opens where it was staged, and has the rest of the story ahead", async () => {
  for (const slug of slugs) {
    const query = await momentQuery(slug);
    assert.ok(query !== null && query.toString().length < LINK_LENGTH_MAX, slug);
    assert.equal(query.get("m"), slug);
    const reading = await readRunQuery(query);
    assert.ok(reading.kind === "run", slug);
    const opening = openRun(reading.file);
    assert.ok(opening.kind === "open" && opening.agrees, slug);
  }
  const healed = await readRunQuery((await momentQuery("clean-cut-of-four"))!);
  assert.ok(healed.kind === "run");
  const opening = openRun(healed.file);
  assert.ok(opening.kind === "open" && opening.run.aheadCount > 0);
  assert.equal(await momentQuery("no-such-moment"), null);
});

browserTest(
  "cards get their stills, one leads to its run with its words, and Back to the cards",
  "site",
  async ({ page, url }) => {
    await page.goto(`${url}#/moments`);
    await page.waitForFunction(
      (count) => document.querySelectorAll("[data-drawn=true]").length === count,
      slugs.length,
    );
    assert.deepEqual(await violationsOf(page, "#app"), []);

    await page.getByRole("link", { name: momentsEn.moments["figure-7"]!.title }).click();
    await page.waitForSelector("[data-words='figure-7']");
    await page.waitForSelector("[data-member='infra1'][data-role='candidate'][data-term='9']");
    assert.match(page.url(), /#\/run\?.*m=figure-7/);
    assert.deepEqual(await violationsOf(page, "#app"), []);

    // What was staged goes on: the member on top wins, and all logs become its own.
    await page.evaluate(() => {
      flotilla.speed(1);
      flotilla.resumeClock();
    });
    await page.waitForFunction(() => {
      const members = [...document.querySelectorAll("[data-member]")];
      return members.some((member) => member.getAttribute("data-role") === "leader") &&
        new Set(members.map((member) => member.getAttribute("data-hash"))).size === 1;
    });

    await page.goBack();
    await page.getByRole("heading", { name: momentsEn.title }).waitFor();
  },
);

browserTest(
  "a moment's own address stages it, on a phone and in Chinese, and an unknown one says so",
  "site",
  async ({ page, url }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    await page.goto(`${url}?lang=zh#/moments/disk-rot`);
    await page.waitForSelector("[data-words='disk-rot']");
    await page.getByText(momentsZh.moments["disk-rot"]!.sentence).waitFor();
    await page.waitForSelector("[data-member='infra3'][data-state='refused']");
    assert.deepEqual(await violationsOf(page, "#app"), []);

    await page.goto(`${url}?lang=zh#/moments/nothing-here`);
    await page.getByRole("alert").filter({ hasText: "nothing-here" }).waitFor();
    assert.equal(await page.locator("[data-moment]").count(), slugs.length);
    assert.deepEqual(await violationsOf(page, "#app"), []);
  },
);
