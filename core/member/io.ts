// The edge of a member: what it can be told and what it can say. All plain data. A member is a function of these
// inputs, so a journal of them replays it exactly.

import type { ClusterId, LogIndex, MemberId, Revision, Term } from "../base/ids.ts";
import type { DiskWrite } from "../base/disk.ts";
import type { AuthRequest, AuthResult, Credentials, PasswordRecord } from "../auth/requests.ts";
import type { EtcdError } from "../base/etcd_error.ts";
import type {
  CompactRequest,
  DeleteRangeRequest,
  KvWriteResponse,
  LeaseGrantRequest,
  LeaseId,
  LeaseRevokeRequest,
  PutRequest,
  RangeRequest,
  RangeResponse,
  TxnRequest,
} from "../kv/requests.ts";
import type { WatchEvent, WatchId, WatchRequest } from "../kv/watch_hub.ts";
import type { Message } from "../raft/message.ts";
import type { AlarmAction, AlarmType } from "../wire/request_codec.ts";
import type { Talk } from "../wire/talk_codec.ts";
import type { Alarm } from "./alarms.ts";
import type { TraceEvent } from "./trace.ts";

export type Input =
  /** `tickMs` of this member's own time passed. */
  | { readonly kind: "tick" }
  /** Late, twice or out of order is normal. */
  | { readonly kind: "receive"; readonly message: Message }
  /** This write and all before it survive a crash. */
  | { readonly kind: "written"; readonly writeId: number }
  /** `requestId` is the host's own number for the answer; each is used once. `credentials`: who asks, if anybody said. */
  | {
    readonly kind: "request";
    readonly requestId: number;
    readonly request: ClientRequest;
    readonly credentials?: Credentials;
  }
  /** A client's further word on the stream that `requestId` opened. Without effect once the stream has ended. */
  | { readonly kind: "say"; readonly requestId: number; readonly message: WatchMessage }
  /**
   * The client of a stream has taken this many of its responses off the host's hands. A stream whose responses pile up
   * is sent no more events until it has: they wait in the store's history.
   */
  | { readonly kind: "taken"; readonly requestId: number; readonly count: number }
  /** Another member asks this one, or answers it; beside Raft's messages, with the same promises: none. */
  | { readonly kind: "talk"; readonly talk: Talk }
  /** The client went away: no answer is wanted. What was proposed may still happen. A stream ends. */
  | { readonly kind: "cancel"; readonly requestId: number }
  /** The network lost a connection to this peer. (etcd's ReportUnreachable) */
  | { readonly kind: "unreachable"; readonly peer: MemberId }
  /** How sending a snapshot ended. (etcd's ReportSnapshot) */
  | { readonly kind: "snapshotSent"; readonly peer: MemberId; readonly ok: boolean };

export type Output =
  /** At most one is in flight: whatever arrives meanwhile rides the next one (group commit). */
  | { readonly kind: "write"; readonly write: DiskWrite }
  | { readonly kind: "send"; readonly message: Message }
  | { readonly kind: "talk"; readonly talk: Talk }
  /** `last` is false while more responses to the same request may follow: only streams have more than one. */
  | {
    readonly kind: "respond";
    readonly requestId: number;
    readonly response: ClientResponse;
    readonly last: boolean;
  }
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

/** What a client may say on a watch stream once it is open. (etcdserverpb.WatchRequest) */
export type WatchMessage =
  | { readonly kind: "create"; readonly create: WatchCreate }
  | { readonly kind: "cancel"; readonly watchId: WatchId }
  /** Answered, under watch id -1, once every watch of the stream has been told everything. */
  | { readonly kind: "progress" };

export interface WatchCreate extends WatchRequest {
  /** Say from time to time how far the watch has come although nothing happened. */
  readonly progressNotify: boolean;
  /** Cut responses that are larger than a request may be. */
  readonly fragment: boolean;
}

export type ClientRequest =
  | RangeRequest
  | KvWrite
  /** Opens a stream of watches; all else is said by `say`. `requireLeader`: it ends when nobody leads for long. */
  | { readonly kind: "watch"; readonly requireLeader: boolean }
  /** An id of "" lets the member choose. */
  | LeaseGrantRequest
  | LeaseRevokeRequest
  | { readonly kind: "leaseKeepAlive"; readonly id: LeaseId }
  | { readonly kind: "leaseTimeToLive"; readonly id: LeaseId; readonly keys: boolean }
  | { readonly kind: "leaseLeases" }
  | {
    readonly kind: "alarm";
    readonly action: AlarmAction;
    readonly member: MemberId | null;
    readonly alarm: AlarmType;
  }
  | AuthRequest
  /** What a host compares a password with before it asks to `authenticate`. Never sent to a client. */
  | { readonly kind: "passwordOf"; readonly name: string }
  /** Whether the asker may do what only root may: for what a host does by itself. */
  | { readonly kind: "mayAdminister" }
  | { readonly kind: "defragment" }
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
  /** The database file's size: it grows with use and shrinks only by `defragment`. */
  readonly dbSizeBytes: number;
  readonly dbSizeInUseBytes: number;
  readonly leader: MemberId | null;
  readonly raftIndex: LogIndex;
  readonly raftAppliedIndex: LogIndex;
  readonly raftTerm: Term;
  readonly isLearner: boolean;
  /** That nobody leads, and the alarms, in etcd's words. */
  readonly errors: readonly string[];
  /** What all members understand, such as "3.4.0"; null until the first leader has said so. */
  readonly clusterVersion: string | null;
}

/** What a watch stream says. (etcdserverpb.WatchResponse) */
export interface WatchResult {
  readonly kind: "watch";
  /** -1 for none: a watch that could not be created, and progress of the whole stream. */
  readonly watchId: WatchId;
  /** The store's revision when this was said; 0 where a watch ends for want of history. */
  readonly revision: Revision;
  readonly created: boolean;
  readonly cancelled: boolean;
  /** Why the watch could not be created; else empty. */
  readonly cancelReason: string;
  /** Why a watch ended: history before this revision is gone. 0 otherwise. */
  readonly compactRevision: Revision;
  /** More events of the same response follow in the next one. */
  readonly fragment: boolean;
  readonly events: readonly WatchEvent[];
}

export type ClientResult =
  | RangeResponse
  | KvWriteResponse
  | WatchResult
  /**
   * `ttl` in seconds; 0 when there is no such lease. `revision` is from when the request came: a lease that is revoked
   * at a later one was alive then.
   */
  | {
    readonly kind: "leaseKeepAlive";
    readonly revision: Revision;
    readonly id: LeaseId;
    readonly ttl: number;
  }
  /** Seconds. `ttl` is -1 when there is no such lease, or it has expired. Keys only where asked for. */
  | {
    readonly kind: "leaseTimeToLive";
    readonly id: LeaseId;
    readonly ttl: number;
    readonly grantedTtl: number;
    readonly keys: readonly Uint8Array[];
  }
  | { readonly kind: "leaseLeases"; readonly ids: readonly LeaseId[] }
  /** The alarms that were asked for, or that the request raised or cleared. */
  | { readonly kind: "alarms"; readonly alarms: readonly Alarm[] }
  /** Answer of memberList and of every membership change; `changed` is the member added, promoted or updated. */
  | { readonly kind: "members"; readonly members: readonly MemberInfo[]; readonly changed: MemberInfo | null }
  | MemberStatus
  | Exclude<AuthResult, { readonly kind: "done" }>
  | PasswordRecord
  | { readonly kind: "hash"; readonly hash: number }
  | { readonly kind: "hashKv"; readonly hash: number; readonly compactRevision: Revision }
  /** Answer of moveLeader, defragment, campaign, pinElection, and of what changes users and roles. */
  | { readonly kind: "done" };

export type ClientResponse =
  | { readonly kind: "ok"; readonly header: ResponseHeader; readonly result: ClientResult }
  | EtcdError;
