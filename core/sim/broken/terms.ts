// Rules about terms, taken out.

import type { BrokenRule } from "./broken_rule.ts";

export const TERMS: readonly BrokenRule[] = [
  {
    key: "higherTermEndsLeadership",
    number: 7,
    shelf: "terms",
    without: { higherTermEnds: (role) => role !== "leader" },
  },
  {
    key: "stepDownKeepsVote",
    number: 8,
    shelf: "terms",
    // The paper asks of a voter only that its vote is free, and so does this core; etcd's further question, whether it
    // knows a leader already, would hide the loss most of the time.
    without: {
      forgetsVote: () => true,
      voteIsFree: (vote, candidate) => vote === null || vote === candidate,
    },
  },
];
