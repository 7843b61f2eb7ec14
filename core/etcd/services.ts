// What the services of etcd's API mean to a member: the request of each call that is answered once, as a ClientRequest,
// and each result as the call's response. Hosts (gRPC, JSON) walk the table; nothing here knows how bytes travel. Calls
// that last, streams and waits, are in calls.ts.

import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import { assert } from "../base/assert.ts";
import type { MemberId } from "../base/ids.ts";
import type { LeaseId } from "../kv/requests.ts";
import type { Alarm, AlarmKind } from "../member/alarms.ts";
import type { ClientRequest, MemberInfo } from "../member/io.ts";
import { idToUint64, int64ToId, invert, uint64ToId } from "../wire/border.ts";
import {
  AlarmRequest_AlarmAction as AlarmAction,
  AlarmType as WireAlarmType,
  Cluster,
  KV,
  Lease,
  Maintenance,
} from "../wire/gen/rpc_pb.ts";
import {
  deleteRangeFromWire,
  deleteRangeResponseToWire,
  leaseFromWire,
  leaseToWire,
  putFromWire,
  putResponseToWire,
  rangeFromWire,
  rangeResponseToWire,
  saturate,
  txnFromWire,
  txnResponseToWire,
} from "../wire/kv_messages.ts";
import { unary, type UnaryMethod } from "../wire/rpc.ts";
import { type Answer, clusterHeaderOf, headerOf, resultOf } from "./answers.ts";
import { AUTH_METHODS, type PasswordRequest } from "./auth_services.ts";
import { parseUrls } from "./urls.ts";

export type { Answer } from "./answers.ts";

/** What a host knows besides the request's bytes. */
export interface CallContext {
  /** Becomes part of the id of a member that is added. Whole seconds since 1970. */
  readonly unixSeconds: number;
}

/** A request is read as a ClientRequest, as one that needs a password looked at, or as the error that it gets without asking the member. */
export type EtcdMethod = UnaryMethod<ClientRequest | PasswordRequest | EtcdError, CallContext, Answer>;

const ALARM_TYPES: Readonly<Record<AlarmKind, WireAlarmType>> = {
  noSpace: WireAlarmType.NOSPACE,
  corrupt: WireAlarmType.CORRUPT,
};
const ALARM_NAMES = invert(ALARM_TYPES);
const ALARM_ACTIONS = invert(
  { get: AlarmAction.GET, activate: AlarmAction.ACTIVATE, deactivate: AlarmAction.DEACTIVATE } as const,
);

const METHODS: readonly EtcdMethod[] = [
  unary(
    KV.method.range,
    rangeFromWire,
    (a: Answer) => rangeResponseToWire(resultOf(a, "range"), headerOf(a)),
  ),
  unary(KV.method.put, putFromWire, (a: Answer) => putResponseToWire(resultOf(a, "put"), headerOf(a))),
  unary(
    KV.method.deleteRange,
    deleteRangeFromWire,
    (a: Answer) => deleteRangeResponseToWire(resultOf(a, "deleteRange"), headerOf(a)),
  ),
  unary(KV.method.txn, txnFromWire, (a: Answer) => txnResponseToWire(resultOf(a, "txn"), headerOf(a))),
  unary(
    KV.method.compact,
    ({ revision, physical }) => request({ kind: "compact", revision: saturate(revision), physical }),
    (a: Answer) => ({ header: headerOf(a) }),
  ),

  // etcd 3.4 lists members from the asked member's own knowledge; it knows no linearizable list.
  unary(Cluster.method.memberList, () => request({ kind: "memberList", linearizable: false }), membersOf),
  unary(Cluster.method.memberAdd, ({ peerURLs, isLearner }, { unixSeconds }: CallContext) => {
    const peerUrls = parseUrls(peerURLs.join(","));
    if ("why" in peerUrls) return ETCD_ERRORS.memberBadUrls;
    return request({ kind: "memberAdd", peerUrls: peerUrls.map(({ url }) => url), isLearner, unixSeconds });
  }, (a: Answer) => {
    const { members, changed } = resultOf(a, "members");
    assert(changed !== null, "an addition answers with the member that was added");
    return { header: clusterHeaderOf(a), member: memberToWire(changed), members: members.map(memberToWire) };
  }),
  unary(
    Cluster.method.memberRemove,
    ({ ID }) => aboutMember(ID, (member) => ({ kind: "memberRemove", member })),
    membersOf,
  ),
  unary(
    Cluster.method.memberPromote,
    ({ ID }) => aboutMember(ID, (member) => ({ kind: "memberPromote", member })),
    membersOf,
  ),
  unary(
    Cluster.method.memberUpdate,
    ({ ID, peerURLs }) => aboutMember(ID, (member) => ({ kind: "memberUpdate", member, peerUrls: peerURLs })),
    membersOf,
  ),

  unary(Maintenance.method.status, () => request({ kind: "status" }), (a: Answer) => {
    const status = resultOf(a, "status");
    return {
      header: headerOf(a),
      version: status.version,
      dbSize: BigInt(status.dbSizeBytes),
      dbSizeInUse: BigInt(status.dbSizeInUseBytes),
      leader: status.leader === null ? 0n : idToUint64(status.leader),
      raftIndex: BigInt(status.raftIndex),
      raftAppliedIndex: BigInt(status.raftAppliedIndex),
      raftTerm: BigInt(status.raftTerm),
      isLearner: status.isLearner,
      errors: [...status.errors],
    };
  }),
  unary(
    Maintenance.method.hash,
    () => request({ kind: "hash" }),
    (a: Answer) => ({ header: headerOf(a), hash: resultOf(a, "hash").hash }),
  ),
  unary(
    Maintenance.method.hashKV,
    ({ revision }) => request({ kind: "hashKv", revision: saturate(revision) }),
    (a: Answer) => {
      const { hash, compactRevision } = resultOf(a, "hashKv");
      return { header: headerOf(a), hash, compactRevision: BigInt(compactRevision) };
    },
  ),
  unary(
    Maintenance.method.moveLeader,
    ({ targetID }) =>
      targetID === 0n
        ? ETCD_ERRORS.badLeaderTransferee
        : request({ kind: "moveLeader", target: uint64ToId(targetID) as MemberId }),
    // etcd answers without a header.
    () => ({}),
  ),
  unary(Maintenance.method.defragment, () => request({ kind: "defragment" }), () => ({})),
  unary(
    Maintenance.method.alarm,
    ({ action, memberID, alarm }) =>
      request({
        kind: "alarm",
        action: ALARM_ACTIONS.get(action) ?? "get",
        member: memberID === 0n ? null : uint64ToId(memberID) as MemberId,
        alarm: ALARM_NAMES.get(alarm) ?? "none",
      }),
    // etcd answers without a header here too.
    (a: Answer) => ({ alarms: resultOf(a, "alarms").alarms.map(alarmToWire) }),
  ),

  unary(
    Lease.method.leaseGrant,
    ({ ID, TTL }) => request({ kind: "leaseGrant", id: leaseFromWire(ID), ttl: saturate(TTL) }),
    (a: Answer) => {
      const { id, ttl } = resultOf(a, "leaseGrant");
      return { header: headerOf(a), ID: leaseToWire(id), TTL: BigInt(ttl) };
    },
  ),
  unary(
    Lease.method.leaseRevoke,
    ({ ID }) => aboutLease(ID, (id) => ({ kind: "leaseRevoke", id })),
    (a: Answer) => ({ header: headerOf(a) }),
  ),
  unary(
    Lease.method.leaseTimeToLive,
    ({ ID, keys }) => request({ kind: "leaseTimeToLive", id: int64ToId(ID), keys }),
    (a: Answer) => {
      const { id, ttl, grantedTtl, keys } = resultOf(a, "leaseTimeToLive");
      return {
        header: headerOf(a),
        ID: leaseToWire(id),
        TTL: BigInt(ttl),
        grantedTTL: BigInt(grantedTtl),
        keys: [...keys],
      };
    },
  ),
  unary(
    Lease.method.leaseLeases,
    () => request({ kind: "leaseLeases" }),
    (a: Answer) => ({
      header: headerOf(a),
      leases: resultOf(a, "leaseLeases").ids.map((id) => ({ ID: leaseToWire(id) })),
    }),
  ),

  ...AUTH_METHODS,
];

/** The unary methods that are served, by path ("/etcdserverpb.KV/Put"). */
export const ETCD_METHODS: ReadonlyMap<string, EtcdMethod> = new Map(
  METHODS.map((method) => [method.path, method]),
);

/** Keeps a literal's type wide enough for a table of methods. */
function request(value: ClientRequest): ClientRequest | EtcdError {
  return value;
}

function aboutLease(id: bigint, ask: (id: LeaseId) => ClientRequest): ClientRequest | EtcdError {
  return id === 0n ? ETCD_ERRORS.leaseNotFound : ask(int64ToId(id));
}

function aboutMember(id: bigint, ask: (member: MemberId) => ClientRequest): ClientRequest | EtcdError {
  return id === 0n ? ETCD_ERRORS.memberNotFound : ask(uint64ToId(id) as MemberId);
}

function membersOf(answer: Answer) {
  return { header: clusterHeaderOf(answer), members: resultOf(answer, "members").members.map(memberToWire) };
}

function memberToWire(member: MemberInfo) {
  return {
    ID: idToUint64(member.id),
    name: member.name,
    peerURLs: [...member.peerUrls],
    clientURLs: [...member.clientUrls],
    isLearner: member.isLearner,
  };
}

function alarmToWire({ member, alarm }: Alarm) {
  return { memberID: idToUint64(member), alarm: ALARM_TYPES[alarm] };
}

/**
 * Why a learner does not serve a request, or null. Hosts of etcd's API ask this where the member is a learner; a
 * learner's own state may be read and its status asked, nothing else, and no stream is opened there.
 * (v3rpc's isRPCSupportedForLearner)
 */
export function refusalAtLearner(request: ClientRequest | PasswordRequest): EtcdError | null {
  const isServed = request.kind === "status" || (request.kind === "range" && request.serializable);
  return isServed ? null : ETCD_ERRORS.notSupportedForLearner;
}
