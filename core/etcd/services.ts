// What the services of etcd's API mean to a member: each unary call's request as a ClientRequest, each result as the
// call's response. Hosts (gRPC, JSON) walk the table; nothing here knows how bytes travel.

import { ETCD_ERRORS, type EtcdError, otherError } from "../base/etcd_error.ts";
import { assert } from "../base/assert.ts";
import type { MemberId } from "../base/ids.ts";
import type { ClientRequest, ClientResult, MemberInfo, ResponseHeader } from "../member/io.ts";
import { idToUint64, uint64ToId } from "../wire/border.ts";
import { AlarmRequest_AlarmAction as AlarmAction, Cluster, KV, Maintenance } from "../wire/gen/rpc_pb.ts";
import {
  deleteRangeFromWire,
  deleteRangeResponseToWire,
  putFromWire,
  putResponseToWire,
  rangeFromWire,
  rangeResponseToWire,
  saturate,
  txnFromWire,
  txnResponseToWire,
  type WireHeader,
} from "../wire/kv_messages.ts";
import { unary, type UnaryMethod } from "../wire/rpc.ts";
import { parseUrls } from "./urls.ts";

/** What a host knows besides the request's bytes. */
export interface CallContext {
  /** Becomes part of the id of a member that is added. Whole seconds since 1970. */
  readonly unixSeconds: number;
}

/** A member's answer, apart from errors. */
export interface Answer {
  readonly header: ResponseHeader;
  readonly result: ClientResult;
}

/** A request is read as a ClientRequest, or as the error that it gets without asking the member. */
export type EtcdMethod = UnaryMethod<ClientRequest | EtcdError, CallContext, Answer>;

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
    return { header: headerOf(a), member: memberToWire(changed), members: members.map(memberToWire) };
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
  // There is nothing to defragment, and no alarm can be raised yet: both answer truly, from the member's status.
  unary(Maintenance.method.defragment, () => request({ kind: "status" }), () => ({})),
  unary(
    Maintenance.method.alarm,
    ({ action }) =>
      action === AlarmAction.GET
        ? request({ kind: "status" })
        : otherError("etcdserver: alarms are not supported yet", "unimplemented"),
    (a: Answer) => ({ header: headerOf(a) }),
  ),
];

/** The unary methods that are served, by path ("/etcdserverpb.KV/Put"). */
export const ETCD_METHODS: ReadonlyMap<string, EtcdMethod> = new Map(
  METHODS.map((method) => [method.path, method]),
);

type ResultOf<Kind extends ClientResult["kind"]> = Extract<ClientResult, { readonly kind: Kind }>;

/** Keeps a literal's type wide enough for a table of methods. */
function request(value: ClientRequest): ClientRequest | EtcdError {
  return value;
}

function aboutMember(id: bigint, ask: (member: MemberId) => ClientRequest): ClientRequest | EtcdError {
  return id === 0n ? ETCD_ERRORS.memberNotFound : ask(uint64ToId(id) as MemberId);
}

function resultOf<Kind extends ClientResult["kind"]>({ result }: Answer, kind: Kind): ResultOf<Kind> {
  assert(result.kind === kind, () => `a ${result.kind} where a ${kind} was asked for`);
  return result as ResultOf<Kind>;
}

/** A result that knows its revision was made there; the member may have moved on before it answered. */
function headerOf({ header, result }: Answer): WireHeader {
  const revision = "revision" in result ? result.revision : header.revision;
  return {
    clusterId: idToUint64(header.clusterId),
    memberId: idToUint64(header.memberId),
    revision: BigInt(revision),
    raftTerm: BigInt(header.raftTerm),
  };
}

function membersOf(answer: Answer) {
  return { header: headerOf(answer), members: resultOf(answer, "members").members.map(memberToWire) };
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
