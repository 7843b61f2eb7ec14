// How large a small world is. Everything that may happen in it happens, in every order; what is counted here happens at
// most so often. Losses are not counted: a message that nobody delivers is lost, and no move ever needs one to arrive.

import { assert } from "../../base/assert.ts";
import type { BrokenRuleKey } from "../../sim/broken/mod.ts";

export interface WorldBounds {
  /** 2 to 4 members, all voters. */
  readonly size: number;
  /** Nobody begins a later term. Term 0 is where all begin. */
  readonly termMax: number;
  /** Entries that clients propose in all; each leader's empty entry comes on top. */
  readonly proposalsMax: number;
  /** Power failures, each with an immediate restart: a member that is down and one that hears nothing are the same. */
  readonly crashesMax: number;
  /** Messages that arrive and are still on their way. */
  readonly duplicatesMax: number;
  /** Heartbeats, after which a leader tries again what was lost. */
  readonly beatsMax: number;
  /** Snapshots that a member takes of what it has applied, after which its log is cut. */
  readonly compactionsMax: number;
  /**
   * A write takes a move of its own, before which power may fail. Left out, it is done as it begins: its slowness alone
   * only delays messages, and the network does that already.
   */
  readonly slowWrites: boolean;
  /** Every member lacks this rule; left out: the sound core. */
  readonly broken?: BrokenRuleKey;
}

/** Nothing but elections and the leaders' own entries: what others widen. */
export const BARE_BOUNDS: WorldBounds = {
  size: 3,
  termMax: 2,
  proposalsMax: 0,
  crashesMax: 0,
  duplicatesMax: 0,
  beatsMax: 0,
  compactionsMax: 0,
  slowWrites: false,
};

/** Counts of each kind must fit in so many bits of a world's purse. */
const COUNT_MAX = 15;

/** @throws InvariantViolation when a bound is not one. */
export function assertBounds(bounds: WorldBounds): void {
  const { size, termMax, proposalsMax, crashesMax, duplicatesMax, beatsMax, compactionsMax } = bounds;
  assert(Number.isInteger(size) && size >= 2 && size <= 4, `a world of ${size} members`);
  assert(Number.isInteger(termMax) && termMax >= 1, `a world that ends with term ${termMax}`);
  for (const count of [proposalsMax, crashesMax, duplicatesMax, beatsMax, compactionsMax]) {
    assert(Number.isInteger(count) && count >= 0 && count <= COUNT_MAX, `a bound of ${count}`);
  }
}
