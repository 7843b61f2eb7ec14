import assert from "node:assert/strict";
import { InvariantViolation } from "../../../core/base/assert.ts";
import type { DiskOp } from "../../../core/base/disk.ts";
import { listRecords } from "../../../core/wal/record.ts";
import { WalWriter } from "../../../core/wal/wal_writer.ts";
import {
  applyOps,
  crashAfter,
  Disk,
  entriesOf,
  entry,
  hardState,
  keptOf,
  OPTIONS,
  recovered,
  SEGMENT_BYTES_MAX,
  segmentFiles,
  smallLog,
  snapshotAt,
} from "./wal_model.ts";
import { recover } from "../../../core/wal/wal_reader.ts";

Deno.test("what was kept comes back after every write, with an equal writer", () => {
  const disk = smallLog();

  const verdict = recovered(disk.image);

  assert.deepEqual(keptOf(verdict), disk.kept);
  assert.deepEqual([verdict.tornBytes, verdict.repairs, verdict.damagedSnapshotFile], [0, [], null]);
  assert.deepEqual(verdict.entriesBeforeSnapshot.map(({ index, term }) => `${index}/${term}`), [
    ...["1/1", "2/1", "3/1", "4/1", "5/1", "6/2"],
  ]);
  assert.deepEqual(verdict.writer.capture(), disk.writer.capture());
  assert.equal(verdict.writer.lastIndex, 16);
});

Deno.test("segments keep to their size, and each opens with head, newest mark and newest hard state", () => {
  const disk = new Disk();
  for (let index = 1; index <= 60; index++) {
    disk.append({
      hardState: index % 4 === 0 ? hardState(1, index - 1) : index === 1 ? hardState(1, 0) : null,
      entries: [entry(index, 1)],
    });
    if (index === 20) disk.saveSnapshot(snapshotAt(15, 1));
  }

  const files = segmentFiles(disk.image);

  assert.equal(files[0], "wal/0000000000000000-0000000000000001.wal");
  for (const [i, file] of files.entries()) {
    const bytes = disk.image.get(file)!;
    assert.ok(bytes.length <= SEGMENT_BYTES_MAX, `${file} has ${bytes.length} bytes`);
    const kinds = listRecords(bytes).map(({ header }) => header!.kind);
    const opening = i === 0 ? ["segmentHead"] : ["segmentHead", "hardState"];
    const marked = listRecords(bytes)[1]!.header!.kind === "snapshotMark";
    assert.deepEqual(kinds.filter((kind) => kind !== "snapshotMark").slice(0, opening.length), opening);
    assert.equal(marked, i > 0 && listRecords(bytes)[0]!.header!.index > 20, file);
  }
  const large = disk.append({ entries: entriesOf(61, 70, 1, 300) });
  assert.equal(large.length, 1, "a write is never split");
  assert.deepEqual(keptOf(recovered(disk.image)), disk.kept);
});

Deno.test("a captured, restored or recovered writer goes on with the very bytes of the first", () => {
  const disk = smallLog();
  const writers = [
    disk.writer,
    WalWriter.restore(structuredClone(disk.writer.capture())),
    recovered(disk.image).writer,
  ];
  for (let index = 17; index < 40; index++) {
    const ops = writers.map((writer) => {
      const batch = { hardState: hardState(4, index - 2), entries: [entry(index, 4)], snapshot: null };
      const written = writer.append(batch);
      if (index === 25) written.push(...writer.saveSnapshot(snapshotAt(20, 4)));
      if (index === 30) written.push(...writer.release(18));
      return written;
    });
    assert.deepEqual(ops[1], ops[0]);
    assert.deepEqual(ops[2], ops[0]);
  }
});

Deno.test("a snapshot counts from the moment its mark is whole, and not a byte sooner", () => {
  const taken = () => smallLog().saveSnapshot(snapshotAt(11, 3));
  const installed = () =>
    smallLog().append({
      snapshot: snapshotAt(30, 4),
      hardState: hardState(4, 30),
      entries: entriesOf(31, 32, 4),
    });
  for (const write of [taken, installed]) {
    const disk = smallLog();
    const before = disk.kept;
    const ops = write();
    assert.deepEqual(ops.map(({ kind }) => kind), ["replace", "append"]);
    const after = recovered(applyOps(disk.image, ops));
    for (const [opCount, op] of ops.entries()) {
      const size = op.kind === "append" ? op.bytes.length : 1;
      for (let tornBytes = 0; tornBytes < size; tornBytes++) {
        const verdict = recovered(crashAfter(disk.image, ops, { opCount, tornBytes, zeroFill: false }));
        assert.deepEqual(keptOf(verdict), before);
        const strays = opCount === 0 ? [] : [{ kind: "remove", file: ops[0]!.file }];
        assert.deepEqual(verdict.repairs.filter(({ file }) => file.startsWith("snap/")), strays);
        const mended = applyOps(
          crashAfter(disk.image, ops, { opCount, tornBytes, zeroFill: false }),
          verdict.repairs,
        );
        assert.deepEqual(mended, disk.image);
      }
    }
    assert.notDeepEqual(keptOf(after), before);
  }
  const disk = smallLog();
  disk.append({ snapshot: snapshotAt(30, 4), hardState: hardState(4, 30), entries: entriesOf(31, 32, 4) });
  assert.deepEqual(keptOf(recovered(disk.image)), disk.kept);
  assert.deepEqual(
    recovered(disk.image).entriesBeforeSnapshot,
    [],
    "an installed snapshot voids the log before it",
  );
});

Deno.test("a snapshot from the leader voids even entries beyond its index", () => {
  const disk = smallLog();

  disk.append({ snapshot: snapshotAt(14, 4), hardState: hardState(4, 14) });

  assert.deepEqual(recovered(disk.image).entries, []);
  assert.equal(recovered(disk.image).writer.lastIndex, 14);
  disk.append({ entries: [entry(15, 4)] });
  assert.deepEqual(keptOf(recovered(disk.image)), disk.kept);
});

Deno.test("a snapshot moves a commit index that was saved before it", () => {
  const disk = smallLog();

  disk.append({ snapshot: snapshotAt(30, 4), hardState: hardState(4, 11) });

  assert.equal(recovered(disk.image).hardState.commit, 30);
});

Deno.test("a first write too large for a segment still goes behind the first head", () => {
  const disk = new Disk();

  disk.append({ hardState: hardState(1, 0), entries: entriesOf(1, 5, 1, 200) });

  assert.equal(segmentFiles(disk.image).length, 1);
});

Deno.test("release keeps the entries it was asked to keep, and a crash inside it loses nothing", () => {
  for (let upTo = 0; upTo <= 40; upTo++) {
    const disk = new Disk();
    disk.append({ hardState: hardState(1, 0), entries: [entry(1, 1)] });
    for (let index = 2; index <= 50; index++) {
      // Every seventh write takes its predecessors' place, so that first indexes go down as well as up.
      const first = index % 7 === 0 ? index - 2 : index;
      disk.append({
        hardState: hardState(index, Math.max(0, index - 8)),
        entries: entriesOf(first, index, index),
      });
      if (index === 20 || index === 49) disk.saveSnapshot(snapshotAt(index - 9, index - 9));
    }
    const whole = disk.image;
    const full = recovered(whole);

    const ops = disk.release(upTo);

    assert.ok(ops.every(({ kind }) => kind === "remove"));
    for (let opCount = 0; opCount <= ops.length; opCount++) {
      const verdict = recovered(applyOps(whole, ops.slice(0, opCount)));
      assert.deepEqual(keptOf(verdict), disk.kept);
      const before = verdict.entriesBeforeSnapshot;
      assert.deepEqual(
        before,
        full.entriesBeforeSnapshot.slice(full.entriesBeforeSnapshot.length - before.length),
      );
      assert.ok(before.length >= 40 - upTo, `${before.length} entries from ${upTo + 1} to 40`);
    }
    assert.deepEqual(recovered(disk.image).writer.capture(), disk.writer.capture());
    // Removals may also arrive in another order.
    const reversed = recovered(applyOps(whole, ops.slice(1)));
    assert.deepEqual(keptOf(reversed), disk.kept);
    assert.deepEqual(keptOf(recovered(applyOps(applyOps(whole, ops.slice(1)), reversed.repairs))), disk.kept);
  }
});

Deno.test("release gives space back", () => {
  const disk = new Disk();
  disk.append({ hardState: hardState(1, 0), entries: [entry(1, 1)] });
  for (let index = 2; index <= 300; index++) {
    disk.append({ hardState: hardState(1, index - 1), entries: [entry(index, 1)] });
    if (index % 20 !== 0) continue;
    disk.saveSnapshot(snapshotAt(index - 2, 1));
    disk.release(index - 7);
    assert.ok(disk.image.size <= 5, `${disk.image.size} files at ${index}`);
  }
  assert.deepEqual(keptOf(recovered(disk.image)), disk.kept);
});

Deno.test("a batch that no member can be in is refused before it reaches the disk", () => {
  const nothing = { hardState: null, entries: [], snapshot: null };
  const batches = {
    gap: { ...nothing, entries: [entry(18, 3)] },
    hole: { ...nothing, entries: [entry(17, 3), entry(19, 3)] },
    overwrittenCommit: { ...nothing, entries: [entry(11, 3)] },
    commitBeyondLog: { ...nothing, hardState: hardState(3, 17) },
    termNotReached: { ...nothing, entries: [entry(17, 4)] },
    oldSnapshot: { ...nothing, snapshot: snapshotAt(11, 3) },
  };
  for (const [what, batch] of Object.entries(batches)) {
    const { writer } = smallLog();
    const before = writer.capture();
    assert.throws(() => writer.append(batch), InvariantViolation, what);
    assert.deepEqual(writer.capture(), before, what);
  }
  const { writer } = smallLog();
  assert.throws(() => writer.saveSnapshot(snapshotAt(17, 3)), InvariantViolation);
  assert.throws(() => writer.saveSnapshot(snapshotAt(6, 2)), InvariantViolation);
  assert.throws(() => writer.release(7), InvariantViolation);
  assert.deepEqual(writer.append(nothing), []);
});

Deno.test("recovery hands out copies and leaves the image as it was", () => {
  const disk = smallLog();
  const copy = structuredClone(disk.image);

  const verdict = recover(disk.image, OPTIONS);
  const ops: DiskOp[] = verdict.kind === "recovered"
    ? verdict.writer.append({ hardState: hardState(9, 16), entries: [], snapshot: null })
    : [];

  assert.equal(ops.length, 1);
  assert.deepEqual(disk.image, copy);
  for (const bytes of disk.image.values()) bytes.fill(0xff);
  assert.deepEqual(verdict.kind === "recovered" && keptOf(verdict), disk.kept);
});
