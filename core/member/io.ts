// The edge of a member: what it can be told and what it can say. All plain data. A member is a function of these
// inputs, so a journal of them replays it exactly.

import type { ClusterId, LogIndex, MemberId, Revision, Term } from "../base/ids.ts";
import type { DiskWrite } from "../base/disk.ts";
import type { EtcdError } from "../base/etcd_error.ts";
import type {
  CompactRequest,
  DeleteRangeRequest,
  KvWriteResponse,
  PutRequest,
  RangeRequest,
  RangeResponse,
  TxnRequest,
} from "../kv/requests.ts";
import type { Message } from "../raft/message.ts";
import type { TraceEvent } from "./trace.ts";

export type Input =
  /** `tickMs` of this member's own time passed. */
  | { readonly kind: "tick" }
  /** Late, twice or out of order is normal. */
  | { readonly kind: "receive"; readonly message: Message }
  /** This write and all before it survive a crash. */
  | { readonly kind: "written"; readonly writeId: number }
  /** `requestId` is the host's own number for the answer; each is used once. */
  | { readonly kind: "request"; readonly requestId: number; readonly request: ClientRequest }
  /** The client went away: no answer is wanted. What was proposed may still happen. */
  | { readonly kind: "cancel"; readonly requestId: number }
  /** The network lost a connection to this peer. (etcd's ReportUnreachable) */
  | { readonly kind: "unreachable"; readonly peer: MemberId }
  /** How sending a snapshot ended. (etcd's ReportSnapshot) */
  | { readonly kind: "snapshotSent"; readonly peer: MemberId; readonly ok: boolean };

export type Output =
  /** At most one is in flight: whatever arrives meanwhile rides the next one (group commit). */
  | { readonly kind: "write"; readonly write: DiskWrite }
  | { readonly kind: "send"; readonly message: Message }
  | { readonly kind: "respond"; readonly requestId: number; readonly response: ClientResponse }
  /** Whom to keep connections to: every known member but this one, sorted by id. Each replaces the one before. */
  | { readonly kind: "roster"; readonly members: readonly MemberAddress[] }
  /** For eyes, goldens and checkers; never for logic. */
  | { readonly kind: "trace"; readonly event: TraceEvent }
  /** This member has left the cluster for good: the host says so and ends it. */
  | { readonly kind: "removed" };

export interface MemberAddress {
  readonly id: MemberId;
  readonly peerUrls: readonly string[];
}

/** A member as the cluster knows it. (etcd's membership.Member) */
export interface MemberInfo {
  readonly id: MemberId;
  /** Empty until the member has started and published itself. */
  readonly name: string;
  readonly peerUrls: readonly string[];
  readonly clientUrls: readonly string[];
  readonly isLearner: boolean;
}

export type KvWrite = PutRequest | DeleteRangeRequest | TxnRequest | CompactRequest;

export type ClientRequest =
  | RangeRequest
  | KvWrite
  | { readonly kind: "memberList"; readonly linearizable: boolean }
  /** `unixSeconds` becomes part of the new member's id, as in etcd. */
  | {
    readonly kind: "memberAdd";
    readonly peerUrls: readonly string[];
    readonly isLearner: boolean;
    readonly unixSeconds: number;
  }
  | { readonly kind: "memberRemove"; readonly member: MemberId }
  | { readonly kind: "memberPromote"; readonly member: MemberId }
  | { readonly kind: "memberUpdate"; readonly member: MemberId; readonly peerUrls: readonly string[] }
  | { readonly kind: "status" }
  | { readonly kind: "hash" }
  | { readonly kind: "hashKv"; readonly revision: Revision }
  /** Only the leader can: elsewhere "etcdserver: not leader". */
  | { readonly kind: "moveLeader"; readonly target: MemberId }
  /** Campaign now, whatever the timer says: the operator's verb, not part of etcd's API. */
  | { readonly kind: "campaign" }
  /** Takes chance out of the running election timer: it strikes `deadlineTicks` after its last reset. For lessons. */
  | { readonly kind: "pinElection"; readonly deadlineTicks: number };

export interface ResponseHeader {
  readonly clusterId: ClusterId;
  readonly memberId: MemberId;
  readonly revision: Revision;
  readonly raftTerm: Term;
}

export interface MemberStatus {
  readonly kind: "status";
  readonly version: string;
  readonly dbSizeBytes: number;
  readonly dbSizeInUseBytes: number;
  readonly leader: MemberId | null;
  readonly raftIndex: LogIndex;
  readonly raftAppliedIndex: LogIndex;
  readonly raftTerm: Term;
  readonly isLearner: boolean;
  readonly errors: readonly string[];
}

export type ClientResult =
  | RangeResponse
  | KvWriteResponse
  /** Answer of memberList and of every membership change; `changed` is the member added, promoted or updated. */
  | { readonly kind: "members"; readonly members: readonly MemberInfo[]; readonly changed: MemberInfo | null }
  | MemberStatus
  | { readonly kind: "hash"; readonly hash: number }
  | { readonly kind: "hashKv"; readonly hash: number; readonly compactRevision: Revision }
  /** Answer of moveLeader, campaign and pinElection. */
  | { readonly kind: "done" };

export type ClientResponse =
  | { readonly kind: "ok"; readonly header: ResponseHeader; readonly result: ClientResult }
  | EtcdError;
