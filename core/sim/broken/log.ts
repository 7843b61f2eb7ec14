// Rules about the log, taken out.

import type { BrokenRule } from "./broken_rule.ts";

export const LOG: readonly BrokenRule[] = [
  {
    key: "appendNamesPrevious",
    number: 9,
    shelf: "log",
    // Whatever stands there will do; only a gap is refused.
    without: { fitsBehind: (_named, any) => any },
  },
  {
    key: "cutOnlyWhereTermsDiffer",
    number: 10,
    shelf: "log",
    without: { keptCount: () => 0 },
  },
  {
    key: "countOnlyOwnTerm",
    number: 11,
    shelf: "log",
    without: { mayCount: () => true },
  },
  {
    key: "commitWhatWasCompared",
    number: 12,
    shelf: "log",
    without: { commitUpTo: (leaderCommit, _comparedLast, ownLast) => Math.min(leaderCommit, ownLast) },
  },
];
