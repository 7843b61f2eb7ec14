// Lives of a disk: random writes, crashes inside any of them at any byte, recovery, and on from there; against a
// plain model. A write counts as a whole or not at all, and repairs may themselves be cut short by a crash.

import assert from "node:assert/strict";
import type { DiskImage, DiskOp } from "../../../core/base/disk.ts";
import { Prng } from "../../../core/base/prng.ts";
import { recover } from "../../../core/wal/wal_reader.ts";
import { WalWriter } from "../../../core/wal/wal_writer.ts";
import {
  applyOps,
  crashAfter,
  entriesOf,
  hardState,
  IDENTITY,
  type Kept,
  keptAfter,
  keptOf,
  keptWithSnapshot,
  NOTHING_KEPT,
  OPTIONS,
  snapshotAt,
} from "./wal_model.ts";

interface Step {
  readonly ops: DiskOp[];
  readonly after: Kept;
}

function lastIndexOf(kept: Kept): number {
  return kept.entries.at(-1)?.index ?? kept.snapshot?.meta.index ?? 0;
}

/** Something a member might write next. */
function randomStep(prng: Prng, writer: WalWriter, kept: Kept): Step {
  const { term, commit } = kept.hardState;
  const lastIndex = lastIndexOf(kept);
  const snapshotIndex = kept.snapshot?.meta.index ?? 0;
  const choice = prng.below(100);
  if (choice < 10 && commit > snapshotIndex) {
    const index = prng.between(snapshotIndex + 1, commit);
    const snapshot = snapshotAt(index, kept.entries.find((entry) => entry.index === index)!.term);
    return { ops: writer.saveSnapshot(snapshot), after: keptWithSnapshot(kept, snapshot) };
  }
  if (choice < 20) {
    return { ops: writer.release(prng.between(Math.max(0, snapshotIndex - 6), snapshotIndex)), after: kept };
  }
  if (choice < 25) {
    const index = prng.between(commit + 1, lastIndex + 9);
    const more = prng.below(3);
    const batch = {
      snapshot: snapshotAt(index, term + 1),
      hardState: hardState(term + 1, index),
      entries: entriesOf(index + 1, index + more, term + 1),
    };
    return { ops: writer.append(batch), after: keptAfter(kept, batch) };
  }
  const first = prng.chance(250)
    ? prng.between(Math.max(commit, snapshotIndex) + 1, lastIndex + 1)
    : lastIndex + 1;
  const entryTerm = first <= lastIndex ? term + 1 : Math.max(1, term);
  const entries = entriesOf(first, first + prng.below(4), entryTerm, prng.pick([0, 3, 8, 30, 700]));
  const end = entries.at(-1)!.index;
  const saves = entryTerm !== term || prng.chance(500);
  const batch = {
    snapshot: null,
    hardState: saves ? hardState(entryTerm, prng.between(commit, end), prng.pick([1, 2, null])) : null,
    entries,
  };
  return { ops: writer.append(batch), after: keptAfter(kept, batch) };
}

function live(seed: number): { crashes: number; torn: number } {
  const prng = new Prng(seed);
  const counts = { crashes: 0, torn: 0 };
  let image: DiskImage = new Map();
  let kept = NOTHING_KEPT;
  let { writer, ops: pending } = WalWriter.create(IDENTITY, OPTIONS);

  for (let step = 0; step < 60; step++) {
    // What recovery or creation left to write rides in front of the next write, as a member does it.
    const next = randomStep(prng, writer, kept);
    const ops = [...pending, ...next.ops];
    if (!prng.chance(250)) {
      image = applyOps(image, ops);
      kept = next.after;
      pending = [];
      continue;
    }

    counts.crashes++;
    const opCount = prng.below(ops.length + 1);
    const op = ops[opCount];
    const tornBytes = op?.kind === "append" ? prng.below(op.bytes.length) : 0;
    const zeroFill = prng.chance(300);
    image = crashAfter(image, ops, { opCount, tornBytes, zeroFill });
    const verdict = recover(image, OPTIONS);
    const story =
      `seed ${seed}, step ${step}, ${opCount} of ${ops.length} ops and ${tornBytes} bytes, zeros ${zeroFill}`;

    if (verdict.kind === "empty") {
      assert.deepEqual(kept, NOTHING_KEPT, story);
      const created = WalWriter.create(IDENTITY, OPTIONS);
      writer = created.writer;
      pending = [...verdict.repairs, ...created.ops];
      continue;
    }
    assert.equal(verdict.kind, "recovered", `${story}: ${JSON.stringify(verdict)}`);
    if (verdict.kind !== "recovered") break;
    if (verdict.tornBytes > 0) counts.torn++;
    assert.equal(verdict.damagedSnapshotFile, null, story);
    if (opCount === ops.length) kept = next.after;
    else if (zeroFill && same(keptOf(verdict), next.after)) kept = next.after;
    assert.deepEqual(keptOf(verdict), kept, story);
    // A second look at the same bytes says the same, and the repairs leave nothing to repair.
    const mended = recover(applyOps(image, verdict.repairs), OPTIONS);
    assert.ok(mended.kind === "recovered", story);
    assert.deepEqual([mended.repairs, mended.tornBytes], [[], 0], story);
    assert.deepEqual(mended.writer.capture(), verdict.writer.capture(), story);
    writer = verdict.writer;
    pending = [...verdict.repairs];
  }
  return counts;
}

function same(a: Kept, b: Kept): boolean {
  try {
    assert.deepEqual(a, b);
    return true;
  } catch {
    return false;
  }
}

Deno.test("a hundred lives with crashes at any byte lose nothing that was durable, and gain nothing", () => {
  let crashes = 0;
  let torn = 0;
  for (let seed = 1; seed <= 100; seed++) {
    const counts = live(seed);
    crashes += counts.crashes;
    torn += counts.torn;
  }
  assert.ok(crashes > 1000 && torn > 200, `${crashes} crashes, ${torn} torn writes`);
});
