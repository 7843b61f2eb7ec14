// The broken-Raft gallery, held to its word: each rule that is taken out breaks a promise, within 500 seeds; the sound
// core, under the same troubles, breaks none.

import assert from "node:assert/strict";
import { drawBrokenPlan, huntBroken, runPlan } from "../../core/check/gallery.ts";
import { decodeRunFile, encodeRunFile, replay, runFileOf } from "../../core/check/run_file.ts";
import { shrink } from "../../core/check/shrink.ts";
import { BROKEN_RULES, type BrokenRule } from "../../core/sim/broken/mod.ts";
import { SOUND_RULES } from "../../core/raft/rules.ts";
import { BROKEN_SEEDS } from "./broken_seeds.ts";

/** Seeds that a rule may take. */
const SEEDS_MAX = 500;

function caught({ key }: BrokenRule) {
  // The recorded seed is the quick way; a core that takes other steps may need others.
  const found = huntBroken(key, BROKEN_SEEDS[key].seed, 1) ?? huntBroken(key, 1, SEEDS_MAX);
  assert(found?.failure, `nothing broke in ${SEEDS_MAX} seeds without ${key}`);
  return found;
}

for (const rule of BROKEN_RULES) {
  Deno.test(`without "${rule.key}" a promise breaks, and with it none`, () => {
    const found = caught(rule);
    const plan = drawBrokenPlan(rule.key, found.seed);
    const { broken: _, ...sound } = plan.cluster;
    const beside = runPlan({ ...plan, cluster: sound }, found.actions);

    assert.equal(found.failure!.invariant, BROKEN_SEEDS[rule.key].invariant);
    assert.equal(beside.failure, null);
  });
}

Deno.test("each rule of the core is taken out once, and nothing else with it but where it is said", () => {
  const out = new Set(BROKEN_RULES.flatMap(({ without }) => Object.keys(without)));

  assert.deepEqual([...out].sort(), Object.keys(SOUND_RULES).sort());
  assert.deepEqual(BROKEN_RULES.map(({ number }) => number), BROKEN_RULES.map((_, i) => i + 1));
});

Deno.test("a failing run told again from what was done to it is the same run, and shrinks to one that fails alike", () => {
  const plan = drawBrokenPlan("countOnlyOwnTerm", BROKEN_SEEDS.countOnlyOwnTerm.seed);
  const found = runPlan(plan);
  assert(found.failure);

  const again = runPlan(plan, found.actions);
  const small = shrink(plan, found);
  const run = runFileOf(small.plan, small.actions);
  const reading = decodeRunFile(encodeRunFile(run));

  assert.equal(again.traceHash, found.traceHash);
  assert(
    small.actions.length < found.actions.length / 2,
    `${small.actions.length} of ${found.actions.length} actions`,
  );
  assert.equal(run.failure?.invariant, found.failure.invariant);
  assert(reading.kind === "run");
  const replayed = replay(reading.run);
  assert.equal(replayed.traceHash, run.traceHash);
  assert.equal(replayed.failure?.atEvent, run.failure?.atEvent);
});
