// The rules that Raft cannot do without, one by one: small decisions without memory, made at the very places in the
// code where each rule is kept. The sound ones are the only ones a member runs by; what becomes of a cluster when one
// is taken out, core/sim/broken shows.

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import { compareLogPosition, type LogPosition } from "./log_position.ts";
import { majorityOf } from "./quorum.ts";
import type { Role } from "./types.ts";

export interface RaftRules {
  // ── votes ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A member votes once per term; it may say again what it said. Who knows a leader needs no other. (Paper §5.2) */
  voteIsFree(vote: MemberId | null, candidate: MemberId, leader: MemberId | null): boolean;
  /** A vote is on disk before it is sent, one's own before anybody is asked. (Paper figure 2, thesis §3.8) */
  voteWaitsForDisk(): boolean;
  /** A candidate must not be behind. `lead`: how far its log is ahead of the voter's, negative when behind. (§5.4.1) */
  mayHaveVote(lead: number): boolean;
  /** The last term counts before the length: negative, zero, positive as `a` is behind, level, ahead of `b`. (§5.4.1) */
  compareLogs(a: LogPosition, b: LogPosition): number;
  /** One vote per member, not per message: in whose name the answer of `voter` is counted. (§5.2) */
  ballotOf(voter: MemberId, counted: ReadonlyMap<MemberId, boolean>, voters: readonly MemberId[]): MemberId;
  /** More than half, never half: how many of `voterCount` decide. (§5.2, §5.3) */
  quorumOf(voterCount: number): number;

  // ── terms ──────────────────────────────────────────────────────────────────────────────────────────────────

  /** A higher term ends a leadership, and whatever else a member was. (§5.1) */
  higherTermEnds(role: Role): boolean;
  /** A step-down in the same term keeps the vote. (§5.2, thesis §3.8) */
  forgetsVote(before: Term, after: Term): boolean;

  // ── log ────────────────────────────────────────────────────────────────────────────────────────────────────

  /** An append names the entry before it, and fits only behind that one, not behind `any` that stands there. (§5.3) */
  fitsBehind(named: boolean, any: boolean): boolean;
  /** Cut only where terms differ: how many of an append's entries are left as they are. (§5.3) */
  keptCount(alikeCount: number): number;
  /** Count disks only in your own term; older entries are committed by a newer one behind them. (§5.4.2, figure 8) */
  mayCount(entryTerm: Term, term: Term): boolean;
  /** Commit no further than was compared: beyond it, one's own log may be another leader's. (Figure 2) */
  commitUpTo(leaderCommit: LogIndex, comparedLast: LogIndex, ownLast: LogIndex): LogIndex;

  // ── disk ───────────────────────────────────────────────────────────────────────────────────────────────────

  /** On disk before it is acknowledged. (Figure 2, thesis §3.8) */
  acknowledgementWaitsForDisk(): boolean;
  /** A snapshot is safe before the log behind it is cut. (§7) The host of a `RaftNode` keeps this one. */
  cutWaitsForSnapshot(): boolean;

  // ── clients, members ───────────────────────────────────────────────────────────────────────────────────────

  /** A read asks a quorum first whether its leader still leads. (§8, thesis §6.4) */
  readAsksQuorum(): boolean;
  /** One change of members at a time: the last one is applied before the next is proposed. (Thesis §4.1) */
  mayChangeMembers(lastChange: LogIndex, applied: LogIndex): boolean;

  // ── progress: nothing false happens without these, but perhaps nothing at all ──────────────────────────────

  /** Timeouts are drawn, so that candidates do not meet for ever. `draw`: 0 to electionTicks - 1. (§5.2) */
  electionDeadline(electionTicks: number, draw: number): number;
  /** Where pre-vote is on, a member asks before it begins a term, so that a bad link unseats nobody. (Thesis §9.6) */
  asksBeforeTerm(preVote: boolean): boolean;
  /** Only the present term's leader holds an election off. `messageTerm` < `term`: a leader of the past. (§5.2) */
  holdsElectionOff(messageTerm: Term, term: Term): boolean;
}

export const SOUND_RULES: RaftRules = {
  voteIsFree: (vote, candidate, leader) => vote === candidate || (vote === null && leader === null),
  voteWaitsForDisk: () => true,
  mayHaveVote: (lead) => lead >= 0,
  compareLogs: compareLogPosition,
  ballotOf: (voter) => voter,
  quorumOf: majorityOf,
  higherTermEnds: () => true,
  forgetsVote: (before, after) => before !== after,
  fitsBehind: (named) => named,
  keptCount: (alikeCount) => alikeCount,
  mayCount: (entryTerm, term) => entryTerm === term,
  commitUpTo: (leaderCommit, comparedLast) => Math.min(leaderCommit, comparedLast),
  acknowledgementWaitsForDisk: () => true,
  cutWaitsForSnapshot: () => true,
  readAsksQuorum: () => true,
  mayChangeMembers: (lastChange, applied) => lastChange <= applied,
  electionDeadline: (electionTicks, draw) => electionTicks + draw,
  asksBeforeTerm: (preVote) => preVote,
  holdsElectionOff: (messageTerm, term) => messageTerm >= term,
};
