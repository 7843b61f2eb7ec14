// The log in memory: everything after the last compaction, with the marks that say how far it has come.
//
//      compacted │ applied      handed       commit                last
//   ─────────────┼────┴────────────┴────────────┴─────────────────────┤
//             base            durable ─┘  └─ writing ─┘ └── unwritten ┘
//
//   base     the entry before the first one here; its term is kept, so that appends can be matched against it
//   applied  the state machine has it                         applied <= handed <= commit <= last
//   handed   given out to be applied
//   durable  known to be on this member's disk; may be ahead of or behind `commit`
//   writing  given out to be written, its write not yet reported durable
//
// etcd's raftLog and unstable in one: entries stay in memory until compaction, so nothing here waits for a disk.

import { assert } from "../base/assert.ts";
import type { LogIndex, Term } from "../base/ids.ts";
import type { LogPosition } from "./log_position.ts";
import { type RaftRules, SOUND_RULES } from "./rules.ts";
import type { Entry, Snapshot } from "./types.ts";

/** What `append` did: the entries that went in, and those that had to go. */
export interface AppendEffect {
  readonly first: LogIndex;
  readonly last: LogIndex;
  /** Last index before the append when a tail was cut, else 0. */
  readonly overwrittenLast: LogIndex;
}

/** A batch out for applying. */
interface AppliedBatch {
  readonly last: LogIndex;
  readonly bytes: number;
  readonly payloadBytes: number;
}

export interface RaftLogCapture {
  readonly base: LogPosition;
  readonly entries: readonly Entry[];
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  readonly handed: LogIndex;
  readonly durable: LogIndex;
  readonly nextUnwritten: LogIndex;
  readonly writingLast: LogIndex;
  readonly snapshot: Snapshot | null;
  readonly snapshotState: "none" | "waiting" | "writing";
  readonly batches: readonly AppliedBatch[];
  readonly applyPaused: boolean;
}

export class RaftLog {
  #base: LogPosition;
  #entries: Entry[];
  /** Highest index known to be committed. Never falls. */
  #commit: LogIndex;
  #applied: LogIndex;
  #handed: LogIndex;
  #durable: LogIndex;
  /** The first entry that no write carries yet. */
  #nextUnwritten: LogIndex;
  /** Of the write in flight, the highest entry that is still what it was when the write began. */
  #writingLast: LogIndex = 0;
  #snapshot: Snapshot | null = null;
  #snapshotState: "none" | "waiting" | "writing" = "none";
  #batches: AppliedBatch[] = [];
  #batchesBytes = 0;
  #applyPaused = false;
  readonly #committedBytesMax: number;
  readonly #rules: RaftRules;

  /** A log as recovered from disk: `entries` follow `base`, and all of it is durable. */
  constructor(
    base: LogPosition,
    entries: readonly Entry[],
    committedBytesMax: number,
    rules: RaftRules = SOUND_RULES,
  ) {
    assertFollows(base, entries);
    this.#base = base;
    this.#entries = entries.slice();
    this.#commit = base.index;
    this.#applied = base.index;
    this.#handed = base.index;
    this.#durable = base.index + entries.length;
    this.#nextUnwritten = this.#durable + 1;
    this.#committedBytesMax = committedBytesMax;
    this.#rules = rules;
  }

  get commit(): LogIndex {
    return this.#commit;
  }

  get applied(): LogIndex {
    return this.#applied;
  }

  /** Highest index known to be on this member's disk. */
  get durable(): LogIndex {
    return this.#durable;
  }

  get firstIndex(): LogIndex {
    return this.#base.index + 1;
  }

  get lastIndex(): LogIndex {
    return this.#base.index + this.#entries.length;
  }

  last(): LogPosition {
    const entry = this.#entries[this.#entries.length - 1];
    return entry === undefined ? this.#base : { index: entry.index, term: entry.term };
  }

  /** The term of the entry at `index`; null when it is compacted away or beyond the end. */
  termAt(index: LogIndex): Term | null {
    if (index === this.#base.index) return this.#base.term;
    return this.#entries[index - this.#base.index - 1]?.term ?? null;
  }

  holds(position: LogPosition): boolean {
    return this.termAt(position.index) === position.term;
  }

  /** True when a log ending at `theirs` is at least as far as this one: its owner may have our vote. (Paper §5.4.1) */
  isUpToDate(theirs: LogPosition): boolean {
    return this.#rules.mayHaveVote(this.#rules.compareLogs(theirs, this.last()));
  }

  /**
   * Entries `from` to `to`, both included, but no more than fit in `bytesMax`; the first one always comes along.
   * @throws InvariantViolation when the range is not all here.
   */
  slice(from: LogIndex, to: LogIndex, bytesMax = Infinity): readonly Entry[] {
    if (from > to) return [];
    assert(
      from > this.#base.index,
      () => `entry ${from} is compacted away, the log begins at ${this.firstIndex}`,
    );
    assert(to <= this.lastIndex, () => `entry ${to} is beyond the end ${this.lastIndex}`);
    const start = from - this.#base.index - 1;
    let end = to - this.#base.index;
    if (bytesMax !== Infinity) {
      let bytes = 0;
      for (let at = start; at < end; at++) {
        bytes += entryBytes(this.#entries[at]!);
        if (bytes > bytesMax && at > start) end = at;
      }
    }
    return this.#entries.slice(start, end);
  }

  /**
   * Fits a leader's entries in behind `previous`; null when this log does not hold `previous`, and nothing changes.
   * Entries that are here already are left alone: a late or repeated append must not cut a tail that a newer one has
   * built. Only at a real conflict of terms does the tail go. (Paper §5.3, figure 2)
   */
  maybeAppend(previous: LogPosition, entries: readonly Entry[]): AppendEffect | "nothingNew" | null {
    const any = this.termAt(previous.index) !== null;
    if (!this.#rules.fitsBehind(this.holds(previous), any)) return null;
    const kept = this.#rules.keptCount(this.#findConflict(entries));
    return kept === entries.length ? "nothingNew" : this.append(entries.slice(kept));
  }

  /** How many of `entries` are here already. */
  #findConflict(entries: readonly Entry[]): number {
    const at = entries.findIndex((entry) => !this.holds(entry));
    return at < 0 ? entries.length : at;
  }

  /** Puts `entries` in at the place of the first one, in place of whatever is there and beyond. */
  append(entries: readonly Entry[]): AppendEffect {
    const first = entries[0]!.index;
    assert(
      first > this.#commit,
      () => `entry ${first} would replace a committed one, commit is ${this.#commit}`,
    );
    assert(
      first <= this.lastIndex + 1,
      () => `entry ${first} leaves a gap, the log ends at ${this.lastIndex}`,
    );
    const lastBefore = this.lastIndex;
    const cuts = first <= lastBefore;
    if (cuts) {
      this.#entries.length = first - this.#base.index - 1;
      this.#durable = Math.min(this.#durable, first - 1);
      this.#nextUnwritten = Math.min(this.#nextUnwritten, first);
      // The write in flight carries a tail that is history now. Were its completion to count for what stands there
      // by then, this could happen:
      //   1. A (term 2) sends us entry 5; its write begins.
      //   2. B (term 3) replaces entry 5 by its own; that waits for the first write.
      //   3. A leads again (term 4) and sends entry 5 of term 2 once more, the same index and term as in 1.
      //   4. The first write completes. With several writes in flight, B's entry 5 might still be about to land on
      //      top of it, while we promise A's.
      // So a cut also shortens what the write in flight may vouch for.
      this.#writingLast = Math.min(this.#writingLast, first - 1);
    }
    for (const entry of entries) this.#entries.push(entry);
    return { first, last: this.lastIndex, overwrittenLast: cuts ? lastBefore : 0 };
  }

  /**
   * Where to look for agreement next, after a log that has `term` at `index` did not fit: the highest place at or
   * below `index` whose term here is not greater than `term`. Terms only grow along a log, so every place skipped
   * is known to differ, and a probe costs one round per term instead of one per entry. (Paper §5.3, end)
   */
  findConflictByTerm(index: LogIndex, term: Term): LogPosition {
    for (let at = index; at > 0; at--) {
      const ours = this.termAt(at);
      if (ours === null) return { index: at, term: 0 };
      if (ours <= term) return { index: at, term: ours };
    }
    return { index: 0, term: 0 };
  }

  /** Moves the commit index up to `index`; false when it is there already. */
  commitTo(index: LogIndex): boolean {
    if (index <= this.#commit) return false;
    assert(
      index <= this.lastIndex,
      () =>
        `told to commit ${index}, but the log ends at ${this.lastIndex}: entries once acknowledged are lost`,
    );
    this.#commit = index;
    return true;
  }

  /** True when a committed entry that is not yet applied may change the configuration. */
  hasUnappliedConfChange(): boolean {
    for (let index = this.#applied + 1; index <= this.#commit; index++) {
      if (this.#entries[index - this.#base.index - 1]?.kind !== "normal") return true;
    }
    return false;
  }

  /** Replaces the whole log by a snapshot that is yet to be written. */
  restoreSnapshot(snapshot: Snapshot): void {
    const { index, term } = snapshot.meta;
    assert(index > this.#commit, () => `snapshot ${index} is not ahead of commit ${this.#commit}`);
    // What is committed is part of the snapshot and stays on disk until the snapshot is there.
    this.#durable = Math.min(this.#durable, this.#commit);
    this.#base = { index, term };
    this.#entries = [];
    this.#commit = index;
    this.#nextUnwritten = index + 1;
    this.#writingLast = 0;
    this.#snapshot = snapshot;
    this.#snapshotState = "waiting";
  }

  /** True from the arrival of a snapshot until its write is durable. */
  hasPendingSnapshot(): boolean {
    return this.#snapshotState !== "none";
  }

  /** True when a write would carry something. */
  hasUnwritten(): boolean {
    return this.#snapshotState === "waiting" || this.#nextUnwritten <= this.lastIndex;
  }

  /** Gives out everything that no write carries yet. One write at a time: `written` answers. */
  takeUnwritten(): { readonly snapshot: Snapshot | null; readonly entries: readonly Entry[] } {
    const entries = this.slice(this.#nextUnwritten, this.lastIndex);
    const snapshot = this.#snapshotState === "waiting" ? this.#snapshot : null;
    this.#nextUnwritten = this.lastIndex + 1;
    this.#writingLast = this.lastIndex;
    if (snapshot !== null) this.#snapshotState = "writing";
    return { snapshot, entries };
  }

  /**
   * The write in flight is durable. What it vouches for is what it carried and nobody replaced since.
   * @param snapshotIndex the snapshot it carried, 0 for none.
   */
  written(snapshotIndex: LogIndex): void {
    this.#durable = Math.max(this.#durable, this.#writingLast);
    this.#writingLast = 0;
    if (this.#snapshotState !== "writing") return;
    assert(
      this.#snapshot?.meta.index === snapshotIndex,
      () => `snapshot ${snapshotIndex} was written, not ${this.#snapshot?.meta.index}`,
    );
    this.#snapshot = null;
    this.#snapshotState = "none";
  }

  /** True when committed entries wait to be given out. */
  hasCommitted(includeUnwritten: boolean): boolean {
    if (this.#applyPaused || this.hasPendingSnapshot()) return false;
    // A batch that waits for the write in flight must not be overtaken by one that does not.
    if (!includeUnwritten && this.#handed > this.#applied) return false;
    return this.#handed < this.#appliableLast(includeUnwritten);
  }

  /**
   * Gives out committed entries to apply, within the limit on the bytes that are out at any time.
   * @param includeUnwritten also those not on disk yet, because the same hand-over carries them there first.
   */
  takeCommitted(includeUnwritten: boolean): readonly Entry[] {
    if (!this.hasCommitted(includeUnwritten)) return [];
    const last = this.#appliableLast(includeUnwritten);
    const room = this.#committedBytesMax - this.#batchesBytes;
    const entries = this.slice(this.#handed + 1, last, room);
    let bytes = 0;
    let payloadBytes = 0;
    for (const entry of entries) {
      bytes += entryBytes(entry);
      payloadBytes += entry.data.length;
    }
    this.#handed += entries.length;
    this.#batches.push({ last: this.#handed, bytes, payloadBytes });
    this.#batchesBytes += bytes;
    // A batch that was cut to fit waits for its turn too, or the limit would mean nothing.
    this.#applyPaused = this.#batchesBytes >= this.#committedBytesMax || this.#handed < last;
    return entries;
  }

  #appliableLast(includeUnwritten: boolean): LogIndex {
    return includeUnwritten ? this.#commit : Math.min(this.#commit, this.#durable);
  }

  /** The state machine holds everything up to `index`. Returns the payload bytes this settles. */
  appliedTo(index: LogIndex): number {
    assert(index >= this.#applied, () => `applied ${index} after ${this.#applied}`);
    assert(index <= this.#commit, () => `applied ${index} beyond commit ${this.#commit}`);
    this.#applied = index;
    this.#handed = Math.max(this.#handed, index);
    let payloadBytes = 0;
    while (this.#batches.length > 0 && this.#batches[0]!.last <= index) {
      const batch = this.#batches.shift()!;
      this.#batchesBytes -= batch.bytes;
      payloadBytes += batch.payloadBytes;
    }
    this.#applyPaused = this.#batchesBytes >= this.#committedBytesMax;
    return payloadBytes;
  }

  /** Forgets entries up to `index`, which the host's snapshot covers. What is gone already stays gone. */
  compact(index: LogIndex): void {
    if (index <= this.#base.index) return;
    assert(index <= this.#applied, () => `compacting ${index} beyond applied ${this.#applied}`);
    const term = this.termAt(index)!;
    this.#entries = this.#entries.slice(index - this.#base.index);
    this.#base = { index, term };
  }

  capture(): RaftLogCapture {
    return {
      base: this.#base,
      entries: this.#entries.slice(),
      commit: this.#commit,
      applied: this.#applied,
      handed: this.#handed,
      durable: this.#durable,
      nextUnwritten: this.#nextUnwritten,
      writingLast: this.#writingLast,
      snapshot: this.#snapshot,
      snapshotState: this.#snapshotState,
      batches: this.#batches.slice(),
      applyPaused: this.#applyPaused,
    };
  }

  static restore(
    capture: RaftLogCapture,
    committedBytesMax: number,
    rules: RaftRules = SOUND_RULES,
  ): RaftLog {
    const log = new RaftLog(capture.base, capture.entries, committedBytesMax, rules);
    log.#commit = capture.commit;
    log.#applied = capture.applied;
    log.#handed = capture.handed;
    log.#durable = capture.durable;
    log.#nextUnwritten = capture.nextUnwritten;
    log.#writingLast = capture.writingLast;
    log.#snapshot = capture.snapshot;
    log.#snapshotState = capture.snapshotState;
    log.#batches = capture.batches.slice();
    log.#batchesBytes = capture.batches.reduce((sum, batch) => sum + batch.bytes, 0);
    log.#applyPaused = capture.applyPaused;
    return log;
  }
}

/** Bytes of an entry as raftpb encodes it: what limits on messages and batches count. */
export function entryBytes(entry: Entry): number {
  const dataBytes = entry.data.length;
  const head = 2 + 1 + varintBytes(entry.term) + 1 + varintBytes(entry.index);
  return dataBytes === 0 ? head : head + 1 + varintBytes(dataBytes) + dataBytes;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) bytes += 1;
  return bytes;
}

/** True when `entries` continue `previous` without a gap, and no term falls or exceeds `termMax`. */
export function isContiguous(previous: LogPosition, entries: readonly Entry[], termMax: Term): boolean {
  let { index, term } = previous;
  for (const entry of entries) {
    if (entry.index !== index + 1 || entry.term < term) return false;
    index = entry.index;
    term = entry.term;
  }
  return term <= termMax;
}

function assertFollows(base: LogPosition, entries: readonly Entry[]): void {
  assert(
    isContiguous(base, entries, Infinity),
    () => `recovered entries do not continue index ${base.index} of term ${base.term}`,
  );
}
