// A second opinion for the log's tests: a disk that obeys operations and crashes, and a plain list of what a member
// has written, write by write. It shares no line with the code it judges.

import assert from "node:assert/strict";
import type { DiskImage, DiskOp } from "../../../core/base/disk.ts";
import { clusterId, memberIdOf } from "../../../core/base/ids.ts";
import type { Entry, HardState, Snapshot } from "../../../core/raft/types.ts";
import type { WalIdentity } from "../../../core/wal/segment.ts";
import { recover } from "../../../core/wal/wal_reader.ts";
import type { RecoveredWal, RecoveryVerdict } from "../../../core/wal/wal_reader.ts";
import { WalWriter } from "../../../core/wal/wal_writer.ts";
import type { WalBatch } from "../../../core/wal/wal_writer.ts";

export const IDENTITY: WalIdentity = { clusterId: clusterId("ef37ad9dc622a7c4"), memberId: memberIdOf(0x82) };
export const SEGMENT_BYTES_MAX = 512;
export const OPTIONS = { identity: IDENTITY, segmentBytesMax: SEGMENT_BYTES_MAX };

export function entry(index: number, term: number, dataBytes = 5): Entry {
  // Never a zero byte: zeros are what the format takes for missing data.
  const data = Uint8Array.from({ length: dataBytes }, (_, i) => 1 + (index * 31 + term * 7 + i) % 255);
  return {
    index,
    term,
    kind: index % 5 === 0 ? "confChangeV2" : index % 3 === 0 ? "confChangeV1" : "normal",
    data,
  };
}

export function entriesOf(first: number, last: number, term: number, dataBytes = 5): Entry[] {
  return Array.from({ length: last - first + 1 }, (_, i) => entry(first + i, term, dataBytes));
}

export function hardState(term: number, commit: number, vote: number | null = 3): HardState {
  return { term, vote: vote === null ? null : memberIdOf(vote), commit };
}

export function snapshotAt(index: number, term: number, dataBytes = 40): Snapshot {
  return {
    meta: {
      index,
      term,
      confState: {
        voters: [memberIdOf(1), memberIdOf(2), memberIdOf(3)],
        learners: [memberIdOf(9)],
        votersOutgoing: [],
        learnersNext: [],
        autoLeave: index % 2 === 0,
      },
    },
    data: Uint8Array.from({ length: dataBytes }, (_, i) => 1 + (index + i) % 255),
  };
}

/** What a restart must bring back. */
export interface Kept {
  readonly hardState: HardState;
  readonly snapshot: Snapshot | null;
  readonly entries: readonly Entry[];
}

export const NOTHING_KEPT: Kept = { hardState: hardState(0, 0, null), snapshot: null, entries: [] };

export function keptAfter(kept: Kept, batch: Partial<WalBatch>): Kept {
  const { hardState, snapshot, entries } = { hardState: null, snapshot: null, entries: [], ...batch };
  const base = snapshot === null ? kept : { ...kept, snapshot, entries: [] };
  const first = entries[0]?.index ?? Infinity;
  const commit = Math.max((hardState ?? base.hardState).commit, base.snapshot?.meta.index ?? 0);
  return {
    ...base,
    hardState: { ...(hardState ?? base.hardState), commit },
    entries: [...base.entries.filter(({ index }) => index < first), ...entries],
  };
}

export function keptWithSnapshot(kept: Kept, snapshot: Snapshot): Kept {
  return { ...kept, snapshot, entries: kept.entries.filter(({ index }) => index > snapshot.meta.index) };
}

export function keptOf(recovered: RecoveredWal): Kept {
  const { hardState, snapshot, entries } = recovered;
  return { hardState, snapshot, entries };
}

/** The image after a whole write; arguments stay as they are. */
export function applyOps(image: DiskImage, ops: readonly DiskOp[]): Map<string, Uint8Array> {
  const after = new Map(image);
  for (const op of ops) {
    switch (op.kind) {
      case "append": {
        const old = after.get(op.file) ?? new Uint8Array(0);
        assert.equal(op.offsetBytes, old.length, `an append to ${op.file} misses its end`);
        after.set(op.file, joined(old, op.bytes));
        break;
      }
      case "truncate": {
        const old = after.get(op.file)!;
        assert.ok(op.sizeBytes < old.length, "a truncate must shorten");
        after.set(op.file, old.slice(0, op.sizeBytes));
        break;
      }
      case "replace":
        after.set(op.file, op.bytes);
        break;
      case "remove":
        assert.ok(after.delete(op.file), `removing ${op.file}, which does not exist`);
    }
  }
  return after;
}

/** The image after a crash that kept `opCount` operations, and `tornBytes` of the next if that is an append. */
export function crashAfter(
  image: DiskImage,
  ops: readonly DiskOp[],
  at: { readonly opCount: number; readonly tornBytes: number; readonly zeroFill: boolean },
): Map<string, Uint8Array> {
  const after = applyOps(image, ops.slice(0, at.opCount));
  const next = ops[at.opCount];
  if (next?.kind !== "append") return after;
  const arrived = next.bytes.slice(0, at.zeroFill ? undefined : at.tornBytes).fill(0, at.tornBytes);
  return applyOps(after, [{ ...next, bytes: arrived }]);
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const whole = new Uint8Array(left.length + right.length);
  whole.set(left);
  whole.set(right, left.length);
  return whole;
}

/** A member's disk with everything it was told to keep, after each write. */
export class Disk {
  image = new Map<string, Uint8Array>();
  writer: WalWriter;
  /** `history[n]`: what a restart after n writes brings back; [0] is after the log's creation. */
  readonly history: Kept[] = [NOTHING_KEPT];

  constructor(segmentBytesMax = SEGMENT_BYTES_MAX) {
    const { writer, ops } = WalWriter.create(IDENTITY, { segmentBytesMax });
    this.writer = writer;
    this.image = applyOps(this.image, ops);
  }

  get kept(): Kept {
    return this.history.at(-1)!;
  }

  append(batch: Partial<WalBatch>): DiskOp[] {
    const ops = this.writer.append({ hardState: null, entries: [], snapshot: null, ...batch });
    this.image = applyOps(this.image, ops);
    this.history.push(keptAfter(this.kept, batch));
    return ops;
  }

  saveSnapshot(snapshot: Snapshot): DiskOp[] {
    const ops = this.writer.saveSnapshot(snapshot);
    this.image = applyOps(this.image, ops);
    this.history.push(keptWithSnapshot(this.kept, snapshot));
    return ops;
  }

  release(upToIndex: number): DiskOp[] {
    const ops = this.writer.release(upToIndex);
    this.image = applyOps(this.image, ops);
    return ops;
  }
}

export function recovered(image: DiskImage): RecoveredWal {
  const verdict: RecoveryVerdict = recover(image, OPTIONS);
  assert.equal(verdict.kind, "recovered", JSON.stringify(verdict));
  return verdict as RecoveredWal;
}

/** Four segments of 512 bytes, a snapshot among them, an overwritten tail, and a last write of several records. */
export function smallLog(): Disk {
  const disk = new Disk();
  disk.append({ hardState: hardState(1, 0), entries: entriesOf(1, 4, 1) });
  disk.append({ hardState: hardState(1, 3), entries: entriesOf(5, 7, 1) });
  disk.append({ hardState: hardState(2, 4), entries: entriesOf(6, 8, 2) });
  disk.append({ hardState: hardState(2, 7) });
  disk.saveSnapshot(snapshotAt(6, 2));
  disk.append({ entries: entriesOf(9, 10, 2) });
  disk.append({ hardState: hardState(3, 8), entries: entriesOf(9, 13, 3) });
  disk.append({ hardState: hardState(3, 11), entries: [entry(14, 3)] });
  disk.append({ entries: entriesOf(15, 16, 3, 21) });
  return disk;
}

export function segmentFiles(image: DiskImage): string[] {
  return [...image.keys()].filter((file) => file.startsWith("wal/")).sort();
}
