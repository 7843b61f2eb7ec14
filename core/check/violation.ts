// A rule of Raft broken, with the place where it was seen.

import type { MemberId } from "../base/ids.ts";

/** The rules watched over, by the names that the page, tests and the ledger use. */
export type InvariantName =
  /** At most one leader in a term. (Paper §5.2, Election Safety) */
  | "oneLeaderPerTerm"
  /** Entries with equal index and term are equal, and so is all before them. (§5.3, Log Matching) */
  | "logMatching"
  /** A leader holds every entry committed before it was elected. (§5.4, Leader Completeness) */
  | "leaderCompleteness"
  /** What was committed at an index is never replaced. (§5.4.3, State Machine Safety) */
  | "committedNeverChanges"
  /** Term and commit never fall; a vote once cast in a term stays. */
  | "monotone"
  /** Nothing was promised to a peer that the disk could forget. */
  | "durableBeforeAnswer"
  /** Members that applied the same entries hold the same keys. */
  | "statesAgree"
  /** An acknowledged write is there for good. */
  | "acknowledgedStays"
  /** A disk that kept its word brings its member back. */
  | "comesBack"
  /** Whoever asks after another was answered is told nothing older. (Herlihy and Wing 1990) */
  | "linearizable"
  /** A leader that hears a quorum stays, whatever the others suffer. (Thesis §9.6) */
  | "leadershipStays"
  /** A watch tells every change from its revision on, once, in order, and no revision in two parts. */
  | "watchTellsAll"
  /** A lease that was granted or kept alive lives as long as was said. */
  | "leaseKept"
  /** A lease that nobody keeps alive ends, on every member. */
  | "leaseEnds"
  /** In calm waters the cluster comes to rest in one state. */
  | "convergence";

export class Violation extends Error {
  override name = "Violation";
  readonly invariant: InvariantName;
  readonly members: readonly MemberId[];

  constructor(invariant: InvariantName, members: readonly MemberId[], message: string) {
    super(`${invariant}: ${message}`);
    this.invariant = invariant;
    this.members = members;
  }
}
