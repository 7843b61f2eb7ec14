// Exponential waiting times from comparisons alone (von Neumann 1951, "Various techniques used in connection with
// random digits"). No logarithm: engines differ in its last bit, and a seed must give the same years everywhere.

import type { Prng } from "../base/prng.ts";

const WORD = 0x1_0000_0000;

/**
 * One draw with mean 1, in steps of 2^-32. Takes 4.3 words of chance on average.
 *
 * Draw a word, then go on drawing as long as each is below the one before. The run has odd length with probability
 * e^-x for a first word x: accept then. Otherwise a whole unit has passed without the event; try again from there.
 */
export function nextExponential(prng: Prng): number {
  for (let wholeUnits = 0;; wholeUnits++) {
    const first = prng.nextUint32();
    let last = first;
    let runLength = 1;
    for (let next = prng.nextUint32(); next < last; next = prng.nextUint32()) {
      last = next;
      runLength += 1;
    }
    if (runLength % 2 === 1) return wholeUnits + first / WORD;
  }
}
