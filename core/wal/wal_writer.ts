// The writing half of the log. It turns what Raft wants kept into disk operations and remembers only where the next
// byte goes; it never reads. One call is one write: its records become durable as a whole or not at all, and the
// caller has at most one of them in flight, which is what recovery's verdicts rest on.
//
// The order around a snapshot, each step needing the one before to be on disk:
//
//   saveSnapshot:  snapshot file (replace) ──▶ its mark in the log          (one write)
//   release:       remove old segments, oldest first ──▶ remove old snapshots   (a later write)

import { assert } from "../base/assert.ts";
import type { LogIndex } from "../base/ids.ts";
import type { DiskOp } from "../base/disk.ts";
import type { Entry, HardState, Snapshot } from "../raft/types.ts";
import { encodeWrite, recordBytes, WRITE_NUMBER_COUNT } from "./record.ts";
import type { RecordContent } from "./record.ts";
import {
  entryRecord,
  hardStateRecord,
  HEAD_RECORD_BYTES,
  headRecord,
  markRecord,
  segmentFile,
} from "./segment.ts";
import type { SegmentName, SnapshotMark, WalIdentity } from "./segment.ts";
import { encodeSnapshot, snapshotFile } from "./snapshot_file.ts";
import type { SnapshotName } from "./snapshot_file.ts";

export const SEGMENT_BYTES_MAX_DEFAULT = 64 * 1024 * 1024;

export interface WalOptions {
  /**
   * A write that would make a segment larger than this opens a new one. A write is never split, so one that is
   * larger by itself makes a larger segment. At least 256.
   */
  readonly segmentBytesMax: number;
}

/** What one write keeps: the storage part of a Ready, under the same names. */
export interface WalBatch {
  readonly hardState: HardState | null;
  /** Ascending without gaps. The first one voids whatever the log holds at its index and beyond. */
  readonly entries: readonly Entry[];
  /** A snapshot from the leader: it voids the whole log before `entries`. */
  readonly snapshot: Snapshot | null;
}

/** Everything a writer knows, as plain data. */
export interface WalWriterState {
  readonly identity: WalIdentity;
  readonly segmentBytesMax: number;
  /** On disk, oldest first; the last one is written to. */
  readonly segments: readonly SegmentName[];
  /** Size of the last segment. */
  readonly tailBytes: number;
  /** Header check of the last record. */
  readonly lastCheck: number;
  /** Number of the last write, modulo `WRITE_NUMBER_COUNT`. */
  readonly writeNumber: number;
  readonly lastIndex: LogIndex;
  readonly hardState: HardState | null;
  readonly mark: SnapshotMark | null;
  /** Snapshot files on disk, by ascending index. */
  readonly snapshots: readonly SnapshotName[];
}

export class WalWriter {
  #state: WalWriterState;

  private constructor(state: WalWriterState) {
    this.#state = state;
  }

  /** A log on a disk that recovery called empty (after the repairs it asked for). */
  static create(identity: WalIdentity, options: WalOptions): { writer: WalWriter; ops: DiskOp[] } {
    assert(options.segmentBytesMax >= 256, `segmentBytesMax ${options.segmentBytesMax} is below 256`);
    const writer = new WalWriter({
      identity,
      segmentBytesMax: options.segmentBytesMax,
      segments: [],
      tailBytes: 0,
      lastCheck: 0,
      writeNumber: WRITE_NUMBER_COUNT - 1,
      lastIndex: 0,
      hardState: null,
      mark: null,
      snapshots: [],
    });
    return { writer, ops: [writer.#write([], writer.#state)] };
  }

  static restore(state: WalWriterState): WalWriter {
    return new WalWriter(state);
  }

  /** The state is replaced, never changed in place, so that it may be shared. */
  capture(): WalWriterState {
    return this.#state;
  }

  /** Highest index in the log, or the snapshot's when no entry follows it. */
  get lastIndex(): LogIndex {
    return this.#state.lastIndex;
  }

  /**
   * The operations that make a Ready durable; none when there is nothing to keep.
   * @throws InvariantViolation when the batch would leave a log that no member can be in: a gap, an overwritten
   * commit, a commit beyond the log, an entry of a term that the hard state has not reached.
   */
  append(batch: WalBatch): DiskOp[] {
    const { hardState, entries, snapshot } = batch;
    if (hardState === null && entries.length === 0 && snapshot === null) return [];
    const before = this.#state;
    const ops: DiskOp[] = [];
    const records: RecordContent[] = [];
    let { mark, snapshots, lastIndex } = before;

    if (snapshot !== null) {
      const { index } = snapshot.meta;
      const commit = before.hardState?.commit ?? 0;
      assert(index > commit, `installing a snapshot at ${index}, committed is ${commit}`);
      ({ mark, snapshots } = this.#putSnapshot(snapshot, ops));
      lastIndex = index;
      records.push(markRecord(mark, true));
    }

    if (hardState !== null) records.push(hardStateRecord(hardState));

    const keptState = hardState ?? before.hardState;
    if (entries.length > 0) {
      const firstIndex = entries[0]!.index;
      const floor = Math.max(before.hardState?.commit ?? 0, mark?.index ?? 0);
      assert(firstIndex > floor, `overwriting from ${firstIndex}, committed or snapshotted is ${floor}`);
      assert(firstIndex <= lastIndex + 1, `appending at ${firstIndex} to a log that ends at ${lastIndex}`);
      lastIndex = firstIndex - 1;
      for (const entry of entries) {
        assert(entry.index === lastIndex + 1, () => `entry ${entry.index} follows ${lastIndex}`);
        lastIndex = entry.index;
        records.push(entryRecord(entry));
      }
      const { term } = entries.at(-1)!;
      assert(
        term <= (keptState?.term ?? 0),
        `an entry of term ${term}, the hard state is of ${keptState?.term ?? 0}`,
      );
    }
    const commit = keptState?.commit ?? 0;
    assert(commit <= lastIndex, `saving commit ${commit}, the log ends at ${lastIndex}`);

    ops.push(this.#write(records, { ...before, hardState: keptState, mark, snapshots, lastIndex }));
    return ops;
  }

  /**
   * Keeps a snapshot of this member's own state machine: its file, then its mark. Nothing is removed; see `release`.
   * @throws InvariantViolation unless the snapshot lies beyond the one before and within the committed log.
   */
  saveSnapshot(snapshot: Snapshot): DiskOp[] {
    const { index } = snapshot.meta;
    assert(
      index <= this.#state.lastIndex,
      `a snapshot at ${index} of a log that ends at ${this.#state.lastIndex}`,
    );
    const ops: DiskOp[] = [];
    const { mark, snapshots } = this.#putSnapshot(snapshot, ops);
    ops.push(this.#write([markRecord(mark, false)], { ...this.#state, mark, snapshots }));
    return ops;
  }

  /**
   * Removes what is no longer needed once entries up to `upToIndex` may be forgotten: segments whose entries in
   * force are all at or below it, and snapshots below it except the newest. Choose `upToIndex` some entries before
   * the snapshot, and those entries survive a restart for peers that lag behind.
   * Call it only when the write of the newest snapshot is durable, and at most up to that snapshot.
   */
  release(upToIndex: LogIndex): DiskOp[] {
    const { mark, segments, snapshots } = this.#state;
    assert(
      upToIndex <= (mark?.index ?? 0),
      `releasing up to ${upToIndex}, the snapshot is at ${mark?.index ?? 0}`,
    );
    // When segment k was opened the log ended at firstIndex - 1; so nothing before k holds a later entry in force.
    const oldest = Math.max(0, segments.findLastIndex(({ firstIndex }) => firstIndex <= upToIndex + 1));
    const keptSnapshots = snapshots.filter(({ index }) => index >= upToIndex || index === mark?.index);
    const ops: DiskOp[] = [
      // Oldest first: a crash in between leaves segments without a gap.
      ...segments.slice(0, oldest).map(segmentFile),
      ...snapshots.filter((name) => !keptSnapshots.includes(name)).map(snapshotFile),
    ].map((file) => ({ kind: "remove", file }));
    this.#state = { ...this.#state, segments: segments.slice(oldest), snapshots: keptSnapshots };
    return ops;
  }

  #putSnapshot(
    snapshot: Snapshot,
    ops: DiskOp[],
  ): { mark: SnapshotMark; snapshots: SnapshotName[] } {
    const { identity, mark, snapshots } = this.#state;
    const { index, term } = snapshot.meta;
    assert(index > (mark?.index ?? 0), `a snapshot at ${index}, the one before is at ${mark?.index ?? 0}`);
    const { bytes, fileCheck } = encodeSnapshot(identity, snapshot);
    ops.push({ kind: "replace", file: snapshotFile({ index, term }), bytes });
    const others = snapshots.filter((name) => name.index !== index || name.term !== term);
    return {
      mark: { index, term, fileCheck },
      snapshots: [...others, { index, term }].sort((a, b) => a.index - b.index || a.term - b.term),
    };
  }

  /** One append for the records of one write, in a new segment if they do not fit the last one; `after` becomes the state. */
  #write(records: readonly RecordContent[], after: WalWriterState): DiskOp {
    const before = this.#state;
    let { segments, tailBytes } = before;
    let content = records;

    const moreBytes = records.reduce((sum, { body }) => sum + recordBytes(body.length), 0);
    const full = tailBytes + moreBytes > before.segmentBytesMax && tailBytes > HEAD_RECORD_BYTES;
    if (segments.length === 0 || full) {
      const name = { sequence: (segments.at(-1)?.sequence ?? -1) + 1, firstIndex: before.lastIndex + 1 };
      segments = [...segments, name];
      tailBytes = 0;
      // A segment opens with the newest mark and hard state, unless this very write brings newer ones.
      const brings = (kind: RecordContent["kind"]) => records.some((record) => record.kind === kind);
      content = [
        headRecord(before.identity, name),
        ...(before.mark === null || brings("snapshotMark") ? [] : [markRecord(before.mark, false)]),
        ...(before.hardState === null || brings("hardState") ? [] : [hardStateRecord(before.hardState)]),
        ...records,
      ];
    }

    const writeNumber = (before.writeNumber + 1) % WRITE_NUMBER_COUNT;
    const { bytes, lastCheck } = encodeWrite(content, { previousCheck: before.lastCheck, writeNumber });
    this.#state = { ...after, segments, tailBytes: tailBytes + bytes.length, lastCheck, writeNumber };
    return { kind: "append", file: segmentFile(segments.at(-1)!), offsetBytes: tailBytes, bytes };
  }
}
