// The seeds of the test run, dealt out to two files so that they run beside each other.

import { runHunt } from "../../core/check/hunt.ts";

export const SEED_COUNT = 300;

/** What can be done to a cluster: each must have been done in every share of the seeds. */
export const DEEDS: readonly string[] = [
  "crash",
  "restart",
  "pause",
  "resume",
  "cut",
  "partition",
  "heal",
  "link",
  "slowDisk",
  "fillDisk",
  "freeDisk",
  "corruptDisk",
  "wipe",
  "clock",
  "leap",
  "transfer",
  "elect",
  "memberAdd",
  "memberRemove",
  "memberPromote",
  "join",
];

export interface SeedsPlayed {
  /** The seeds that failed, with what went wrong. */
  readonly failures: readonly string[];
  /** Deeds that no seed did. */
  readonly undone: readonly string[];
}

/** Plays every `stride`th seed from `first` on. */
export function playSeeds(first: number, stride: number): SeedsPlayed {
  const failures: string[] = [];
  const undone = new Set(DEEDS);
  for (let seed = first; seed <= SEED_COUNT; seed += stride) {
    const { failure, faultCounts } = runHunt(seed);
    if (failure) failures.push(`seed ${seed}, event ${failure.atEvent}: ${failure.message}`);
    for (const deed of faultCounts.keys()) undone.delete(deed);
  }
  return { failures, undone: [...undone] };
}
