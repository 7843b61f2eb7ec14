// A seed is a promise to whoever is sent a link: the same run, event for event, in another engine.

import assert from "node:assert/strict";
import { runHunt } from "../../core/check/hunt.ts";
import { browserTest } from "./browser.ts";
import type { Harness } from "./harness/main.ts";

declare const harness: Harness;

const SEEDS = [7, 21, 54, 143, 204];

browserTest("random seeds give the same trace in Chromium as in Deno", "harness", async ({ page }) => {
  const here = SEEDS.map((seed) => runHunt(seed).traceHash);

  const there = await page.evaluate((seeds) => harness.traceHashes(seeds), SEEDS);

  assert.deepEqual(there, here);
});
