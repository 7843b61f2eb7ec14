// What a leader knows of one member's log, and how fast it may send to it. etcd's tracker.Progress.
//
//              ┌──────── rejected, unreachable ───────┐
//              ▼                                      │
//   ┌──────────────┐       acknowledged       ┌───────────────┐
//   │    probe     │─────────────────────────▶│   replicate   │
//   │ one append   │                          │ many appends  │
//   │ per heartbeat│                          │ in flight     │
//   └──────────────┘                          └───────────────┘
//      │        ▲                                     ▲
//      │ entry  │ reported                            │ acknowledged at or beyond the log's start
//      │ gone   │                                     │
//      ▼        │                                     │
//   ┌──────────────┐                                  │
//   │   snapshot   │──────────────────────────────────┘
//   │ sends nothing│
//   └──────────────┘

import { assert } from "../base/assert.ts";
import type { LogIndex } from "../base/ids.ts";

export type ProgressState = "probe" | "replicate" | "snapshot";

/** The data of a Progress, as keyframes keep it. */
export interface ProgressCapture {
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly sentCommit: LogIndex;
  readonly state: ProgressState;
  readonly pendingSnapshot: LogIndex;
  readonly recentActive: boolean;
  readonly flowPaused: boolean;
  readonly inflights: readonly LogIndex[];
  readonly inflightMax: number;
}

export class Progress {
  /** Highest entry known to be durable there. Invariant: match < next. */
  match: LogIndex = 0;
  /** The next entry to send. In "snapshot": the snapshot's index + 1. */
  next: LogIndex;
  /** Highest commit index told to it, as far as that may have arrived; falls back when appends may be lost. */
  sentCommit: LogIndex = 0;
  state: ProgressState = "probe";
  /** The snapshot on its way; 0 unless the state is "snapshot". */
  pendingSnapshot: LogIndex = 0;
  /** Heard from since the last check of the quorum. (Thesis §6.2) */
  recentActive = false;
  /** An append is out that must be answered, or a heartbeat be answered, before the next one leaves. */
  flowPaused = false;
  readonly inflights: Inflights;

  constructor(next: LogIndex, inflightMax: number) {
    assert(next >= 1, `next index ${next} is below 1`);
    this.next = next;
    this.inflights = new Inflights(inflightMax);
  }

  /** Sends one append at a time from here on, beginning after the last known match or the snapshot just sent. */
  becomeProbe(): void {
    const after = this.state === "snapshot" ? Math.max(this.match, this.pendingSnapshot) : this.match;
    this.#become("probe");
    this.next = after + 1;
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
  }

  becomeReplicate(): void {
    this.#become("replicate");
    this.next = this.match + 1;
  }

  becomeSnapshot(index: LogIndex): void {
    this.#become("snapshot");
    this.pendingSnapshot = index;
    this.next = index + 1;
    this.sentCommit = index;
  }

  #become(state: ProgressState): void {
    this.state = state;
    this.flowPaused = false;
    this.pendingSnapshot = 0;
    this.inflights.clear();
  }

  /** Books an append of `entryCount` entries that has just left. */
  sentEntries(entryCount: number): void {
    assert(this.state !== "snapshot", "an append was sent to a member that awaits a snapshot");
    if (this.state === "probe") {
      if (entryCount > 0) this.flowPaused = true;
      return;
    }
    if (entryCount > 0) {
      this.next += entryCount;
      this.inflights.add(this.next - 1);
    }
    // With a full window this append is the last one until something comes back.
    this.flowPaused = this.inflights.isFull();
  }

  /** True when telling `commit` would let the member advance beyond what the last message allowed it. */
  canBumpCommit(commit: LogIndex): boolean {
    return commit > this.sentCommit && this.sentCommit < this.next - 1;
  }

  /** Takes an acknowledgement up to `index`; false when it is old news. */
  maybeUpdate(index: LogIndex): boolean {
    if (index <= this.match) return false;
    this.match = index;
    this.next = Math.max(this.next, index + 1);
    this.flowPaused = false;
    return true;
  }

  /**
   * Takes the refusal of the append that followed entry `rejected`; false when it is old news.
   * @param hint the highest index at which the logs may agree.
   */
  maybeDecrease(rejected: LogIndex, hint: LogIndex): boolean {
    if (this.state === "replicate") {
      if (rejected <= this.match) return false;
      this.next = this.match + 1;
    } else {
      // Only one probe is out at a time: a refusal of anything else is late.
      if (this.next - 1 !== rejected) return false;
      this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1);
      this.flowPaused = false;
    }
    this.sentCommit = Math.min(this.sentCommit, this.next - 1);
    return true;
  }

  isPaused(): boolean {
    return this.state === "snapshot" || this.flowPaused;
  }

  capture(): ProgressCapture {
    return {
      match: this.match,
      next: this.next,
      sentCommit: this.sentCommit,
      state: this.state,
      pendingSnapshot: this.pendingSnapshot,
      recentActive: this.recentActive,
      flowPaused: this.flowPaused,
      inflights: this.inflights.indexes(),
      inflightMax: this.inflights.max,
    };
  }

  static restore(capture: ProgressCapture): Progress {
    const progress = new Progress(capture.next, capture.inflightMax);
    progress.match = capture.match;
    progress.sentCommit = capture.sentCommit;
    progress.state = capture.state;
    progress.pendingSnapshot = capture.pendingSnapshot;
    progress.recentActive = capture.recentActive;
    progress.flowPaused = capture.flowPaused;
    for (const index of capture.inflights) progress.inflights.add(index);
    return progress;
  }
}

/** The appends on their way to one member, each named by its last entry, oldest first. At most `max` of them. */
export class Inflights {
  readonly max: number;
  #indexes: LogIndex[] = [];
  /** Slots before this one are freed; the list is cut once they are the greater part. */
  #head = 0;

  constructor(max: number) {
    this.max = max;
  }

  get count(): number {
    return this.#indexes.length - this.#head;
  }

  isFull(): boolean {
    return this.count >= this.max;
  }

  add(lastIndex: LogIndex): void {
    assert(!this.isFull(), () => `more than ${this.max} appends in flight`);
    this.#indexes.push(lastIndex);
  }

  /** Frees every append whose last entry is at or below `index`. */
  freeUpTo(index: LogIndex): void {
    while (this.#head < this.#indexes.length && this.#indexes[this.#head]! <= index) this.#head += 1;
    if (this.#head * 2 > this.#indexes.length) {
      this.#indexes = this.#indexes.slice(this.#head);
      this.#head = 0;
    }
  }

  clear(): void {
    this.#indexes = [];
    this.#head = 0;
  }

  indexes(): readonly LogIndex[] {
    return this.#indexes.slice(this.#head);
  }
}
