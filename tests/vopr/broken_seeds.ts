// For each rule that is out, the first seed whose run breaks a promise, and the event at which it breaks. Found by
// `deno task hunt --broken <rule>`; when the core changes its steps, these move.

import type { BrokenRuleKey } from "../../core/sim/broken/mod.ts";
import type { InvariantName } from "../../core/check/violation.ts";

export interface BrokenSeed {
  readonly seed: number;
  readonly atEvent: number;
  readonly invariant: InvariantName;
}

export const BROKEN_SEEDS: Readonly<Record<BrokenRuleKey, BrokenSeed>> = {
  oneVotePerTerm: { seed: 3, atEvent: 1147, invariant: "oneLeaderPerTerm" },
  voteOnDiskFirst: { seed: 2, atEvent: 682, invariant: "oneLeaderPerTerm" },
  candidateNotBehind: { seed: 1, atEvent: 1383, invariant: "leaderCompleteness" },
  lastTermBeforeLength: { seed: 144, atEvent: 874, invariant: "leaderCompleteness" },
  oneVotePerMember: { seed: 23, atEvent: 1217, invariant: "oneLeaderPerTerm" },
  moreThanHalf: { seed: 11, atEvent: 86, invariant: "oneLeaderPerTerm" },
  higherTermEndsLeadership: { seed: 2, atEvent: 738, invariant: "oneLeaderPerTerm" },
  stepDownKeepsVote: { seed: 88, atEvent: 4044, invariant: "oneLeaderPerTerm" },
  appendNamesPrevious: { seed: 2, atEvent: 721, invariant: "logMatching" },
  cutOnlyWhereTermsDiffer: { seed: 3, atEvent: 103, invariant: "committedNeverChanges" },
  countOnlyOwnTerm: { seed: 101, atEvent: 644, invariant: "leaderCompleteness" },
  commitWhatWasCompared: { seed: 2, atEvent: 698, invariant: "committedNeverChanges" },
  onDiskBeforeAcknowledged: { seed: 1, atEvent: 3694, invariant: "leaderCompleteness" },
  snapshotBeforeCut: { seed: 1, atEvent: 1130, invariant: "comesBack" },
  readAsksQuorum: { seed: 5, atEvent: 358, invariant: "linearizable" },
  oneChangeAtATime: { seed: 46, atEvent: 2235, invariant: "leaderCompleteness" },
  randomTimeouts: { seed: 1, atEvent: 4252, invariant: "convergence" },
  askBeforeTerm: { seed: 1, atEvent: 960, invariant: "leadershipStays" },
  onlyPresentLeaderHoldsOff: { seed: 3, atEvent: 2484, invariant: "convergence" },
};
