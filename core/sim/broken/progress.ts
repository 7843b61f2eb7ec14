// Without these nothing false happens, but perhaps nothing at all: the small shelf of liveness.

import type { BrokenRule } from "./broken_rule.ts";

export const PROGRESS: readonly BrokenRule[] = [
  {
    key: "randomTimeouts",
    number: 17,
    shelf: "progress",
    without: { electionDeadline: (electionTicks) => electionTicks },
  },
  {
    key: "askBeforeTerm",
    number: 18,
    shelf: "progress",
    without: { asksBeforeTerm: () => false },
  },
  {
    key: "onlyPresentLeaderHoldsOff",
    number: 19,
    shelf: "progress",
    without: { holdsElectionOff: () => true },
  },
];
