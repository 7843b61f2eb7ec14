// A member's disk from a state that came from elsewhere: what a restored member, or one taken over from etcd, finds
// when it starts. The state arrives as if a leader had sent it in a snapshot, so that a start needs no rule of its own.

import type { AuthStore } from "../auth/auth_store.ts";
import type { DiskOp } from "../base/disk.ts";
import type { ClusterId, MemberId } from "../base/ids.ts";
import type { KvStore } from "../kv/kv_store.ts";
import { Alarms } from "../member/alarms.ts";
import { ClusterMembers } from "../member/cluster_members.ts";
import type { MemberInfo } from "../member/io.ts";
import { MEMBER_DEFAULTS } from "../member/options.ts";
import { StateMachine } from "../member/state_machine.ts";
import type { ConfState, Entry, HardState, Snapshot } from "../raft/types.ts";
import type { WalIdentity } from "../wal/segment.ts";
import { WalWriter } from "../wal/wal_writer.ts";

/** What a log starts with. */
export interface LogContent {
  readonly hardState: HardState;
  readonly snapshot: Snapshot | null;
  /** Those after the snapshot. */
  readonly entries: readonly Entry[];
}

/** The operations that make an empty disk hold this log. Carry them out all, in order, before a member starts on it. */
export function firstOps(identity: WalIdentity, log: LogContent): DiskOp[] {
  const { segmentBytesMax } = MEMBER_DEFAULTS;
  const { writer, ops } = WalWriter.create(identity, { segmentBytesMax });
  return [...ops, ...writer.append(log)];
}

export interface RestoreTarget {
  /** The member whose disk this becomes; one of `members`. */
  readonly self: MemberId;
  readonly clusterId: ClusterId;
  /** All members of the new cluster. */
  readonly members: readonly MemberInfo[];
}

/** What goes over into the new cluster. */
export interface RestoredState {
  readonly kv: KvStore;
  readonly auth?: AuthStore;
}

/**
 * The disk of one member of a new cluster that begins with these keys, leases, users and roles. The members of the cluster each get
 * the same state under their own name, and stand where a fresh cluster stands after its first entries, one for each
 * member, at term 1. (clientv3/snapshot: Restore)
 */
export function restoredDisk({ kv, auth }: RestoredState, target: RestoreTarget): DiskOp[] {
  const members = target.members.map((member) => ({ ...member, clientUrls: [] }));
  const machine = new StateMachine({
    kv,
    members: new ClusterMembers({ members, removed: [] }),
    // Alarms were the old members' own, and the new cluster has yet to agree on what it speaks.
    alarms: new Alarms(),
    auth,
    clusterVersion: null,
    applied: members.length,
  });
  return firstOps({ clusterId: target.clusterId, memberId: target.self }, {
    hardState: { term: 1, vote: null, commit: machine.applied },
    snapshot: snapshotOf(machine, 1),
    entries: [],
  });
}

/** A snapshot of the machine, with the configuration that its list of members amounts to. */
export function snapshotOf(machine: StateMachine, term: number): Snapshot {
  const members = machine.members.list();
  const idsOf = (isLearner: boolean) => members.filter((m) => m.isLearner === isLearner).map(({ id }) => id);
  const confState: ConfState = {
    voters: idsOf(false),
    learners: idsOf(true),
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  return { meta: { index: machine.applied, term, confState }, data: machine.encode() };
}
