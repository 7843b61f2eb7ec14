// What recovery makes of damaged bytes. The promise under test: whatever the damage, a member comes back with
// everything it had kept, or with everything but its last write, or not at all.

import assert from "node:assert/strict";
import type { DiskImage } from "../../../core/base/disk.ts";
import { crc32c } from "../../../core/base/crc32c.ts";
import { clusterId, memberIdOf } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import { listRecords } from "../../../core/wal/record.ts";
import { decodeSnapshot, encodeSnapshot } from "../../../core/wal/snapshot_file.ts";
import { recover } from "../../../core/wal/wal_reader.ts";
import type { RecoveryVerdict } from "../../../core/wal/wal_reader.ts";
import {
  applyOps,
  Disk,
  entriesOf,
  entry,
  hardState,
  IDENTITY,
  type Kept,
  keptOf,
  OPTIONS,
  recovered,
  segmentFiles,
  smallLog,
  snapshotAt,
} from "./wal_model.ts";

function withFile(image: DiskImage, file: string, bytes: Uint8Array): DiskImage {
  return new Map(image).set(file, bytes);
}

/** Which moment of `history` a verdict brings back: its index, or -1 for a refusal. Anything else fails. */
function momentOf(verdict: RecoveryVerdict, history: readonly Kept[], what: string): number {
  if (verdict.kind === "rotten") return -1;
  assert.equal(verdict.kind, "recovered", what);
  if (verdict.kind !== "recovered") return -1;
  const text = JSON.stringify(keptOf(verdict), bytesAsArrays);
  const moment = history.findLastIndex((kept) => JSON.stringify(kept, bytesAsArrays) === text);
  assert.ok(moment >= 0, `${what}: a state this member was never in`);
  return moment;
}

function bytesAsArrays(_: string, value: unknown): unknown {
  return value instanceof Uint8Array ? [...value] : value;
}

Deno.test("every flipped bit of a log is refused, and names what it hit", () => {
  assert.deepEqual(flipEveryBit(smallLog()), { cut: 0, refused: 11_904 });
});

Deno.test("rot in the very last write passes for a tear only where zeros stand, and costs that write alone", () => {
  const disk = smallLog();
  disk.append({ hardState: hardState(4, 12, null) });

  const seen = flipEveryBit(disk);

  // All seven bytes of the vote "nobody" that have zeros, and nothing else, behind them.
  assert.deepEqual(seen, { cut: 56, refused: 12_224 - 56 });
});

/** Flips each bit of the log's segments alone, checks each verdict, and counts them. */
function flipEveryBit(disk: Disk): { cut: number; refused: number } {
  const files = segmentFiles(disk.image);
  const last = disk.history.length - 1;
  const seen = { cut: 0, refused: 0 };
  for (const file of files) {
    const bytes = disk.image.get(file)!;
    const lastWriteStart = file === files.at(-1) ? startOfLastWrite(bytes) : Infinity;
    const records = listRecords(bytes);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const at = bit >> 3;
      const flipped = bytes.slice();
      flipped[at]! ^= 1 << (bit & 7);

      const verdict = recover(withFile(disk.image, file, flipped), OPTIONS);

      const what = `bit ${bit} of ${file}`;
      const moment = momentOf(verdict, disk.history, what);
      if (verdict.kind !== "rotten") {
        assert.ok(moment === last - 1 && at >= lastWriteStart, what);
        seen.cut++;
        continue;
      }
      seen.refused++;
      const record = records.findLast(({ offsetBytes }) => offsetBytes <= at)!;
      const { index, term, kind } = record.header!;
      const inBody = at >= record.offsetBytes + 32;
      assert.deepEqual([verdict.file, verdict.offsetBytes], [file, record.offsetBytes], what);
      assert.deepEqual(verdict.lost, inBody ? { index, term } : null, what);
      if (!inBody || !kind.startsWith("entry")) continue;
      assert.match(verdict.says, new RegExp(`Entry ${index} of term ${term} is lost`));
    }
  }
  return seen;
}

Deno.test("every flipped bit of a snapshot file is seen, and an older snapshot or the log makes up for it", () => {
  const disk = smallLog();
  const file = [...disk.image.keys()].find((name) => name.startsWith("snap/"))!;
  const bytes = disk.image.get(file)!;

  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const flipped = bytes.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    const verdict = recovered(withFile(disk.image, file, flipped));
    assert.deepEqual([verdict.snapshot, verdict.damagedSnapshotFile, verdict.entries.length], [
      null,
      file,
      16,
    ]);
  }
  for (let size = 0; size < bytes.length; size++) {
    assert.equal(recovered(withFile(disk.image, file, bytes.slice(0, size))).snapshot, null);
  }
  assert.equal(recovered(withFile(disk.image, file, new Uint8Array([...bytes, 0]))).snapshot, null);

  disk.append({ hardState: hardState(3, 16) });
  disk.saveSnapshot(snapshotAt(14, 3));
  const newest = [...disk.image.keys()].find((name) => name.startsWith("snap/") && name !== file)!;
  const without = new Map(disk.image);
  without.delete(newest);
  const older = recovered(without);
  assert.deepEqual([older.snapshot, older.damagedSnapshotFile], [snapshotAt(6, 2), newest]);
  assert.deepEqual(older.entries.map(({ index }) => index), [7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  // The older one is what the member goes on from; a new snapshot at the same place heals the log.
  const healed = applyOps(without, older.writer.saveSnapshot(snapshotAt(14, 3)));
  assert.deepEqual(keptOf(recovered(healed)), disk.kept);

  // As long as its entries are kept, an older snapshot is kept as well.
  disk.release(6);
  assert.ok(disk.image.has(file));
  disk.release(14);
  assert.ok(!disk.image.has(file));
  const gone = new Map(disk.image);
  gone.delete(newest);
  const verdict = recover(gone, OPTIONS);
  assert.equal(verdict.kind, "rotten");
  assert.deepEqual(verdict.kind === "rotten" && [verdict.file, verdict.lost], [newest, {
    index: 14,
    term: 3,
  }]);
});

Deno.test("a log cut at any byte of its last segment ends with the last write that is whole; cut elsewhere it is refused", () => {
  const disk = smallLog();
  const files = segmentFiles(disk.image);
  for (const file of files) {
    const bytes = disk.image.get(file)!;
    const isLast = file === files.at(-1);
    const ends = [0, ...writeEnds(bytes)];
    const writesBefore = disk.history.length - 1 - (ends.length - 1);
    for (let size = 0; size < bytes.length; size++) {
      const verdict = recover(withFile(disk.image, file, bytes.slice(0, size)), OPTIONS);
      if (!isLast) {
        assert.equal(verdict.kind, "rotten", `${file} cut at ${size}`);
        continue;
      }
      const whole = ends.findLastIndex((end) => end <= size);
      assert.equal(momentOf(verdict, disk.history, `cut at ${size}`), writesBefore + whole);
      assert.equal(verdict.kind === "recovered" && verdict.tornBytes, size - ends[whole]!);

      // Zeros in place of what is missing are the same tear.
      const filled = bytes.slice().fill(0, size);
      const second = recover(withFile(disk.image, file, filled), OPTIONS);
      const moment = momentOf(second, disk.history, `zeros from ${size}`);
      // Bytes that would have been zero anyway are not missing: then the write is whole.
      assert.ok(
        moment === writesBefore + whole || bytes.slice(size).every((byte) => byte === 0),
        `zeros from ${size}`,
      );
    }
  }
});

Deno.test("a stretch of changed bytes never costs more than the last write", () => {
  const disk = smallLog();
  const prng = new Prng(7);
  const last = disk.history.length - 1;
  for (let round = 0; round < 3000; round++) {
    const file = prng.pick(segmentFiles(disk.image));
    const bytes = disk.image.get(file)!.slice();
    const start = prng.below(bytes.length);
    const end = start + 1 + prng.below(bytes.length - start);
    for (let at = start; at < end; at++) bytes[at] = 1 + prng.below(255);

    const moment = momentOf(
      recover(withFile(disk.image, file, bytes), OPTIONS),
      disk.history,
      `round ${round}`,
    );

    assert.ok(
      moment === -1 || moment >= last - 1,
      `round ${round}: ${file} ${start}..${end} cost ${last - moment}`,
    );
  }
});

Deno.test("sectors of the last write that never arrived are a tear, wherever they lie in it", () => {
  const disk = new Disk(1 << 20);
  disk.append({ hardState: hardState(1, 0), entries: entriesOf(1, 3, 1, 100) });
  disk.append({ entries: entriesOf(4, 30, 1, 150) });
  const file = segmentFiles(disk.image)[0]!;
  const bytes = disk.image.get(file)!;
  const start = startOfLastWrite(bytes);
  const sectors = Math.ceil(bytes.length / 512);
  const prng = new Prng(3);

  for (let round = 0; round < 500; round++) {
    const holed = bytes.slice();
    let holes = 0;
    for (let sector = Math.floor(start / 512); sector < sectors; sector++) {
      if (!prng.chance(300)) continue;
      holed.fill(0, Math.max(start, sector * 512), (sector + 1) * 512);
      holes++;
    }
    const verdict = recovered(withFile(disk.image, file, holed));
    assert.deepEqual(keptOf(verdict), disk.history[holes === 0 ? 2 : 1], `round ${round}`);
    assert.deepEqual(verdict.repairs, holes === 0 ? [] : [{ kind: "truncate", file, sizeBytes: start }]);
  }

  // The same holes are rot once anything was written later, even if that is itself torn in its body.
  const later = disk.append({ entries: entriesOf(31, 31, 1) });
  const whole = disk.image.get(file)!;
  const added = later[0]!.kind === "append" ? later[0]!.bytes.length : 0;
  const holed = whole.slice(0, whole.length - added + 33).fill(0, 1024, 1536);
  assert.equal(recover(withFile(disk.image, file, holed), OPTIONS).kind, "rotten");
});

Deno.test("a record that is missing, doubled or from elsewhere breaks the chain", () => {
  const disk = smallLog();
  const file = segmentFiles(disk.image)[1]!;
  const bytes = disk.image.get(file)!;
  const records = listRecords(bytes);
  const part = (i: number) =>
    bytes.slice(records[i]!.offsetBytes, records[i]!.offsetBytes + records[i]!.sizeBytes);
  const all = records.map((_, i) => part(i));

  for (let i = 0; i < all.length; i++) {
    const missing = all.filter((_, k) => k !== i);
    const doubled = [...all.slice(0, i), all[i]!, ...all.slice(i)];
    for (const parts of [missing, doubled]) {
      const joined = new Uint8Array(parts.flatMap((bytes) => [...bytes]));
      assert.equal(recover(withFile(disk.image, file, joined), OPTIONS).kind, "rotten", `record ${i}`);
    }
  }
  for (const gone of segmentFiles(disk.image).slice(0, -1)) {
    const without = new Map(disk.image);
    without.delete(gone);
    // Without its first segment alone the log still goes on from its snapshot only if that lies behind the gap.
    const verdict = recover(without, OPTIONS);
    assert.ok(momentOf(verdict, disk.history.slice(-1), `without ${gone}`) <= 0);
  }
  const other = new Disk();
  other.append({ hardState: hardState(1, 0), entries: entriesOf(1, 4, 1, 6) });
  const first = segmentFiles(disk.image)[0]!;
  assert.equal(recover(withFile(disk.image, first, other.image.get(first)!), OPTIONS).kind, "rotten");
});

Deno.test("a segment under another name, number or write is refused", () => {
  const disk = smallLog();
  const files = segmentFiles(disk.image);
  const refusal = (image: DiskImage): string => {
    const verdict = recover(image, OPTIONS);
    return verdict.kind === "rotten" ? verdict.says : verdict.kind;
  };

  const only = new Disk();
  const [, bytes] = [...only.image][0]!;
  assert.match(
    refusal(new Map([["wal/0000000000000005-0000000000000001.wal", bytes]])),
    /than its name says/,
  );
  assert.match(
    refusal(new Map([["wal/0000000000000000-0000000000000002.wal", bytes]])),
    /than its name says/,
  );
  const twin = files[1]!.replace(/.\.wal$/, "f.wal");
  assert.match(refusal(withFile(disk.image, twin, disk.image.get(files[1]!)!)), /same number/);

  const tail = disk.image.get(files.at(-1)!)!.slice();
  const { offsetBytes } = listRecords(tail).at(-1)!;
  tail[offsetBytes + 23]! ^= 1;
  resign(tail, offsetBytes);
  assert.match(refusal(withFile(disk.image, files.at(-1)!, tail)), /does not continue/);
});

Deno.test("a snapshot file counts only if it is the very one that was marked, to its last byte", () => {
  const disk = smallLog();
  const meant = { ...snapshotAt(6, 2).meta, identity: IDENTITY };
  const file = [...disk.image.keys()].find((name) => name.startsWith("snap/"))!;
  const other = encodeSnapshot(IDENTITY, { ...snapshotAt(6, 2), data: Uint8Array.of(1) });

  assert.notEqual(decodeSnapshot(other.bytes, { ...meant, fileCheck: other.fileCheck }), null);
  assert.equal(recovered(withFile(disk.image, file, other.bytes)).damagedSnapshotFile, file);

  new DataView(other.bytes.buffer).setBigUint64(48, 2n, true);
  const fileCheck = crc32c(other.bytes.subarray(0, 60));
  new DataView(other.bytes.buffer).setUint32(60, fileCheck, true);
  assert.equal(decodeSnapshot(other.bytes, { ...meant, fileCheck }), null);
});

Deno.test("a disk without a log is empty, also after a crash in its first write; a lost log is not", () => {
  const disk = new Disk();
  const [file] = segmentFiles(disk.image);
  const bytes = disk.image.get(file!)!;

  assert.deepEqual(recover(new Map(), OPTIONS), { kind: "empty", tornBytes: 0, repairs: [] });
  for (let size = 0; size < bytes.length; size++) {
    for (const torn of [bytes.slice(0, size), bytes.slice().fill(0, size)]) {
      if (bytes.every((byte, at) => byte === torn[at])) continue;
      const verdict = recover(new Map([[file!, torn]]), OPTIONS);
      assert.equal(verdict.kind, "empty", `cut at ${size}`);
      assert.deepEqual(verdict.kind === "empty" && verdict.repairs, [{ kind: "remove", file }]);
    }
  }
  assert.deepEqual(recovered(disk.image).hardState, hardState(0, 0, null));

  const small = smallLog();
  const onlySnapshot = new Map([...small.image].filter(([name]) => name.startsWith("snap/")));
  assert.equal(recover(onlySnapshot, OPTIONS).kind, "rotten");
  const lastFile = segmentFiles(small.image).at(-1)!;
  assert.equal(recover(new Map([[lastFile, new Uint8Array(0)]]), OPTIONS).kind, "rotten");
});

Deno.test("another member's log and a later version's are told apart from rot", () => {
  const disk = smallLog();
  const stranger = { clusterId: clusterId("00000000000000aa"), memberId: memberIdOf(5) };

  const foreign = recover(disk.image, { ...OPTIONS, identity: stranger });
  assert.deepEqual(foreign.kind === "foreign" && foreign.identity, IDENTITY);
  const whoever = recover(disk.image, { ...OPTIONS, identity: null });
  assert.deepEqual(whoever.kind === "recovered" && whoever.identity, IDENTITY);

  const file = segmentFiles(disk.image)[0]!;
  const bytes = disk.image.get(file)!.slice();
  new DataView(bytes.buffer).setUint32(32 + 4, 2, true);
  resign(bytes, 0);
  const verdict = recover(withFile(disk.image, file, bytes), OPTIONS);
  assert.deepEqual(verdict.kind === "unknownVersion" && verdict.version, 2);
});

Deno.test("arbitrary and forged bytes end in a verdict, whatever they claim", () => {
  const prng = new Prng(11);
  const disk = smallLog();
  const kinds = new Set<string>();
  for (let round = 0; round < 4000; round++) {
    const file = prng.pick([...disk.image.keys()]);
    const bytes = disk.image.get(file)!.slice();
    if (prng.chance(100)) {
      for (let at = 0; at < bytes.length; at++) bytes[at] = prng.below(256);
    } else if (file.startsWith("wal/")) {
      // A change that passes its checks, and with luck the chain: the last record of the last segment, or any.
      const view = prng.chance(500) ? listRecords(bytes).at(-1)! : prng.pick(listRecords(bytes));
      for (let n = prng.between(1, 3); n > 0; n--) {
        bytes[view.offsetBytes + prng.below(view.sizeBytes)] = prng.pick([0, 1, 2, 3, 0x7f, 0x80, 0xff]);
      }
      resign(bytes, view.offsetBytes);
    }
    const image = new Map([...disk.image].filter(() => !prng.chance(50)));
    image.set(file, bytes);

    const verdict = recover(image, OPTIONS);

    kinds.add(verdict.kind);
    if (verdict.kind !== "recovered") continue;
    const { entries, snapshot, hardState } = verdict;
    const first = (snapshot?.meta.index ?? 0) + 1;
    entries.forEach((each, i) => assert.equal(each.index, first + i));
    assert.ok(hardState.commit <= first - 1 + entries.length, `round ${round}`);
    assert.ok((entries.at(-1)?.term ?? 0) <= hardState.term, `round ${round}`);
  }
  assert.ok(kinds.has("recovered") && kinds.has("rotten"));
});

Deno.test("a log whose checks hold but which makes no sense is refused", () => {
  const cases: readonly (readonly [string, number, (view: DataView, at: number) => void, RegExp])[] = [
    ["an entry after a gap", -1, (view, at) => view.setUint32(at + 8, 40, true), /entry 40 follows entry 15/],
    ["an entry of a term not reached", -1, (view, at) => view.setUint32(at + 16, 9, true), /term 9/],
    ["an entry at index 0", -1, (view, at) => view.setUint32(at + 8, 0, true), /index 0/],
  ];
  for (const [what, place, change, says] of cases) {
    const disk = smallLog();
    const file = segmentFiles(disk.image).at(-1)!;
    const bytes = disk.image.get(file)!.slice();
    const { offsetBytes } = listRecords(bytes).at(place)!;
    change(new DataView(bytes.buffer), offsetBytes);
    resign(bytes, offsetBytes);
    const verdict = recover(withFile(disk.image, file, bytes), OPTIONS);
    assert.match(verdict.kind === "rotten" ? verdict.says : verdict.kind, says, what);
  }
  const disk = new Disk();
  disk.append({ hardState: hardState(1, 1), entries: [entry(1, 1)] });
  disk.append({ hardState: hardState(1, 1) });
  const file = segmentFiles(disk.image)[0]!;
  const bytes = disk.image.get(file)!.slice();
  const { offsetBytes } = listRecords(bytes).at(-1)!;
  new DataView(bytes.buffer).setUint32(offsetBytes + 8, 2, true);
  resign(bytes, offsetBytes);
  const verdict = recover(withFile(disk.image, file, bytes), OPTIONS);
  assert.match(verdict.kind === "rotten" ? verdict.says : verdict.kind, /commit 2 is beyond/);
});

/** Makes both checks of the record at `at` hold again. */
function resign(bytes: Uint8Array, at: number): void {
  const view = new DataView(bytes.buffer);
  const bodyBytes = Math.min(view.getUint32(at, true), bytes.length - at - 32);
  view.setUint32(at + 24, crc32c(bytes.subarray(at + 32, at + 32 + bodyBytes)), true);
  view.setUint32(at + 28, crc32c(bytes.subarray(at, at + 28)), true);
}

function writeEnds(bytes: Uint8Array): number[] {
  return listRecords(bytes)
    .filter(({ header }) => header!.lastOfWrite)
    .map(({ offsetBytes, sizeBytes }) => offsetBytes + sizeBytes);
}

function startOfLastWrite(bytes: Uint8Array): number {
  return writeEnds(bytes).at(-2) ?? 0;
}
