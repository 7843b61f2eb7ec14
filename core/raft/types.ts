// Raft's own data: entries, hard state, configurations, snapshots. Names and meaning follow etcd-io/raft's
// raftpb, so that the wire can carry them as they are.

import type { LogIndex, MemberId, Term } from "../base/ids.ts";

/** "confChangeV1" carries one change (raftpb.ConfChange), "confChangeV2" carries several (raftpb.ConfChangeV2). */
export type EntryKind = "normal" | "confChangeV1" | "confChangeV2";

export interface Entry {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: EntryKind;
  /** Opaque to Raft, except that conf changes are decoded by `ConfChangeCodec`. Empty: a new leader's no-op. */
  readonly data: Uint8Array;
}

/** What must be on disk before this member answers for it. (Paper figure 2, "persistent state"; etcd adds commit.) */
export interface HardState {
  readonly term: Term;
  /** Whom this member voted for in `term`. */
  readonly vote: MemberId | null;
  /** Highest index known committed. Saving it is a convenience: it is never ahead of the log on disk. */
  readonly commit: LogIndex;
}

/** A configuration as a snapshot keeps it. Lists are sorted. `votersOutgoing` is not empty in a joint one. */
export interface ConfState {
  readonly voters: readonly MemberId[];
  readonly learners: readonly MemberId[];
  readonly votersOutgoing: readonly MemberId[];
  /** Voters of the outgoing half that become learners when the joint configuration is left. */
  readonly learnersNext: readonly MemberId[];
  readonly autoLeave: boolean;
}

export interface SnapshotMeta {
  readonly index: LogIndex;
  readonly term: Term;
  readonly confState: ConfState;
}

export interface Snapshot {
  readonly meta: SnapshotMeta;
  /** The state machine at `meta.index`, opaque to Raft. */
  readonly data: Uint8Array;
}

export type ConfChangeKind = "addVoter" | "addLearner" | "remove" | "update";

export interface ConfChangeSingle {
  readonly kind: ConfChangeKind;
  readonly member: MemberId;
}

/** Leave a joint configuration by itself once it is committed, or only when told to. (raftpb.ConfChangeTransition) */
export type ConfChangeTransition = "auto" | "implicit" | "explicit";

export interface ConfChange {
  readonly transition: ConfChangeTransition;
  /** Empty: leave the joint configuration. */
  readonly changes: readonly ConfChangeSingle[];
  /** The proposer's own bytes: etcd keeps the new member's JSON here. */
  readonly context: Uint8Array;
  /** raftpb.ConfChange.ID: etcd's request id, so that the proposer finds its own change again. 0 when unused. */
  readonly requestId: bigint;
}

export type Role = "follower" | "preCandidate" | "candidate" | "leader";

/** Kept in memory only; a host shows it, Raft does not need it after a crash. */
export interface SoftState {
  readonly leader: MemberId | null;
  readonly role: Role;
}
