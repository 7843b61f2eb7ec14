// How soon the page is alive: the built site in a fresh profile of real Chromium, from the first byte asked for to
// the first leader on the stage. Medians of five.

import { closeAll, visit } from "../web/browser.ts";

const ROUND_COUNT = 5;

const leaderMs: number[] = [];
for (let round = 0; round < ROUND_COUNT; round++) {
  leaderMs.push(
    await visit("site", async (page, url) => {
      const startedMs = performance.now();
      await page.goto(url);
      await page.waitForSelector('[data-role="leader"]', { timeout: 30_000 });
      return performance.now() - startedMs;
    }),
  );
}
leaderMs.sort((a, b) => a - b);
console.log(
  `${"page, first visit to first leader, ms".padEnd(42)} ${
    Math.round(leaderMs[ROUND_COUNT >> 1]!).toString().padStart(10)
  }   (${Math.round(leaderMs[0]!)} to ${Math.round(leaderMs.at(-1)!)})`,
);
await closeAll();
