// What a normal log entry says, as the bytes etcd would put there: an InternalRaftRequest, or for the two v2 writes that
// etcd 3.4 still makes (a member publishing itself, the cluster's version) the bare v2 Request.

import { create, fromBinary, type MessageInitShape, toBinary } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { assert, unreachable } from "../base/assert.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import { type MemberId, shortId } from "../base/ids.ts";
import { type AuthInfo, type AuthRequest, isAuthRequest, NOBODY } from "../auth/requests.ts";
import type { KvWriteRequest } from "../kv/requests.ts";
import { authFromWire, authToWire } from "./auth_messages.ts";
import {
  decodeOrExplain,
  idToInt64,
  idToUint64,
  int64ToId,
  invert,
  type Malformed,
  MalformedBytes,
  uint64ToId,
} from "./border.ts";
import { type Request, RequestSchema } from "./gen/etcdserver_pb.ts";
import { type InternalRaftRequest, InternalRaftRequestSchema } from "./gen/raft_internal_pb.ts";
import { AlarmRequest_AlarmAction as WireAlarmAction, AlarmType as WireAlarmType } from "./gen/rpc_pb.ts";
import {
  deleteRangeFromWire,
  deleteRangeToWire,
  putFromWire,
  putToWire,
  saturate,
  txnFromWire,
  txnToWire,
} from "./kv_messages.ts";
import { encodeAttributes, readAttributesJson } from "./member_context.ts";

/** Names a proposal, so that its proposer finds it again among the entries it applies. 16 hex digits, not all zero. */
export type LogRequestId = string;

export type AlarmAction = "get" | "activate" | "deactivate";
export type AlarmType = "none" | "noSpace" | "corrupt";

export type LogRequest =
  | KvWriteRequest
  | AuthRequest
  /** Lists alarms (through the log, so that the list is current), raises or clears one; member null means all. */
  | {
    readonly kind: "alarm";
    readonly action: AlarmAction;
    readonly member: MemberId | null;
    readonly alarm: AlarmType;
  }
  /** A member that has started says its name and where its clients find it. */
  | {
    readonly kind: "publish";
    readonly member: MemberId;
    readonly name: string;
    readonly clientUrls: readonly string[];
  }
  /** The leader says which version all members understand, such as "3.4.0". */
  | { readonly kind: "clusterVersion"; readonly version: string };

export interface LogCommand {
  readonly kind: "command";
  readonly id: LogRequestId;
  readonly request: LogRequest;
  /** Who asked for it; missing when nobody said. */
  readonly auth?: AuthInfo;
}

type V2Request = Extract<LogRequest, { readonly kind: "publish" | "clusterVersion" }>;

const ALARM_TYPES: Readonly<Record<AlarmType, WireAlarmType>> = {
  none: WireAlarmType.NONE,
  noSpace: WireAlarmType.NOSPACE,
  corrupt: WireAlarmType.CORRUPT,
};
const ALARM_ACTIONS: Readonly<Record<AlarmAction, WireAlarmAction>> = {
  get: WireAlarmAction.GET,
  activate: WireAlarmAction.ACTIVATE,
  deactivate: WireAlarmAction.DEACTIVATE,
};
const ALARM_NAMES = invert(ALARM_TYPES);
const ALARM_ACTION_NAMES = invert(ALARM_ACTIONS);

const VERSION_PATH = "/0/version";
const ATTRIBUTES_PATH = /^\/0\/members\/([0-9a-f]{1,16})\/attributes$/;

/** The data of the entry that proposes `request` under the name `id`, on behalf of `auth`. */
export function encodeLogCommand(id: LogRequestId, request: LogRequest, auth: AuthInfo = NOBODY): Uint8Array {
  const uint64 = idToUint64(id);
  assert(uint64 !== 0n, "request id 0");
  if (request.kind === "publish" || request.kind === "clusterVersion") {
    return toBinary(RequestSchema, create(RequestSchema, toV2(uint64, request)));
  }
  return toBinary(
    InternalRaftRequestSchema,
    create(InternalRaftRequestSchema, toInternal(uint64, request, auth)),
  );
}

/**
 * The command in an entry's data, which shares its memory: entries are never changed. An entry without data is a new
 * leader's no-op and holds no command; do not ask. Malformed also means: a request that this release does not know.
 */
export function decodeLogCommand(data: Uint8Array): LogCommand | Malformed {
  return decodeOrExplain(() => {
    if (isBareV2(data)) return fromV2(fromBinary(RequestSchema, data));
    const wire = fromBinary(InternalRaftRequestSchema, data);
    if (wire.v2 !== undefined) return fromV2(wire.v2);
    const id = uint64ToId(wire.ID !== 0n ? wire.ID : wire.header?.ID ?? 0n);
    const request = fromInternal(wire);
    const { username = "", authRevision = 0n } = wire.header ?? {};
    if (username === "") return { kind: "command", id, request };
    return { kind: "command", id, request, auth: { username, revision: saturate(authRevision) } };
  });
}

function toInternal(
  id: bigint,
  request: Exclude<LogRequest, V2Request>,
  auth: AuthInfo,
): MessageInitShape<typeof InternalRaftRequestSchema> {
  const header = { ID: id, username: auth.username, authRevision: BigInt(auth.revision) };
  if (isAuthRequest(request)) return { header, ...authToWire(request) };
  switch (request.kind) {
    case "put":
      return { header, put: putToWire(request) };
    case "deleteRange":
      return { header, deleteRange: deleteRangeToWire(request) };
    case "txn":
      return { header, txn: txnToWire(request) };
    case "compact":
      return { header, compaction: { revision: BigInt(request.revision), physical: request.physical } };
    case "leaseGrant":
      return { header, leaseGrant: { ID: idToInt64(request.id), TTL: BigInt(request.ttl) } };
    case "leaseRevoke":
      return { header, leaseRevoke: { ID: idToInt64(request.id) } };
    case "alarm":
      return {
        header,
        alarm: {
          action: ALARM_ACTIONS[request.action],
          memberID: request.member === null ? 0n : idToUint64(request.member),
          alarm: ALARM_TYPES[request.alarm],
        },
      };
    default:
      return unreachable(request);
  }
}

function fromInternal(wire: InternalRaftRequest): LogRequest {
  if (wire.put) return putFromWire(wire.put);
  if (wire.txn) {
    const txn = txnFromWire(wire.txn);
    if (isEtcdError(txn)) throw new MalformedBytes(txn.message);
    return txn;
  }
  if (wire.deleteRange) return deleteRangeFromWire(wire.deleteRange);
  if (wire.compaction) {
    return {
      kind: "compact",
      revision: saturate(wire.compaction.revision),
      physical: wire.compaction.physical,
    };
  }
  if (wire.leaseGrant) {
    return { kind: "leaseGrant", id: int64ToId(wire.leaseGrant.ID), ttl: saturate(wire.leaseGrant.TTL) };
  }
  if (wire.leaseRevoke) return { kind: "leaseRevoke", id: int64ToId(wire.leaseRevoke.ID) };
  if (wire.alarm) {
    const action = ALARM_ACTION_NAMES.get(wire.alarm.action);
    const alarm = ALARM_NAMES.get(wire.alarm.alarm);
    if (action === undefined || alarm === undefined) throw new MalformedBytes("unknown alarm");
    const member = wire.alarm.memberID === 0n ? null : uint64ToId(wire.alarm.memberID) as MemberId;
    return { kind: "alarm", action, member, alarm };
  }
  const auth = authFromWire(wire);
  if (auth !== null) return auth;
  throw new MalformedBytes("a request of a kind that this release does not know");
}

/** etcd writes every scalar of a v2 request, zero or not. */
function toV2(id: bigint, request: V2Request): MessageInitShape<typeof RequestSchema> {
  return {
    ID: id,
    Method: "PUT",
    Path: request.kind === "publish" ? `/0/members/${shortId(request.member)}/attributes` : VERSION_PATH,
    Val: request.kind === "publish" ? encodeAttributes(request) : request.version,
    Dir: false,
    PrevValue: "",
    PrevIndex: 0n,
    Expiration: 0n,
    Wait: false,
    Since: 0n,
    Recursive: false,
    Sorted: false,
    Quorum: false,
    Time: 0n,
    Stream: false,
  };
}

function fromV2(wire: Request): LogCommand {
  const id = uint64ToId(wire.ID);
  if (wire.Method !== "PUT") throw new MalformedBytes(`v2 ${wire.Method} ${wire.Path}`);
  if (wire.Path === VERSION_PATH) {
    return { kind: "command", id, request: { kind: "clusterVersion", version: wire.Val } };
  }
  const member = ATTRIBUTES_PATH.exec(wire.Path)?.[1]?.padStart(16, "0");
  if (member === undefined || /^0+$/.test(member)) throw new MalformedBytes(`v2 PUT ${wire.Path}`);
  return {
    kind: "command",
    id,
    request: { kind: "publish", member: member as MemberId, ...readAttributesJson(wire.Val) },
  };
}

/**
 * Both messages may begin with an id in field 1. Field 2 tells them apart: in an InternalRaftRequest it is a v2 Request,
 * which etcd begins with its id (tag byte 8); in a bare v2 Request it is the method's name, which is text.
 */
function isBareV2(data: Uint8Array): boolean {
  const reader = new BinaryReader(data);
  let [field, wireType] = reader.tag();
  if (field === 1) {
    reader.skip(wireType, field);
    if (reader.pos === reader.len) return false;
    [field, wireType] = reader.tag();
  }
  return field === 2 && wireType === WireType.LengthDelimited && reader.bytes()[0] !== 8;
}
