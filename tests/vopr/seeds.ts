// The seeds of the test run: 300, dealt out to two files so that they run beside each other.

import { runHunt } from "../../core/check/hunt.ts";

export const SEED_COUNT = 300;

/** Plays every `stride`th seed from `first` on; the names of those that failed, with what went wrong. */
export function failuresAmong(first: number, stride: number): string[] {
  const failures: string[] = [];
  for (let seed = first; seed <= SEED_COUNT; seed += stride) {
    const { failure } = runHunt(seed);
    if (failure) failures.push(`seed ${seed}, event ${failure.atEvent}: ${failure.message}`);
  }
  return failures;
}
