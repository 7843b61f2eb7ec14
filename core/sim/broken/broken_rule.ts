// Broken Raft: a cluster whose members all lack one rule. What the rule is for, the run tells in which a promise breaks.

import type { RaftRules } from "../../raft/rules.ts";

export type BrokenRuleKey =
  | "oneVotePerTerm"
  | "voteOnDiskFirst"
  | "candidateNotBehind"
  | "lastTermBeforeLength"
  | "oneVotePerMember"
  | "moreThanHalf"
  | "higherTermEndsLeadership"
  | "stepDownKeepsVote"
  | "appendNamesPrevious"
  | "cutOnlyWhereTermsDiffer"
  | "countOnlyOwnTerm"
  | "commitWhatWasCompared"
  | "onDiskBeforeAcknowledged"
  | "snapshotBeforeCut"
  | "readAsksQuorum"
  | "oneChangeAtATime"
  | "randomTimeouts"
  | "askBeforeTerm"
  | "onlyPresentLeaderHoldsOff";

export type BrokenRuleShelf = "votes" | "terms" | "log" | "disk" | "clients" | "members" | "progress";

export interface BrokenRule {
  /** Names the rule that is out; its title and texts are found under `gallery.<key>`. */
  readonly key: BrokenRuleKey;
  /** 1 to 16 for the rules of safety, 17 to 19 for those of progress. */
  readonly number: number;
  readonly shelf: BrokenRuleShelf;
  /** What is decided instead. */
  readonly without: Partial<RaftRules>;
}
