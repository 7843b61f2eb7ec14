// Clients and faults at once, judged from outside: whatever the cluster answered must fit one order, and nothing that
// it acknowledged may be missing afterwards.

import assert from "node:assert/strict";
import { Prng } from "../../../core/base/prng.ts";
import { parseCommand, ScenarioRunner } from "../../../core/script/mod.ts";

function storm(seed: number): { runner: ScenarioRunner; counts: Record<string, number> } {
  const prng = new Prng(seed);
  const runner = new ScenarioRunner();
  const run = (command: string) => runner.run(parseCommand(command));
  const size = prng.pick([3, 4, 5]);
  const rules = prng.pick(["etcd", "textbook"]);
  run(
    `cluster members=${size} seed=${seed} rules=${rules} loss=3% duplicate=3% drift=2% snapshot-count=20 catch-up=5`,
  );
  const member = () => `n${1 + prng.below(size)}`;
  for (let step = 0; step < 120; step++) {
    const key = prng.pick(["x", "y"]);
    const value = `v${step}`;
    run(prng.pick([
      `put ${key} ${value} at=${member()} nowait`,
      `get ${key} at=${member()} nowait`,
      `del ${key} at=${member()} nowait`,
      `txn version(${key})=${prng.below(3)} then put ${key} ${value} else get ${key} at=${member()} nowait`,
      `txn ${key}=v${prng.below(step + 1)} then put x ${value}; put y ${value} at=${member()} nowait`,
    ]));
    if (prng.chance(120)) run(`${prng.pick(["crash", "pause"])} ${member()}`);
    if (prng.chance(250)) run(`${prng.pick(["restart", "resume"])} ${member()}`);
    if (prng.chance(60)) run(`cut n1 n${2 + prng.below(size - 1)}${prng.chance(500) ? " one-way" : ""}`);
    if (prng.chance(60)) run("mend");
    run(`run for=${prng.between(1, 60)}ms`);
  }
  run("heal");
  for (let number = 1; number <= size; number++) {
    for (const verb of ["restart", "resume"]) run(`${verb} n${number}`);
  }
  run("run until=answers limit=30s");
  run("run until=converged limit=30s");
  const counts: Record<string, number> = {};
  for (const { outcome } of runner.stage!.journal.history.operations) {
    counts[outcome] = (counts[outcome] ?? 0) + 1;
  }
  return { runner, counts };
}

Deno.test("what clients saw in 40 storms fits one order, and nothing acknowledged is lost", () => {
  const totals: Record<string, number> = {};
  for (let seed = 1; seed <= 40; seed++) {
    const { runner, counts } = storm(seed);

    for (const expectation of ["linearizable", "lost-writes 0", "hashes equal"]) {
      assert.equal(runner.run(parseCommand(`expect ${expectation}`)), "ok", `seed ${seed}: ${expectation}`);
    }
    for (const [outcome, count] of Object.entries(counts)) totals[outcome] = (totals[outcome] ?? 0) + count;
  }
  assert((totals["ok"] ?? 0) > 1500 && (totals["unknown"] ?? 0) > 300, JSON.stringify(totals));
});
