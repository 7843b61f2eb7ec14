// Rules about votes, taken out.

import type { BrokenRule } from "./broken_rule.ts";

export const VOTES: readonly BrokenRule[] = [
  {
    key: "oneVotePerTerm",
    number: 1,
    shelf: "votes",
    without: { voteIsFree: () => true },
  },
  {
    key: "voteOnDiskFirst",
    number: 2,
    shelf: "votes",
    without: { voteWaitsForDisk: () => false },
  },
  {
    key: "candidateNotBehind",
    number: 3,
    shelf: "votes",
    without: { mayHaveVote: () => true },
  },
  {
    key: "lastTermBeforeLength",
    number: 4,
    shelf: "votes",
    without: { compareLogs: (a, b) => a.index - b.index },
  },
  {
    key: "oneVotePerMember",
    number: 5,
    shelf: "votes",
    // A repeated answer is counted as that of somebody who has not answered yet.
    without: {
      ballotOf: (voter, counted, voters) =>
        counted.has(voter) ? voters.find((id) => !counted.has(id)) ?? voter : voter,
    },
  },
  {
    key: "moreThanHalf",
    number: 6,
    shelf: "votes",
    without: { quorumOf: (voterCount) => Math.ceil(voterCount / 2) },
  },
];
