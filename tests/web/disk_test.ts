// IndexedDB as a member's disk, in a real Chromium.

import assert from "node:assert/strict";
import { Prng } from "../../core/base/prng.ts";
import { DISK_CONTRACT } from "../contracts/disk_contract.ts";
import { browserTest } from "./browser.ts";
import type { Harness } from "./harness/main.ts";

declare const harness: Harness;

const CRASH_COUNT = 200;

browserTest("a disk of IndexedDB keeps the contract of disks", "harness", async ({ page }) => {
  for (const { name } of DISK_CONTRACT) {
    const complaint = await page.evaluate((name) => harness.runContract(name), name);

    assert.equal(complaint, null, `a disk of IndexedDB ${name}: ${complaint}`);
  }
});

browserTest(
  "a write whose transaction completed is there after the worker was terminated, 200 times",
  "harness",
  async ({ page }) => {
    const prng = new Prng(1);
    let foundBefore = 0;
    let grownCount = 0;
    for (let crash = 0; crash < CRASH_COUNT; crash++) {
      const afterMs = prng.below(20);
      const outcome = await page.evaluate((ms) => harness.crashWhileWriting("crashes", ms), afterMs);

      assert.ok(typeof outcome === "object", `after crash ${crash}: ${outcome}`);
      const { told, found } = outcome;
      assert.ok(found >= told, `crash ${crash}: told that ${told} records were written, found ${found}`);
      assert.ok(
        found > foundBefore,
        `crash ${crash}: nothing was written between ${foundBefore} and ${found}`,
      );
      foundBefore = found;
      if (found > told) grownCount += 1;
    }
    console.log(
      `${CRASH_COUNT} crashes, ${foundBefore} records, ${grownCount} times more on disk than was told`,
    );
  },
);

browserTest("a file in many pieces is put together when its disk is opened", "harness", async ({ page }) => {
  const few = await page.evaluate(() => harness.chunksAfterReopening("few", 256));
  const many = await page.evaluate(() => harness.chunksAfterReopening("many", 257));

  assert.equal(few.chunkCount, 256);
  assert.equal(many.chunkCount, 1);
  assert.deepEqual(many.bytes, Array.from({ length: 257 }, (_, at) => at & 0xff));
});

browserTest(
  "a disk that was deleted under its member says so instead of writing",
  "harness",
  async ({ page }) => {
    const answer = await page.evaluate(() => harness.writeAfterDeletion("deleted"));

    assert.equal(answer, "its storage was closed by the browser");
  },
);
