// Years of failures against the exact sums: with independent failures the formula, with shared ones the sum over all
// states of racks and zones.

import assert from "node:assert/strict";
import { Prng } from "../../../core/base/prng.ts";
import { csvOf, yearsFields } from "../../../core/lab/csv.ts";
import { nextExponential } from "../../../core/lab/exponential.ts";
import { Findings } from "../../../core/lab/findings.ts";
import { figuresOf } from "../../../core/lab/formulas.ts";
import { downShareInterval, Z_95 } from "../../../core/lab/interval.ts";
import { type YearsFigures, yearsFigures } from "../../../core/lab/monte_carlo.ts";
import { finish } from "../../../core/lab/progress.ts";
import {
  type FailurePlan,
  independentPlan,
  sharedFigures,
  standsDealt,
} from "../../../core/lab/shared_failures.ts";
import { runTask, splitTasks, yearsTask } from "../../../core/lab/work.ts";

function live(plan: FailurePlan, years: number, seed = 7, pieceCount = 1): YearsFigures {
  const task = yearsTask({ plan, seed, years });
  assert.notEqual(task.kind, "refused");
  assert.ok(task.kind === "years");
  const findings = new Findings();
  for (const piece of splitTasks([task], pieceCount).toReversed()) findings.add(finish(runTask(piece)));
  return yearsFigures(plan, findings.years(plan.stands.length));
}

function exactly(plan: FailurePlan): number {
  const figures = sharedFigures(plan);
  assert.ok(figures.kind === "figures");
  return figures.unavailability;
}

function contains({ interval }: YearsFigures, unavailability: number): boolean {
  return interval.low <= unavailability && unavailability <= interval.high;
}

Deno.test("exponential times have the mean, the spread and the tail of the real thing", () => {
  const prng = new Prng(1);
  const draws = Array.from({ length: 200_000 }, () => nextExponential(prng));
  const mean = draws.reduce((sum, x) => sum + x, 0) / draws.length;
  const meanSquare = draws.reduce((sum, x) => sum + x * x, 0) / draws.length;
  const above = (limit: number) => draws.filter((x) => x > limit).length / draws.length;

  assert.ok(Math.abs(mean - 1) < 0.01, `mean ${mean}`);
  assert.ok(Math.abs(meanSquare - 2) < 0.05, `mean square ${meanSquare}`);
  for (const limit of [0.1, 0.5, 1, 2.5, 5]) {
    assert.ok(Math.abs(above(limit) - Math.exp(-limit)) < 0.005, `beyond ${limit}: ${above(limit)}`);
  }
});

Deno.test("independent years agree with the formula within their interval, for all sizes", () => {
  for (const [availability, count] of [[0.5, 200], [0.9, 1_000], [0.99, 5_000]] as const) {
    for (let size = 1; size <= 9; size++) {
      const plan = independentPlan(size, availability);
      const figures = figuresOf(size, availability);
      assert.ok(figures.kind === "figures");

      const years = live(plan, count);

      assert.ok(
        contains(years, figures.unavailability),
        `${size} at ${availability}: ${figures.unavailability} is not in ${JSON.stringify(years.interval)}`,
      );
      assert.ok(Math.abs(exactly(plan) - figures.unavailability) < 1e-12);
    }
  }
});

Deno.test("of 95 % intervals, no more than a few too many miss, be outages many or rare", () => {
  for (const [size, availability, years] of [[3, 0.99, 100], [5, 0.99, 200], [7, 0.9, 100]] as const) {
    const plan = independentPlan(size, availability);
    const truth = exactly(plan);
    let missCount = 0;
    for (let seed = 0; seed < 300; seed++) {
      if (!contains(live(plan, years, seed), truth)) missCount += 1;
    }

    assert.ok(missCount <= 27, `${missCount} of 300 miss for ${size} members`);
  }
});

Deno.test("with nothing seen the interval still admits what may happen, and narrows with time", () => {
  const none = { outageCount: 0, downHours: 0, downHoursSquared: 0 };
  const short = downShareInterval({ hours: 8_760, ...none }, Z_95, 4);
  const long = downShareInterval({ hours: 876_000, ...none }, Z_95, 4);

  assert.equal(short.low, 0);
  // At least the rule of three: 3 outages of the assumed length may have been missed.
  assert.ok(short.high >= 3 * 4 / 8_760 && short.high < 12 * 4 / 8_760);
  assert.ok(Math.abs(long.high * 100 - short.high) < 1e-12);
  assert.deepEqual(downShareInterval({ hours: 0, ...none }, Z_95, 4), { low: 0, high: 1 });
});

Deno.test("shared racks and zones agree with their exact sum, and are far worse than the formula", () => {
  for (const [size, zoneCount] of [[3, 1], [3, 3], [5, 2], [5, 3]] as const) {
    const plan: FailurePlan = {
      stands: standsDealt({ size, zoneCount, racksPerZone: 2 }),
      memberAvailability: 0.99,
      rackAvailability: 0.998,
      zoneAvailability: 0.997,
      repairHours: { member: 12, rack: 6, zone: 3 },
    };

    const years = live(plan, 20_000);

    const truth = exactly(plan);
    assert.ok(contains(years, truth), `${truth} is not in ${JSON.stringify(years.interval)}`);
    // Each member is up as often as before; only its failures now come together with others'. One that stands alone
    // in its zone has nobody to share them with.
    const alone = exactly(independentPlan(size, 0.99));
    if (size === zoneCount) assert.ok(Math.abs(truth - alone) < 1e-12);
    else assert.ok(truth > 5 * alone, `${truth} against ${alone}`);
  }
});

Deno.test("years do not depend on how they are dealt out, and follow their seed", () => {
  const plan = independentPlan(5, 0.95);

  assert.deepEqual(live(plan, 1_000, 7, 5), live(plan, 1_000, 7, 1));
  assert.notDeepEqual(live(plan, 1_000, 8), live(plan, 1_000, 7));
});

Deno.test("members that never fail, members that never run, and plans that cannot be", () => {
  const never = live(independentPlan(3, 1), 100);
  assert.deepEqual([never.availability, never.eventCount, never.outageCount], [1, 0, 0]);
  const always = live(independentPlan(3, 0), 100);
  assert.deepEqual([always.availability, always.interval], [0, { low: 1, high: 1 }]);

  const why = (plan: FailurePlan) => {
    const task = yearsTask({ plan, seed: 1, years: 1 });
    return task.kind === "refused" ? task.why.key : null;
  };
  const plan = independentPlan(3, 0.99);
  assert.equal(why(independentPlan(0, 0.99)), "refused.noMembers");
  assert.equal(why({ ...plan, memberAvailability: 2 }), "refused.availability");
  assert.equal(why({ ...plan, zoneAvailability: 0.9 }), "refused.shared");
  assert.equal(why({ ...plan, repairHours: { member: 0, rack: 1, zone: 1 } }), "refused.repair");
});

Deno.test("a million failures and repairs take about a second at most", () => {
  const startedMs = performance.now();
  const years = live(independentPlan(9, 0.99), 8_000);
  const seconds = (performance.now() - startedMs) / 1000;

  assert.ok(years.eventCount > 1_000_000, `${years.eventCount} events`);
  // Some 10 million a second on a quiet machine; the rest is room for a busy one.
  assert.ok(seconds < 3, `${years.eventCount} events took ${seconds} s`);
  const csv = csvOf(yearsFields([{ size: 9, figures: years }])).split("\r\n");
  assert.match(csv[1]!, /^9,8000,\d+,0\.9999.*,95$/);
});
