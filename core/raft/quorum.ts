// Quorums: what a majority has agreed to, and what two majorities have agreed to while the configuration is joint
// (thesis §4.3). Pure arithmetic over sorted lists of voters; etcd's package quorum.

import type { LogIndex, MemberId } from "../base/ids.ts";

/** "pending": the missing votes could still turn it either way. */
export type VoteResult = "won" | "pending" | "lost";

/** The two halves of a configuration; `votersOutgoing` is empty unless it is joint. */
export interface Voters {
  readonly voters: readonly MemberId[];
  readonly votersOutgoing: readonly MemberId[];
}

/** How many of `voterCount` make a majority. */
export function majorityOf(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

/**
 * The highest index that a quorum of each half has acknowledged; Infinity without voters.
 * @param acked what a voter has acknowledged, undefined when nothing was heard of it (counts as 0).
 * @param quorumOf how many voters decide.
 */
export function quorumIndex(
  config: Voters,
  acked: (id: MemberId) => LogIndex | undefined,
  quorumOf: (voterCount: number) => number = majorityOf,
): LogIndex {
  const incoming = agreedIndex(config.voters, acked, quorumOf);
  if (config.votersOutgoing.length === 0) return incoming;
  return Math.min(incoming, agreedIndex(config.votersOutgoing, acked, quorumOf));
}

function agreedIndex(
  voters: readonly MemberId[],
  acked: (id: MemberId) => LogIndex | undefined,
  quorumOf: (voterCount: number) => number,
): LogIndex {
  // Nobody to ask: an empty half never holds the other one back.
  if (voters.length === 0) return Infinity;
  const indexes = voters.map((id) => acked(id) ?? 0).sort((a, b) => b - a);
  return indexes[quorumOf(voters.length) - 1]!;
}

/**
 * The state of an election: won when each half is won, lost as soon as one half is.
 * @param quorumOf how many voters decide.
 */
export function quorumVotes(
  config: Voters,
  votes: ReadonlyMap<MemberId, boolean>,
  quorumOf: (voterCount: number) => number = majorityOf,
): VoteResult {
  const incoming = halfVotes(config.voters, votes, quorumOf);
  const outgoing = halfVotes(config.votersOutgoing, votes, quorumOf);
  if (incoming === outgoing) return incoming;
  return incoming === "lost" || outgoing === "lost" ? "lost" : "pending";
}

function halfVotes(
  voters: readonly MemberId[],
  votes: ReadonlyMap<MemberId, boolean>,
  quorumOf: (voterCount: number) => number,
): VoteResult {
  if (voters.length === 0) return "won";
  let granted = 0;
  let missing = 0;
  for (const id of voters) {
    const vote = votes.get(id);
    if (vote === undefined) missing += 1;
    else if (vote) granted += 1;
  }
  const needed = quorumOf(voters.length);
  if (granted >= needed) return "won";
  return granted + missing >= needed ? "pending" : "lost";
}
