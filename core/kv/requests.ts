// What a client may ask of the key-value store and what it is answered: etcd's KV and Lease messages
// (etcdserverpb/rpc.proto) without their wire form.
//
// Bytes are shared, never copied: whoever hands bytes in, or gets them out, leaves them unchanged for good.

import { EMPTY_BYTES } from "../base/bytes.ts";
import type { Revision } from "../base/ids.ts";

/** A lease's id as 16 lowercase hex digits (the int64's two's complement); "" where there is none. */
export type LeaseId = string;

/** Range end that means "from the key on"; an empty one means "this key alone". */
export const FROM_KEY_END: Uint8Array = new Uint8Array([0]);

/** One version of one key. (mvccpb.KeyValue) */
export interface KeyValue {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  /** The revision that brought the key to life, most recently. */
  readonly createRevision: Revision;
  /** The revision that wrote this version. */
  readonly modRevision: Revision;
  /** 1 for a key just created, +1 with each put; a deletion starts it anew. */
  readonly version: number;
  readonly lease: LeaseId;
}

export type SortOrder = "none" | "ascend" | "descend";
export type SortTarget = "key" | "version" | "create" | "mod" | "value";

export interface RangeRequest {
  readonly kind: "range";
  readonly key: Uint8Array;
  /** Exclusive. Empty: the single key. `FROM_KEY_END`: every key from `key` on. */
  readonly rangeEnd: Uint8Array;
  /** Most pairs to answer with; 0 for all. */
  readonly limit: number;
  /** The point in history to read at; 0 (or less) for now. */
  readonly revision: Revision;
  readonly sortOrder: SortOrder;
  readonly sortTarget: SortTarget;
  /** Answered from the asked member's own state, without asking the cluster. */
  readonly serializable: boolean;
  readonly keysOnly: boolean;
  readonly countOnly: boolean;
  /** These four leave pairs out of the answer, though not out of `count`; 0 for no bound. Both ends inclusive. */
  readonly minModRevision: Revision;
  readonly maxModRevision: Revision;
  readonly minCreateRevision: Revision;
  readonly maxCreateRevision: Revision;
}

export interface PutRequest {
  readonly kind: "put";
  readonly key: Uint8Array;
  readonly value: Uint8Array;
  readonly lease: LeaseId;
  readonly prevKv: boolean;
  /** Keep the key's present value; the key must exist. */
  readonly ignoreValue: boolean;
  /** Keep the key's present lease; the key must exist. */
  readonly ignoreLease: boolean;
}

export interface DeleteRangeRequest {
  readonly kind: "deleteRange";
  readonly key: Uint8Array;
  /** As in `RangeRequest`. */
  readonly rangeEnd: Uint8Array;
  readonly prevKv: boolean;
}

export type CompareTarget =
  | { readonly kind: "version" | "create" | "mod"; readonly value: number }
  | { readonly kind: "value"; readonly value: Uint8Array }
  | { readonly kind: "lease"; readonly value: LeaseId };

export type CompareResult = "equal" | "greater" | "less" | "notEqual";

/** Holds when every key of the range satisfies "key's target `result` value". */
export interface Compare {
  readonly target: CompareTarget;
  readonly result: CompareResult;
  readonly key: Uint8Array;
  /** As in `RangeRequest`. */
  readonly rangeEnd: Uint8Array;
}

export type RequestOp = RangeRequest | PutRequest | DeleteRangeRequest | TxnRequest;

export interface TxnRequest {
  readonly kind: "txn";
  readonly compare: readonly Compare[];
  readonly success: readonly RequestOp[];
  readonly failure: readonly RequestOp[];
}

export interface CompactRequest {
  readonly kind: "compact";
  readonly revision: Revision;
  /** Answer only once the space is given back; a synchronous store always has. */
  readonly physical: boolean;
}

export interface LeaseGrantRequest {
  readonly kind: "leaseGrant";
  /** Chosen by the client or, before consensus, by the member that was asked; never "" here. */
  readonly id: LeaseId;
  /** Seconds to live. The member that was asked raises it to its own minimum before consensus. */
  readonly ttl: number;
}

export interface LeaseRevokeRequest {
  readonly kind: "leaseRevoke";
  readonly id: LeaseId;
}

/** What travels through the log and changes the store. */
export type KvWriteRequest =
  | PutRequest
  | DeleteRangeRequest
  | TxnRequest
  | CompactRequest
  | LeaseGrantRequest
  | LeaseRevokeRequest;

/** In every response, `revision` is what etcd puts into the header of that (sub-)response. */
export interface RangeResponse {
  readonly kind: "range";
  readonly revision: Revision;
  readonly kvs: readonly KeyValue[];
  /** True when `limit` left pairs out. */
  readonly more: boolean;
  /** Keys in the range at that revision, whatever `limit` and the min/max bounds left out. */
  readonly count: number;
}

export interface PutResponse {
  readonly kind: "put";
  readonly revision: Revision;
  /** The pair before, when asked for and present. */
  readonly prevKv: KeyValue | null;
}

export interface DeleteRangeResponse {
  readonly kind: "deleteRange";
  readonly revision: Revision;
  readonly deleted: number;
  /** The pairs before, when asked for. */
  readonly prevKvs: readonly KeyValue[];
}

export type ResponseOp = RangeResponse | PutResponse | DeleteRangeResponse | TxnResponse;

export interface TxnResponse {
  readonly kind: "txn";
  /** A nested transaction's header is left empty by etcd: 0 there. */
  readonly revision: Revision;
  readonly succeeded: boolean;
  /** One for each operation of the branch taken, in order. */
  readonly responses: readonly ResponseOp[];
}

export interface CompactResponse {
  readonly kind: "compact";
  readonly revision: Revision;
}

export interface LeaseGrantResponse {
  readonly kind: "leaseGrant";
  readonly revision: Revision;
  readonly id: LeaseId;
  /** Seconds granted. */
  readonly ttl: number;
}

export interface LeaseRevokeResponse {
  readonly kind: "leaseRevoke";
  readonly revision: Revision;
}

export type KvWriteResponse =
  | PutResponse
  | DeleteRangeResponse
  | TxnResponse
  | CompactResponse
  | LeaseGrantResponse
  | LeaseRevokeResponse;

/** One change, as watchers see it. A deletion's `kv` holds the key and the deleting revision alone. (mvccpb.Event) */
export interface KvEvent {
  readonly kind: "put" | "delete";
  readonly kv: KeyValue;
}

type WithKey<T extends { readonly key: Uint8Array }> = Partial<Omit<T, "kind">> & {
  readonly key: Uint8Array;
};

/** A range request for one key now, except where `fields` say otherwise. */
export function rangeRequest(fields: WithKey<RangeRequest>): RangeRequest {
  return {
    kind: "range",
    rangeEnd: EMPTY_BYTES,
    limit: 0,
    revision: 0,
    sortOrder: "none",
    sortTarget: "key",
    serializable: false,
    keysOnly: false,
    countOnly: false,
    minModRevision: 0,
    maxModRevision: 0,
    minCreateRevision: 0,
    maxCreateRevision: 0,
    ...fields,
  };
}

/** A plain put of an empty value, except where `fields` say otherwise. */
export function putRequest(fields: WithKey<PutRequest>): PutRequest {
  return {
    kind: "put",
    value: EMPTY_BYTES,
    lease: "",
    prevKv: false,
    ignoreValue: false,
    ignoreLease: false,
    ...fields,
  };
}

/** A deletion of one key, except where `fields` say otherwise. */
export function deleteRangeRequest(fields: WithKey<DeleteRangeRequest>): DeleteRangeRequest {
  return { kind: "deleteRange", rangeEnd: EMPTY_BYTES, prevKv: false, ...fields };
}

/** A transaction; lists left out are empty. */
export function txnRequest(fields: Partial<Omit<TxnRequest, "kind">>): TxnRequest {
  return { kind: "txn", compare: [], success: [], failure: [], ...fields };
}

/** A comparison on one key for equality, except where `fields` say otherwise. */
export function compare(
  fields: Partial<Compare> & { readonly key: Uint8Array; readonly target: CompareTarget },
): Compare {
  return { result: "equal", rangeEnd: EMPTY_BYTES, ...fields };
}

/**
 * True when the transaction can be answered without the log. A nested one never is, whatever it holds.
 * (etcdserver: isTxnReadonly)
 */
export function isReadOnlyTxn(txn: TxnRequest): boolean {
  return txn.success.every((op) => op.kind === "range") && txn.failure.every((op) => op.kind === "range");
}

/** True when a read-only transaction may be answered from the asked member's own state. (isTxnSerializable) */
export function isSerializableTxn(txn: TxnRequest): boolean {
  return [...txn.success, ...txn.failure].every((op) => op.kind === "range" && op.serializable);
}

/** The exclusive end of the range of all keys that start with `prefix`. (clientv3.GetPrefixRangeEnd) */
export function prefixEnd(prefix: Uint8Array): Uint8Array {
  for (let i = prefix.length - 1; i >= 0; i--) {
    if (prefix[i]! === 0xff) continue;
    const end = prefix.slice(0, i + 1);
    end[i] = prefix[i]! + 1;
    return end;
  }
  // Nothing sorts after a prefix of 0xff alone, and the empty prefix is in every key.
  return FROM_KEY_END;
}
