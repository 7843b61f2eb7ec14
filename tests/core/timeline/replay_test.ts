// Journals of live members: the past is what it was, soon found, and bounded; a fork of it is a cluster that lives on.

import assert from "node:assert/strict";
import { concatBytes, toHex, utf8 } from "../../../core/base/bytes.ts";
import { Prng } from "../../../core/base/prng.ts";
import { putRequest } from "../../../core/kv/requests.ts";
import { stateHash } from "../../../core/member/replay.ts";
import { encodeMessage } from "../../../core/wire/peer_codec.ts";
import { type ForkedFrame, type ForkedMember, forkOf, type LiveMoment } from "../../../core/timeline/fork.ts";
import { stateFromText, stateToText } from "../../../core/timeline/state_text.ts";
import { SimRun } from "../../../core/timeline/run.ts";
import { LiveCluster } from "./live_cluster.ts";

const TEN_MINUTES_MS = 600_000;

Deno.test("ten minutes of a live cluster: 100 random points have the hash they had, each soon found", () => {
  const cluster = new LiveCluster(3);
  const prng = new Prng(1);
  const points: { atMs: number; hashes: Map<string, string> }[] = [];
  let nextPointMs = 500;
  for (let atMs = 250; atMs < TEN_MINUTES_MS; atMs += 250) {
    // What is asked at one moment belongs to that moment: the points looked at lie between.
    cluster.runTo(atMs - 1);
    if (atMs > 1_000) cluster.ask(putRequest({ key: utf8(`k${prng.below(20)}`), value: utf8(String(atMs)) }));
    cluster.runTo(atMs);
    if (atMs < nextPointMs || points.length === 100) continue;
    nextPointMs = atMs + prng.between(4_000, 7_800);
    const hashes = [...cluster.members.values()].map(({ info, member }) =>
      [info.id, stateHash(member)] as const
    );
    points.push({ atMs, hashes: new Map(hashes) });
  }
  assert.equal(points.length, 100);

  const tookMs: number[] = [];
  for (const { atMs, hashes } of points) {
    const startedMs = performance.now();
    const past = [...cluster.members.values()].map(({ journal }) => journal.at(atMs)!);
    tookMs.push(performance.now() - startedMs);
    for (const { member, agrees } of past) {
      assert.ok(agrees);
      assert.equal(stateHash(member), hashes.get(member.id), `${member.id} at ${atMs} ms`);
    }
  }

  tookMs.sort((a, b) => a - b);
  console.log(
    `three members at one of 100 points: p50 ${tookMs[50]!.toFixed(1)} ms, p95 ${tookMs[95]!.toFixed(1)} ms`,
  );
  assert.ok(tookMs[95]! < 120, `p95 ${tookMs[95]} ms`);
});

Deno.test("a replay that parts from what was recorded says so at that step", () => {
  const cluster = new LiveCluster(3);
  cluster.runTo(2_000);
  const { member, recorder } = [...cluster.members.values()][0]!;
  const journal = [...cluster.members.values()][0]!.journal;
  assert.ok(journal.agrees);

  // Something that no journal tells of: its log grows by what nobody asked for.
  for (let count = 0; count < 12; count++) member.handle([{ kind: "tick" }]);
  cluster.runTo(3_000);

  assert.equal(recorder.take().length, 0);
  assert.equal(journal.agrees, false);
  assert.ok(journal.at(1_999)!.agrees);
});

Deno.test("a journal forgets its oldest steps, says how far back it goes, and keeps the disk right", () => {
  const cluster = new LiveCluster(3, 2_000);
  for (let atMs = 0; atMs < 120_000; atMs += 100) {
    cluster.runTo(atMs);
    cluster.ask(putRequest({ key: utf8("x"), value: utf8(String(atMs)) }));
  }

  for (const { journal, member, files } of cluster.members.values()) {
    assert.ok(journal.stepCount <= 2_000 + 600, `${journal.stepCount} steps`);
    assert.ok(journal.fromMs > 60_000);
    assert.equal(journal.at(journal.fromMs - 1), null);
    assert.equal(stateHash(journal.at(cluster.nowMs)!.member), stateHash(member));
    const rebuilt = journal.filesAt(cluster.nowMs);
    assert.deepEqual([...rebuilt.keys()].sort(), [...files.keys()].sort());
    for (const [file, chunks] of files) {
      assert.equal(toHex(concatBytes(rebuilt.get(file)!)), toHex(concatBytes(chunks)), file);
    }
  }
});

Deno.test("a fork of a live moment lives on: same members, same keys, a crash survived, twice alike", () => {
  const cluster = new LiveCluster(3);
  for (let atMs = 0; atMs <= 4_000; atMs += 20) {
    cluster.runTo(atMs);
    cluster.ask(putRequest({ key: utf8("x"), value: utf8(String(atMs)) }));
  }
  // Not at rest: a write just asked for, frames in the air.
  cluster.runTo(4_007.3);
  const { moment, sentAgrees } = momentOf(cluster);
  assert.ok(moment.frames.length > 0);
  assert.ok(sentAgrees, "the sends of the replay are the frames in the air, byte for byte");

  const runs = [1, 2].map(() => {
    const from = stateFromText(stateToText(forkOf(moment)));
    const run = new SimRun({ plan: moment.plan, from, eventsBefore: 100 });
    for (const { info, member } of cluster.members.values()) {
      assert.equal(stateHash(run.sim.member(info.id).member!), stateHash(member), info.name);
    }
    const leader = run.sim.leader()!;
    run.act({ kind: "crash", member: leader });
    run.advanceTo(run.nowMs + 2_000);
    run.act({ kind: "restart", member: leader });
    run.advanceTo(run.nowMs + 2_000);
    return run;
  });

  const [run, again] = runs as [SimRun, SimRun];
  assert.equal(run.violation, null);
  assert.equal(run.hash, again.hash);
  const hashes = new Set(run.sim.views().map(({ kvHash }) => kvHash));
  assert.equal(run.sim.views().length, 3);
  assert.equal(hashes.size, 1);
  assert.ok(
    run.sim.views()[0]!.revision >=
      Math.max(...[...cluster.members.values()].map(({ member }) => member.machine.kv.revision)),
  );
  assert.equal(run.atEvent(run.eventNumber).hash, run.hash);
});

function momentOf(cluster: LiveCluster): { moment: LiveMoment; sentAgrees: boolean } {
  const atMs = cluster.nowMs;
  let sentAgrees = true;
  const frames: ForkedFrame[] = [];
  const members = [...cluster.members.values()].map(({ info, journal }): ForkedMember => {
    const { member, standing, sends } = journal.at(atMs, 60)!;
    for (const { from, to, frame, number, deliverAtMs } of cluster.flying) {
      if (from !== info.id) continue;
      const sent = sends.find((send) => send.number === number);
      const bytes = sent === undefined ? null : encodeMessage(sent.message);
      if (bytes === null || toHex(bytes) !== toHex(frame)) sentAgrees = false;
      else frames.push({ from, to, frame: bytes, deliverAtMs });
    }
    const { pendingWrite, nextRequestId, tickedAtMs } = standing;
    const { seed, startId } = journal.options;
    return {
      info,
      state: "running",
      why: null,
      member: member.capture(),
      seed,
      startId,
      nextRequestId,
      files: journal.filesAt(atMs),
      pendingWrite,
      tickedAtMs,
    };
  });
  const plan = { size: cluster.members.size, profile: "teaching", rules: "etcd", seed: 5 } as const;
  return { moment: { plan, atMs, members, frames, cuts: [] }, sentAgrees };
}
