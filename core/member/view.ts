// A picture of one member at one moment: plain data for the page, scenarios and checkers.

import type { ClusterId, LogIndex, MemberId, Revision, Term } from "../base/ids.ts";
import type { ConfState, EntryKind, Role } from "../raft/types.ts";
import type { MemberInfo } from "./io.ts";

/** The words shown for a role: a learner is a follower that has no vote. */
export type ShownRole = Role | "learner";

/** How safe an entry is as far as this member itself knows. */
export type EntrySafety = "memory" | "disk" | "committed" | "applied";

export interface LogCell {
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: EntryKind;
  /** A few characters: "x=7", "del x", "txn", "no-op", "+n4". */
  readonly label: string;
  readonly safety: EntrySafety;
}

export interface PeerProgress {
  readonly peer: MemberId;
  readonly state: "probe" | "replicate" | "snapshot";
  readonly match: LogIndex;
  readonly next: LogIndex;
  readonly paused: boolean;
  readonly recentActive: boolean;
  /** Ticks since anything was heard from this peer; null: never. */
  readonly heardTicksAgo: number | null;
}

export interface MemberView {
  readonly id: MemberId;
  readonly name: string;
  readonly clusterId: ClusterId;
  readonly role: ShownRole;
  readonly term: Term;
  readonly votedFor: MemberId | null;
  readonly leader: MemberId | null;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  /** Highest index known to be on this member's disk. */
  readonly durableIndex: LogIndex;
  readonly snapshotIndex: LogIndex;
  readonly timer: {
    /** Ticks since the timer was last reset. */
    readonly elapsedTicks: number;
    /** The draw of this round: the timer strikes at this many ticks. */
    readonly deadlineTicks: number;
    readonly electionTicks: number;
    readonly heartbeatElapsedTicks: number;
    readonly heartbeatTicks: number;
  };
  /** Votes heard in the running election, by voter. */
  readonly votes: readonly { readonly voter: MemberId; readonly granted: boolean }[];
  /** What the leader knows of each peer; empty elsewhere. */
  readonly progress: readonly PeerProgress[];
  readonly config: ConfState;
  readonly members: readonly MemberInfo[];
  /** The newest entries, oldest first, at most `LOG_CELLS_MAX`. */
  readonly log: readonly LogCell[];
  readonly revision: Revision;
  readonly compactRevision: Revision;
  readonly keyCount: number;
  /** Hash of all keys at `revision`: equal on members that are equal. 8 hex digits; empty in a view without. */
  readonly kvHash: string;
  readonly recovered: {
    readonly entryCount: number;
    readonly snapshotIndex: LogIndex;
    readonly tornBytes: number;
  };
  readonly disk: {
    readonly writeCount: number;
    readonly writtenBytes: number;
    readonly writeInFlight: boolean;
  };
}

export const LOG_CELLS_MAX = 256;
