// How a member is told to behave: identity, timing, limits. etcd's flags arrive here as plain values.

import type { ClusterId, MemberId } from "../base/ids.ts";
import type { RaftOptions } from "../raft/options.ts";
import type { AutoCompaction } from "./auto_compactor.ts";
import type { MemberInfo } from "./io.ts";

/** The clocks of a cluster, in ticks of one member's own time. */
export interface Timing {
  /** Milliseconds of the member's own time per tick, for those who show or convert ticks. */
  readonly tickMs: number;
  readonly heartbeatTicks: number;
  /** A follower's patience is drawn from [electionTicks, 2 x electionTicks). */
  readonly electionTicks: number;
  /** How long a client waits before it hears "request timed out". etcd: 5 s and two election timeouts. */
  readonly requestTimeoutTicks: number;
}

/** Which optional rules of etcd are on. Textbook Raft has neither. */
export interface Rules {
  readonly preVote: boolean;
  readonly checkQuorum: boolean;
}

/** etcd 3.4's clock: heartbeat 100 ms, election 1000 ms. */
export const ETCD_TIMING: Timing = {
  tickMs: 100,
  heartbeatTicks: 1,
  electionTicks: 10,
  requestTimeoutTicks: 70,
};
/** Slow enough to watch at 1/80: heartbeat 60 ms, election 180 to 330 ms, patience of a client 1.2 s. */
export const TEACHING_TIMING: Timing = {
  tickMs: 30,
  heartbeatTicks: 2,
  electionTicks: 6,
  requestTimeoutTicks: 40,
};

export const ETCD_RULES: Rules = { preVote: true, checkQuorum: true };
export const TEXTBOOK_RULES: Rules = { preVote: false, checkQuorum: false };

/** How an empty disk becomes a member's disk; a disk with a log on it ignores this. */
export type Bootstrap =
  /** All members of a brand-new cluster, this one among them. (--initial-cluster-state new) */
  | { readonly kind: "new"; readonly members: readonly MemberInfo[] }
  /** A running cluster has added this member; `members` is what it said of itself. (existing) */
  | { readonly kind: "join"; readonly members: readonly MemberInfo[] };

export interface MemberOptions {
  readonly id: MemberId;
  readonly clusterId: ClusterId;
  readonly name: string;
  readonly clientUrls: readonly string[];
  readonly bootstrap: Bootstrap;
  readonly timing: Timing;
  readonly rules: Rules;
  /** Raft otherwise than etcd runs it, for simulators: smaller appends, or a rule taken out. */
  readonly raft?: Partial<Pick<RaftOptions, "rules" | "messageBytesMax">>;
  /** Draws election deadlines; the same seed and inputs give the same run. Safe integer >= 0. */
  readonly seed: number;
  /**
   * Names this start of the member, different from every earlier start: request ids are made from it. A host with
   * a clock gives milliseconds since 1970, the simulator its virtual time. Safe integer >= 0.
   */
  readonly startId: number;
  /** Entries applied since the last snapshot before the next is taken. (--snapshot-count) */
  readonly snapshotCount: number;
  /** Entries kept before a snapshot, so that a slow follower needs no snapshot. etcd: 5000. */
  readonly catchUpEntries: number;
  /** A WAL segment is closed at this size. etcd: 64 MB. */
  readonly segmentBytesMax: number;
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
  /** The database file may grow to this size, then only deletions are served; 0 or less: without limit. */
  readonly quotaBackendBytes: number;
  readonly autoCompaction: AutoCompaction;
  /** Between two reports of progress to a watch that asked for them. etcd: 10 minutes. */
  readonly watchProgressMs: number;
  /** A token lives so long after its last use. (--auth-token-ttl) */
  readonly tokenTtlMs: number;
  /** Refuse membership changes that would leave the cluster without a started quorum. */
  readonly strictReconfigCheck: boolean;
  /** Whether `trace` outputs are made at all. */
  readonly trace: boolean;
}

/** etcd's limits; a host overrides what its user chose. */
export const MEMBER_DEFAULTS = {
  snapshotCount: 100_000,
  catchUpEntries: 5_000,
  segmentBytesMax: 64 * 1024 * 1024,
  maxTxnOps: 128,
  maxRequestBytes: 1_572_864,
  quotaBackendBytes: 2 * 1024 * 1024 * 1024,
  autoCompaction: { kind: "off" },
  watchProgressMs: 600_000,
  tokenTtlMs: 300_000,
  strictReconfigCheck: true,
} as const;
