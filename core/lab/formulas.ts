// What the size of a cluster buys and costs, by arithmetic alone: everything follows from "a write needs a majority".
// Each figure here has a twin under measured/, taken from members that run; the two must meet.

import { assert } from "../base/assert.ts";
import { type LabRefusal, refusalOfAvailability, refusalOfSize } from "./sizes.ts";

/** 365 days, as in "five nines are five minutes a year". */
export const MINUTES_PER_YEAR = 525_600;

export interface SizeFigures {
  readonly kind: "figures";
  readonly size: number;
  readonly quorum: number;
  readonly toleratedFailures: number;
  /** Share of time with a quorum, 0 to 1, when members fail independently. */
  readonly availability: number;
  /** 1 - availability, computed by itself: nine nines leave nothing to subtract from. */
  readonly unavailability: number;
  readonly downMinutesPerYear: number;
  /** Ways to cut the members in two, and those among them that leave neither side a quorum. */
  readonly cutCount: number;
  readonly cleanCutCount: number;
  /** Appends that carry the write, and their acknowledgements. */
  readonly messagesPerWrite: number;
}

/**
 * All figures of one size.
 * @param size 1 to 9; anything else is refused with a value.
 * @param availability share of time that each member is up by itself, 0 to 1.
 */
export function figuresOf(size: number, availability: number): SizeFigures | LabRefusal {
  const refusal = refusalOfSize(size) ?? refusalOfAvailability(availability);
  if (refusal) return refusal;
  const shares = sharesOfTime(workingSubsets(size), availability);
  return {
    kind: "figures",
    size,
    quorum: quorumOf(size),
    toleratedFailures: toleratedFailures(size),
    availability: shares.up,
    unavailability: shares.down,
    downMinutesPerYear: shares.down * MINUTES_PER_YEAR,
    cutCount: cutCount(size),
    cleanCutCount: cleanCutCount(size),
    messagesPerWrite: messagesPerWrite(size),
  };
}

/** The smallest number of members of which any two groups share one. (Paper §2, "a majority") */
export function quorumOf(size: number): number {
  return Math.floor(size / 2) + 1;
}

/** How many members may be down, whichever they are. */
export function toleratedFailures(size: number): number {
  return size - quorumOf(size);
}

/**
 * Ways to choose `count` of `size`, exactly: every intermediate product is a binomial coefficient itself, hence a
 * whole number, and stays far below 2^53 for the lab's sizes.
 */
export function binomial(size: number, count: number): number {
  assert(size >= 0 && size <= 50, `binomial of ${size}, needs 0 to 50`);
  if (count < 0 || count > size) return 0;
  let ways = 1;
  for (let i = 1; i <= count; i++) ways = (ways * (size - count + i)) / i;
  return ways;
}

/** For 0, 1, … `size` members down: how many of those subsets leave a quorum. */
export function workingSubsets(size: number): readonly number[] {
  return Array.from(
    { length: size + 1 },
    (_, down) => (down <= toleratedFailures(size) ? binomial(size, down) : 0),
  );
}

/**
 * The share of time in which a cluster works and in which it does not, given in how many of the subsets with so many
 * members down it works: counted by the formula or by measurement, the same sum is taken over both.
 * @param working for each number of members down, from 0 to all.
 */
export function sharesOfTime(
  working: readonly number[],
  availability: number,
): { readonly up: number; readonly down: number } {
  const size = working.length - 1;
  let up = 0;
  let down = 0;
  for (let downCount = 0; downCount <= size; downCount++) {
    // 0 ** 0 is 1: a member that is always up is down in none of the subsets, and no other subset ever happens.
    const share = availability ** (size - downCount) * (1 - availability) ** downCount;
    up += working[downCount]! * share;
    down += (binomial(size, downCount) - working[downCount]!) * share;
  }
  return { up, down };
}

/** Ways to part the members into two groups, neither empty; who is left and who is right does not matter. */
export function cutCount(size: number): number {
  return 2 ** (size - 1) - 1;
}

/** Cuts into two equal halves, which only an even cluster has: neither half is a majority. */
export function cleanCutCount(size: number): number {
  return size % 2 === 0 ? binomial(size, size / 2) / 2 : 0;
}

/**
 * The leader sends each follower the write, and each acknowledges it. Heartbeats do not count, nor does the news of
 * the commit: it rides on the next append under load, and on an empty one of its own otherwise.
 */
export function messagesPerWrite(size: number): number {
  return 2 * (size - 1);
}
