// Operators' verbs in the simulator: each changes what it says, says why when it would change nothing, and is replayed.

import assert from "node:assert/strict";
import type { RunPlan } from "../../../core/timeline/plan.ts";
import { SimRun } from "../../../core/timeline/run.ts";
import { fileOf, openRun, readRunText, runFileToText } from "../../../core/timeline/run_file.ts";
import { putRequest } from "../../../core/kv/requests.ts";
import { utf8 } from "../../../core/base/bytes.ts";

const PLAN: RunPlan = { size: 3, profile: "teaching", rules: "etcd", seed: 11 };

function settled(): SimRun {
  const run = new SimRun({ plan: PLAN });
  while (run.sim.leader() === null && run.nowMs < 5_000) run.advanceTo(run.nowMs + 10);
  assert.ok(run.sim.leader() !== null, "nobody leads after 5 s");
  run.advanceTo(run.nowMs + 100);
  return run;
}

/** A follower of the settled run. */
function followerOf(run: SimRun) {
  return run.sim.ids.find((id) => id !== run.sim.leader())!;
}

/** The first frame in the air, with its place. */
function flightOf(run: SimRun) {
  for (let ms = 0; ms < 1_000; ms++) {
    const planned = run.sim.planned().filter(({ event }) => event.kind === "frame");
    planned.sort((a, b) => a.order - b.order);
    const first = planned.find(({ atMs }) => atMs > run.nowMs + 1);
    if (first?.event.kind === "frame") return { order: first.order, atMs: first.atMs, ...first.event };
    run.advanceTo(run.nowMs + 1);
  }
  throw new Error("nothing was sent for a second");
}

Deno.test("a run with every verb is told again, hash for hash, from its file", () => {
  const run = settled();
  const member = followerOf(run);
  const { order, from, to } = flightOf(run);

  run.act({ kind: "frame", order, from, to, fate: "duplicate" });
  run.act({ kind: "frame", order, from, to, fate: "hold" });
  run.advanceTo(run.nowMs + 40);
  run.act({ kind: "frame", order, from, to, fate: "deliver" });
  run.act({ kind: "slowDisk", member, delayMs: 50 });
  run.act({ kind: "crash", member });
  run.act({ kind: "wipe", member, keep: true });
  run.act({ kind: "restoreDisk", member });
  run.act({ kind: "restart", member });
  run.advanceTo(run.nowMs + 400);
  const reading = readRunText(runFileToText(fileOf(run)));

  assert.ok(reading.kind === "run");
  const opening = openRun(reading.file);
  assert.ok(opening.kind === "open");
  assert.ok(opening.agrees, `${opening.run.hash} is not ${run.hash}`);
});

Deno.test("a frame that is held stays in the air until it is delivered, also through a keyframe", () => {
  const run = settled();
  const { order, from, to, atMs } = flightOf(run);

  assert.deepEqual(run.act({ kind: "frame", order, from, to, fate: "hold" }), null);
  run.advanceTo(atMs + 500);
  const later = run.branch();

  assert.ok(later.sim.planned().some((planned) => planned.order === order), "it landed all the same");
  assert.ok(later.act({ kind: "frame", order, from, to, fate: "hold" }) !== null, "held twice");
  assert.deepEqual(later.act({ kind: "frame", order, from, to, fate: "deliver" }), null);
  later.advanceTo(later.nowMs + 1);
  assert.deepEqual(later.sim.planned().filter((planned) => planned.order === order), []);
});

Deno.test("a frame that is dropped is gone, and a second word on it is refused with its reason", () => {
  const run = settled();
  const { order, from, to } = flightOf(run);

  run.act({ kind: "frame", order, from, to, fate: "drop" });

  assert.deepEqual(run.sim.planned().filter((planned) => planned.order === order), []);
  assert.deepEqual(
    run.act({ kind: "frame", order, from, to, fate: "deliver" }),
    "that message is no longer on its way",
  );
});

Deno.test("a frame that is doubled lands twice", () => {
  const run = settled();
  const { order, from, to, frame } = flightOf(run);

  run.act({ kind: "frame", order, from, to, fate: "duplicate" });

  const copies = run.sim.planned().filter(({ event }) => event.kind === "frame" && event.frame === frame);
  assert.deepEqual(copies.length, 2);
});

Deno.test("a wiped member is refused, and comes back whole with the disk that was kept", () => {
  const run = settled();
  const leader = run.sim.leader()!;
  run.act({
    kind: "request",
    member: leader,
    request: putRequest({ key: utf8("x"), value: utf8("7") }),
  });
  run.advanceTo(run.nowMs + 300);
  const member = followerOf(run);

  run.act({ kind: "crash", member });
  run.act({ kind: "wipe", member, keep: true });
  assert.deepEqual(
    run.act({ kind: "wipe", member, keep: true }),
    `the disk of ${run.sim.member(member).info.name} is empty already`,
  );
  run.act({ kind: "restart", member });
  assert.deepEqual(run.sim.member(member).state, "refused");
  assert.deepEqual(run.act({ kind: "restoreDisk", member }), null);
  run.act({ kind: "restart", member });
  run.advanceTo(run.nowMs + 600);

  assert.deepEqual(run.sim.member(member).state, "running");
  assert.deepEqual(run.sim.view(member)!.kvHash, run.sim.view(leader)!.kvHash);
  assert.ok(run.act({ kind: "restoreDisk", member }) !== null, "there is no second copy");
});
