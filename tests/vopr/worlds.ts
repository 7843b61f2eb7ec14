// The small worlds that are walked through: those of the test run, the wider ones of `deno task worlds`, and for each rule
// that a small world can miss, the bounds within which it is missed.

import { BARE_BOUNDS, type WorldBounds } from "../../core/check/worlds/mod.ts";
import type { InvariantName } from "../../core/check/violation.ts";
import type { BrokenRuleKey } from "../../core/sim/broken/mod.ts";

const within = (bounds: Partial<WorldBounds>): WorldBounds => ({ ...BARE_BOUNDS, ...bounds });

/** By name, with how many worlds there are: seconds each. */
export const SMALL_WORLDS: Readonly<
  Record<string, { readonly bounds: WorldBounds; readonly worlds: number }>
> = {
  "two terms": { bounds: within({ termMax: 2 }), worlds: 52_081 },
  "a term, a proposal": { bounds: within({ termMax: 1, proposalsMax: 1 }), worlds: 71_537 },
  "a term, a crash on a slow disk": {
    bounds: within({ termMax: 1, crashesMax: 1, slowWrites: true }),
    worlds: 20_710,
  },
  "a term, a message twice": { bounds: within({ termMax: 1, duplicatesMax: 1 }), worlds: 14_350 },
  "two members, two proposals, a snapshot, a heartbeat": {
    bounds: within({ size: 2, termMax: 1, proposalsMax: 2, compactionsMax: 1, beatsMax: 1 }),
    worlds: 40_131,
  },
};

/** Minutes each; walked breadth first, as far as time and memory go. */
export const WIDE_WORLDS: Readonly<Record<string, WorldBounds>> = {
  "two terms, a snapshot": within({ termMax: 2, compactionsMax: 1 }),
  "two terms, a proposal": within({ termMax: 2, proposalsMax: 1 }),
  "two terms, a message twice": within({ termMax: 2, duplicatesMax: 1 }),
  "two terms, a crash": within({ termMax: 2, crashesMax: 1 }),
  "two terms, a crash on a slow disk": within({ termMax: 2, crashesMax: 1, slowWrites: true }),
  "three terms": within({ termMax: 3 }),
  "two terms, four members": within({ size: 4, termMax: 2 }),
};

export interface BrokenWorld {
  readonly bounds: WorldBounds;
  readonly invariant: InvariantName;
}

const broken = (key: BrokenRuleKey, invariant: InvariantName, bounds: Partial<WorldBounds>) =>
  [key, { bounds: within({ ...bounds, broken: key }), invariant }] as const;

/**
 * What is missed without a rule, and where. Half of two is one, and one member's vote counted twice needs a quorum of
 * three: hence the sizes.
 */
export const BROKEN_WORLDS: ReadonlyMap<BrokenRuleKey, BrokenWorld> = new Map([
  broken("oneVotePerTerm", "oneLeaderPerTerm", { termMax: 1 }),
  broken("voteOnDiskFirst", "oneLeaderPerTerm", { termMax: 1, crashesMax: 1, slowWrites: true }),
  broken("candidateNotBehind", "leaderCompleteness", {}),
  broken("lastTermBeforeLength", "leaderCompleteness", { termMax: 3 }),
  broken("oneVotePerMember", "oneLeaderPerTerm", { size: 4, termMax: 1, duplicatesMax: 2 }),
  broken("moreThanHalf", "oneLeaderPerTerm", { size: 2, termMax: 1 }),
  broken("higherTermEndsLeadership", "oneLeaderPerTerm", {}),
  broken("appendNamesPrevious", "logMatching", { termMax: 3 }),
  broken("commitWhatWasCompared", "committedNeverChanges", { beatsMax: 1 }),
  broken("onDiskBeforeAcknowledged", "leaderCompleteness", { crashesMax: 1, slowWrites: true }),
]);

/** What others notice. That a promise was not on disk restates the rule; that it was forgotten is what the rule is for. */
export const NOTICED: ReadonlySet<InvariantName> = new Set<InvariantName>([
  "oneLeaderPerTerm",
  "logMatching",
  "leaderCompleteness",
  "committedNeverChanges",
  "statesAgree",
]);
