// Runs that can be replayed: any event again, branches that part and stay, a run through text and back.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { putRequest } from "../../../core/kv/requests.ts";
import type { RunPlan } from "../../../core/timeline/plan.ts";
import { SimRun } from "../../../core/timeline/run.ts";
import {
  fileOf,
  openRun,
  readRunText,
  RUN_FILE_VERSION,
  runFileToText,
} from "../../../core/timeline/run_file.ts";

const PLAN: RunPlan = { size: 3, profile: "teaching", rules: "etcd", seed: 0x7c1f };

/** A cluster that elects, is written to, loses its leader, and gets it back. */
function lively(plan: RunPlan = PLAN): SimRun {
  const run = new SimRun({ plan });
  run.advanceTo(1_000);
  for (let count = 1; count <= 5; count++) {
    const leader = run.sim.leader()!;
    run.act({
      kind: "request",
      member: leader,
      request: putRequest({ key: utf8("x"), value: utf8(`${count}`) }),
    });
    run.advanceTo(run.nowMs + 70);
  }
  const leader = run.sim.leader()!;
  run.act({ kind: "crash", member: leader });
  run.advanceTo(run.nowMs + 1_500);
  run.act({ kind: "restart", member: leader });
  const other = run.sim.ids.find((id) => id !== leader)!;
  run.act({ kind: "cut", from: leader, to: other });
  run.advanceTo(run.nowMs + 2_000);
  return run;
}

Deno.test("every event of a run can be reached again, and says the same there", () => {
  const run = lively();
  const hashes = new Map<number, string>();
  const second = new SimRun({ plan: PLAN, actions: run.actions });
  while (second.nowMs < run.nowMs) {
    second.advanceTo(second.nowMs + 1);
    hashes.set(second.eventNumber, second.hash);
  }

  assert.equal(second.hash, run.hash);
  assert.equal(second.eventNumber, run.eventNumber);
  const numbers = [...hashes.keys()].filter((_, at) => at % 7 === 0);
  assert.ok(numbers.length > 10);
  for (const number of numbers) assert.equal(run.atEvent(number).hash, hashes.get(number), `event ${number}`);
});

Deno.test("looking at the past leaves the run's head as it was", () => {
  const run = lively();
  const before = run.hash;
  const past = run.at(1_200);
  past.advanceTo(1_900);

  assert.equal(run.hash, before);
  run.advanceTo(run.nowMs + 500);
  assert.equal(run.hash, replayed(run));
});

/** The same run played from its beginning in one go. */
function replayed(run: SimRun): string {
  const again = new SimRun({ plan: run.plan, actions: run.actions });
  again.advanceTo(run.nowMs);
  return again.hash;
}

Deno.test("acting in the past makes a branch that parts there, twice alike, and leaves the run alone", () => {
  const run = lively();
  const before = run.hash;

  const branches = [1, 2].map(() => {
    const branch = run.at(1_400).branch();
    branch.act({ kind: "elect", member: branch.sim.ids[0]! });
    branch.advanceTo(3_000);
    return branch;
  });

  assert.equal(branches[0]!.hash, branches[1]!.hash);
  assert.notEqual(branches[0]!.hash, run.at(3_000).hash);
  assert.equal(run.hash, before);
  assert.equal(replayed(branches[0]!), branches[0]!.hash);
});

Deno.test("a run that went through text opens at the same event with the same hash", () => {
  const run = lively({ ...PLAN, size: 5, rules: "textbook", seed: 99 });
  const text = runFileToText(fileOf(run));

  const reading = readRunText(text);

  assert.equal(reading.kind, "run");
  if (reading.kind !== "run") return;
  const opening = openRun(reading.file);
  assert.equal(opening.kind, "open");
  if (opening.kind !== "open") return;
  assert.ok(opening.agrees);
  assert.equal(opening.run.eventNumber, run.eventNumber);
  assert.equal(opening.run.hash, run.hash);
  // It goes on as the sender's would have.
  run.advanceTo(run.nowMs + 1_000);
  opening.run.advanceTo(run.nowMs);
  assert.equal(opening.run.hash, run.hash);
});

Deno.test("what is no run, a broken one, or one of a newer version, is told apart", () => {
  const whole = runFileToText(fileOf(lively()));
  const cases: readonly (readonly [string, string])[] = [
    ["", "notARun"],
    ["hello", "notARun"],
    ["[]", "notARun"],
    ["{}", "notARun"],
    [whole.slice(0, -20), "notARun"],
    [whole.replace(`"flotillaRun":${RUN_FILE_VERSION}`, `"flotillaRun":${RUN_FILE_VERSION + 1}`), "newer"],
    [whole.replace('"size":3', '"size":30'), "broken"],
    [whole.replace('"kind":"crash"', '"kind":"explode"'), "broken"],
  ];
  for (const [text, kind] of cases) assert.equal(readRunText(text).kind, kind, text.slice(0, 60));

  const foreign = readRunText(whole.replaceAll(/"member":"[0-9a-f]{16}"/g, '"member":"0000000000000000"'));
  assert.equal(foreign.kind, "run");
  if (foreign.kind === "run") assert.equal(openRun(foreign.file).kind, "broken");
});
