// When to forget old revisions without being asked (etcd's v3compactor). Every member remembers, the leader decides:
// its compaction goes through the log like an operator's.

import type { Revision } from "../base/ids.ts";

export type AutoCompaction =
  | { readonly kind: "off" }
  /** Keeps what is younger than `periodMs`. (--auto-compaction-mode periodic) */
  | { readonly kind: "periodic"; readonly periodMs: number }
  /** Keeps the newest `revisionCount` revisions. (--auto-compaction-mode revision) */
  | { readonly kind: "revision"; readonly revisionCount: number };

const HOUR_MS = 3_600_000;
/** How often the revision mode looks. */
const REVISION_LOOK_MS = 300_000;
/** A period, or an hour of a longer one, is looked at this many times. */
const LOOKS_PER_PERIOD = 10;

export interface AutoCompactorState {
  /** The store's revision at each of the last looks, oldest first; periodic mode only. */
  readonly seen: readonly Revision[];
  readonly tick: number;
  readonly lookedAtTick: number;
  readonly compactedAtTick: number;
  readonly compactedTo: Revision;
  readonly hasWaited: boolean;
}

const FIRST_STATE: AutoCompactorState = {
  seen: [],
  tick: 0,
  lookedAtTick: 0,
  compactedAtTick: 0,
  compactedTo: 0,
  hasWaited: false,
};

export class AutoCompactor {
  readonly #rule: AutoCompaction;
  readonly #tickMs: number;
  #state: AutoCompactorState;

  constructor(rule: AutoCompaction, tickMs: number, from: AutoCompactorState = FIRST_STATE) {
    this.#rule = rule;
    this.#tickMs = tickMs;
    this.#state = from;
  }

  capture(): AutoCompactorState {
    return this.#state;
  }

  /** Counts one tick. @returns the revision to compact to now, if any; null too while this member does not lead. */
  tick(revision: Revision, leads: boolean): Revision | null {
    if (this.#rule.kind === "off") return null;
    const state = { ...this.#state, tick: this.#state.tick + 1 };
    this.#state = state;
    if (this.#rule.kind === "periodic" && state.seen.length === 0) state.seen = [revision];
    if (state.tick - state.lookedAtTick < this.#ticksOf(this.#lookMs())) return null;
    state.lookedAtTick = state.tick;
    return this.#rule.kind === "periodic"
      ? this.#lookBack(state, this.#rule.periodMs, { revision, leads })
      : this.#lookAtCount(state, revision - this.#rule.revisionCount, leads);
  }

  #lookBack(
    state: { -readonly [K in keyof AutoCompactorState]: AutoCompactorState[K] },
    periodMs: number,
    now: { readonly revision: Revision; readonly leads: boolean },
  ): Revision | null {
    const oldest = state.seen[0]!;
    // The whole period must have passed once; from then on it goes hour by hour, if the period is longer.
    const waitMs = state.hasWaited ? Math.min(periodMs, HOUR_MS) : periodMs;
    const isTime = now.leads && state.tick - state.compactedAtTick >= this.#ticksOf(waitMs);
    const keptCount = Math.ceil(periodMs / this.#lookMs()) + 1;
    state.seen = [...state.seen, now.revision].slice(-keptCount);
    if (!isTime) return null;
    state.hasWaited = true;
    state.compactedAtTick = state.tick;
    return oldest > 1 ? oldest : null;
  }

  #lookAtCount(
    state: { -readonly [K in keyof AutoCompactorState]: AutoCompactorState[K] },
    revision: Revision,
    leads: boolean,
  ): Revision | null {
    if (!leads || revision <= 0 || revision === state.compactedTo) return null;
    state.compactedTo = revision;
    return revision;
  }

  #lookMs(): number {
    if (this.#rule.kind !== "periodic") return REVISION_LOOK_MS;
    return Math.min(this.#rule.periodMs, HOUR_MS) / LOOKS_PER_PERIOD;
  }

  #ticksOf(ms: number): number {
    return Math.max(1, Math.ceil(ms / this.#tickMs));
  }
}
