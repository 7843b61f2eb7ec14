// The key-value store's requests and responses as the protobuf messages of etcd's API, and back. One mapping serves
// both the log (InternalRaftRequest) and the services (gRPC, JSON).

import type { MessageInitShape } from "@bufbuild/protobuf";
import { unreachable } from "../base/assert.ts";
import { EMPTY_BYTES } from "../base/bytes.ts";
import { ETCD_ERRORS, type EtcdError, isEtcdError, otherError } from "../base/etcd_error.ts";
import type {
  Compare,
  CompareResult,
  CompareTarget,
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  LeaseId,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  SortOrder,
  SortTarget,
  TxnRequest,
  TxnResponse,
} from "../kv/requests.ts";
import type { KeyValueSchema } from "./gen/kv_pb.ts";
import {
  type Compare as WireCompare,
  Compare_CompareResult as WireResult,
  Compare_CompareTarget as WireTarget,
  type CompareSchema,
  type DeleteRangeRequest as WireDeleteRange,
  type DeleteRangeRequestSchema,
  type DeleteRangeResponseSchema,
  type PutRequest as WirePut,
  type PutRequestSchema,
  type PutResponseSchema,
  type RangeRequest as WireRange,
  RangeRequest_SortOrder as WireOrder,
  RangeRequest_SortTarget as WireSortTarget,
  type RangeRequestSchema,
  type RangeResponseSchema,
  type RequestOp as WireOp,
  type RequestOpSchema,
  type ResponseHeaderSchema,
  type ResponseOpSchema,
  type TxnRequest as WireTxn,
  type TxnRequestSchema,
  type TxnResponseSchema,
} from "./gen/rpc_pb.ts";
import { idToInt64, int64ToId, invert } from "./border.ts";

const ORDERS: Readonly<Record<SortOrder, WireOrder>> = {
  none: WireOrder.NONE,
  ascend: WireOrder.ASCEND,
  descend: WireOrder.DESCEND,
};
const SORT_TARGETS: Readonly<Record<SortTarget, WireSortTarget>> = {
  key: WireSortTarget.KEY,
  version: WireSortTarget.VERSION,
  create: WireSortTarget.CREATE,
  mod: WireSortTarget.MOD,
  value: WireSortTarget.VALUE,
};
const COMPARE_RESULTS: Readonly<Record<CompareResult, WireResult>> = {
  equal: WireResult.EQUAL,
  greater: WireResult.GREATER,
  less: WireResult.LESS,
  notEqual: WireResult.NOT_EQUAL,
};
const COMPARE_TARGETS: Readonly<Record<CompareTarget["kind"], WireTarget>> = {
  version: WireTarget.VERSION,
  create: WireTarget.CREATE,
  mod: WireTarget.MOD,
  value: WireTarget.VALUE,
  lease: WireTarget.LEASE,
};
const ORDER_NAMES = invert(ORDERS);
const SORT_TARGET_NAMES = invert(SORT_TARGETS);
const COMPARE_RESULT_NAMES = invert(COMPARE_RESULTS);
const COMPARE_TARGET_NAMES = invert(COMPARE_TARGETS);

/**
 * A signed 64-bit number as a safe integer. What lies beyond is brought to the nearest one: no revision, version or
 * count ever gets there, so every comparison with it still comes out the same.
 */
export function saturate(value: bigint): number {
  return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, Number(value)));
}

export function leaseFromWire(id: bigint): LeaseId {
  return id === 0n ? "" : int64ToId(id);
}

export function leaseToWire(id: LeaseId): bigint {
  return id === "" ? 0n : idToInt64(id);
}

/** An unknown order or target (a newer client's) sorts by nothing, or by key, as in etcd. */
export function rangeFromWire(wire: WireRange): RangeRequest {
  return {
    kind: "range",
    key: wire.key,
    rangeEnd: wire.rangeEnd,
    limit: Math.max(0, saturate(wire.limit)),
    revision: saturate(wire.revision),
    sortOrder: ORDER_NAMES.get(wire.sortOrder) ?? "none",
    sortTarget: SORT_TARGET_NAMES.get(wire.sortTarget) ?? "key",
    serializable: wire.serializable,
    keysOnly: wire.keysOnly,
    countOnly: wire.countOnly,
    minModRevision: saturate(wire.minModRevision),
    maxModRevision: saturate(wire.maxModRevision),
    minCreateRevision: saturate(wire.minCreateRevision),
    maxCreateRevision: saturate(wire.maxCreateRevision),
  };
}

export function rangeToWire(request: RangeRequest): MessageInitShape<typeof RangeRequestSchema> {
  return {
    key: request.key,
    rangeEnd: request.rangeEnd,
    limit: BigInt(request.limit),
    revision: BigInt(request.revision),
    sortOrder: ORDERS[request.sortOrder],
    sortTarget: SORT_TARGETS[request.sortTarget],
    serializable: request.serializable,
    keysOnly: request.keysOnly,
    countOnly: request.countOnly,
    minModRevision: BigInt(request.minModRevision),
    maxModRevision: BigInt(request.maxModRevision),
    minCreateRevision: BigInt(request.minCreateRevision),
    maxCreateRevision: BigInt(request.maxCreateRevision),
  };
}

export function putFromWire(wire: WirePut): PutRequest {
  return {
    kind: "put",
    key: wire.key,
    value: wire.value,
    lease: leaseFromWire(wire.lease),
    prevKv: wire.prevKv,
    ignoreValue: wire.ignoreValue,
    ignoreLease: wire.ignoreLease,
  };
}

export function putToWire(request: PutRequest): MessageInitShape<typeof PutRequestSchema> {
  return {
    key: request.key,
    value: request.value,
    lease: leaseToWire(request.lease),
    prevKv: request.prevKv,
    ignoreValue: request.ignoreValue,
    ignoreLease: request.ignoreLease,
  };
}

export function deleteRangeFromWire(wire: WireDeleteRange): DeleteRangeRequest {
  return { kind: "deleteRange", key: wire.key, rangeEnd: wire.rangeEnd, prevKv: wire.prevKv };
}

export function deleteRangeToWire(
  request: DeleteRangeRequest,
): MessageInitShape<typeof DeleteRangeRequestSchema> {
  return { key: request.key, rangeEnd: request.rangeEnd, prevKv: request.prevKv };
}

/**
 * A transaction, or the error it deserves before anyone looks at its keys. An operation that is nothing gets the
 * error that etcd has for it. The reader has bounded how deep transactions nest.
 */
export function txnFromWire(wire: WireTxn): TxnRequest | EtcdError {
  const compare: Compare[] = [];
  for (const item of wire.compare) {
    const read = compareFromWire(item);
    if ("code" in read) return read;
    compare.push(read);
  }
  const success = opsFromWire(wire.success);
  if ("code" in success) return success;
  const failure = opsFromWire(wire.failure);
  if ("code" in failure) return failure;
  return { kind: "txn", compare, success, failure };
}

export function txnToWire(request: TxnRequest): MessageInitShape<typeof TxnRequestSchema> {
  return {
    compare: request.compare.map(compareToWire),
    success: request.success.map(opToWire),
    failure: request.failure.map(opToWire),
  };
}

export function keyValueToWire(kv: KeyValue): MessageInitShape<typeof KeyValueSchema> {
  return {
    key: kv.key,
    value: kv.value,
    createRevision: BigInt(kv.createRevision),
    modRevision: BigInt(kv.modRevision),
    version: BigInt(kv.version),
    lease: leaseToWire(kv.lease),
  };
}

export type WireHeader = MessageInitShape<typeof ResponseHeaderSchema>;

export function rangeResponseToWire(
  response: RangeResponse,
  header: WireHeader,
): MessageInitShape<typeof RangeResponseSchema> {
  return {
    header,
    kvs: response.kvs.map(keyValueToWire),
    more: response.more,
    count: BigInt(response.count),
  };
}

export function putResponseToWire(
  response: PutResponse,
  header: WireHeader,
): MessageInitShape<typeof PutResponseSchema> {
  return response.prevKv === null ? { header } : { header, prevKv: keyValueToWire(response.prevKv) };
}

export function deleteRangeResponseToWire(
  response: DeleteRangeResponse,
  header: WireHeader,
): MessageInitShape<typeof DeleteRangeResponseSchema> {
  return { header, deleted: BigInt(response.deleted), prevKvs: response.prevKvs.map(keyValueToWire) };
}

export function txnResponseToWire(
  response: TxnResponse,
  header: WireHeader,
): MessageInitShape<typeof TxnResponseSchema> {
  return { header, succeeded: response.succeeded, responses: response.responses.map(responseOpToWire) };
}

/** A response inside a transaction's: its header holds the revision alone. */
function responseOpToWire(response: ResponseOp): MessageInitShape<typeof ResponseOpSchema> {
  const header = { revision: BigInt(response.revision) };
  switch (response.kind) {
    case "range":
      return { response: { case: "responseRange", value: rangeResponseToWire(response, header) } };
    case "put":
      return { response: { case: "responsePut", value: putResponseToWire(response, header) } };
    case "deleteRange":
      return {
        response: { case: "responseDeleteRange", value: deleteRangeResponseToWire(response, header) },
      };
    case "txn":
      return { response: { case: "responseTxn", value: txnResponseToWire(response, header) } };
    default:
      return unreachable(response);
  }
}

function opsFromWire(wire: readonly WireOp[]): readonly RequestOp[] | EtcdError {
  const ops: RequestOp[] = [];
  for (const { request } of wire) {
    const op = request.case === "requestRange"
      ? rangeFromWire(request.value)
      : request.case === "requestPut"
      ? putFromWire(request.value)
      : request.case === "requestDeleteRange"
      ? deleteRangeFromWire(request.value)
      : request.case === "requestTxn"
      ? txnFromWire(request.value)
      : ETCD_ERRORS.keyNotFound;
    if (isEtcdError(op)) return op;
    ops.push(op);
  }
  return ops;
}

function opToWire(op: RequestOp): MessageInitShape<typeof RequestOpSchema> {
  switch (op.kind) {
    case "range":
      return { request: { case: "requestRange", value: rangeToWire(op) } };
    case "put":
      return { request: { case: "requestPut", value: putToWire(op) } };
    case "deleteRange":
      return { request: { case: "requestDeleteRange", value: deleteRangeToWire(op) } };
    case "txn":
      return { request: { case: "requestTxn", value: txnToWire(op) } };
    default:
      return unreachable(op);
  }
}

function compareFromWire(wire: WireCompare): Compare | EtcdError {
  const result = COMPARE_RESULT_NAMES.get(wire.result);
  const kind = COMPARE_TARGET_NAMES.get(wire.target);
  if (result === undefined) {
    return otherError(`etcdserver: unknown compare result ${wire.result}`, "invalidArgument");
  }
  if (kind === undefined) {
    return otherError(`etcdserver: unknown compare target ${wire.target}`, "invalidArgument");
  }
  return { target: targetFromWire(kind, wire.targetUnion), result, key: wire.key, rangeEnd: wire.rangeEnd };
}

/** A value of another kind than the target asks for, or none, counts as the target's zero, as in etcd. */
function targetFromWire(kind: CompareTarget["kind"], union: WireCompare["targetUnion"]): CompareTarget {
  switch (kind) {
    case "version":
      return { kind, value: union.case === "version" ? saturate(union.value) : 0 };
    case "create":
      return { kind, value: union.case === "createRevision" ? saturate(union.value) : 0 };
    case "mod":
      return { kind, value: union.case === "modRevision" ? saturate(union.value) : 0 };
    case "value":
      return { kind, value: union.case === "value" ? union.value : EMPTY_BYTES };
    case "lease":
      return { kind, value: union.case === "lease" ? leaseFromWire(union.value) : "" };
    default:
      return unreachable(kind);
  }
}

function compareToWire(compare: Compare): MessageInitShape<typeof CompareSchema> {
  return {
    result: COMPARE_RESULTS[compare.result],
    target: COMPARE_TARGETS[compare.target.kind],
    key: compare.key,
    targetUnion: targetToWire(compare.target),
    rangeEnd: compare.rangeEnd,
  };
}

function targetToWire(
  target: CompareTarget,
): NonNullable<MessageInitShape<typeof CompareSchema>["targetUnion"]> {
  switch (target.kind) {
    case "version":
      return { case: "version", value: BigInt(target.value) };
    case "create":
      return { case: "createRevision", value: BigInt(target.value) };
    case "mod":
      return { case: "modRevision", value: BigInt(target.value) };
    case "value":
      return { case: "value", value: target.value };
    case "lease":
      return { case: "lease", value: leaseToWire(target.value) };
    default:
      return unreachable(target);
  }
}
