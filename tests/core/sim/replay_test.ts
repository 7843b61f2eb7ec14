// One seed, one run. The trace hash names a run; whatever breaks its equality (a Map walked in another order, a
// float, a clock read) breaks time travel, share links and every seed in the ledger.

import assert from "node:assert/strict";
import { drawHuntPlan, Hunt, runHunt } from "../../../core/check/hunt.ts";

const SEEDS = [3, 14, 25, 54, 77, 143];

Deno.test("the same seed gives the same trace", () => {
  for (const seed of SEEDS.slice(0, 3)) {
    const first = runHunt(seed);
    const second = runHunt(seed);

    assert.equal(second.traceHash, first.traceHash, `seed ${seed}`);
    assert.equal(second.eventCount, first.eventCount);
  }
});

Deno.test("different seeds give different traces", () => {
  const hashes = new Set(SEEDS.map((seed) => {
    const hunt = new Hunt(drawHuntPlan(seed));
    hunt.sim.runFor(2_000);
    return hunt.sim.traceHash;
  }));

  assert.equal(hashes.size, SEEDS.length);
});

Deno.test("a run goes on from a keyframe exactly as it would have", () => {
  for (const seed of SEEDS) {
    const plan = drawHuntPlan(seed);
    const whole = new Hunt(plan);
    whole.sim.runFor(plan.stormMs);
    whole.calmDown();

    // Odd moments on purpose: writes in flight, frames on their way, requests waiting, members stopped.
    for (const atMs of [1, 1_777, 4_444]) {
      const first = new Hunt(plan);
      first.sim.runFor(atMs);
      const keyframe = first.capture();
      // The machine the keyframe was taken from goes on: nothing it does may leak into the copy.
      first.sim.runFor(500);
      const second = new Hunt(plan, { from: keyframe });
      second.sim.runFor(plan.stormMs - atMs);
      second.calmDown();

      assert.equal(second.sim.traceHash, whole.sim.traceHash, `seed ${seed} from ${atMs} ms`);
    }
  }
});
