// Transactions: compare, choose a branch, do it (etcdserver/apply.go: Txn). etcd decides every comparison, those of
// nested transactions too, on the state before the transaction writes anything; only then are the chosen
// operations done in order, each seeing what those before it wrote.

import { unreachable } from "../base/assert.ts";
import { compareBytes } from "../base/bytes.ts";
import { ETCD_ERRORS, type EtcdError, isEtcdError } from "../base/etcd_error.ts";
import { readRange } from "./range_reader.ts";
import {
  type Compare,
  type DeleteRangeRequest,
  type KeyValue,
  type LeaseId,
  type PutRequest,
  type RangeRequest,
  rangeRequest,
  type ResponseOp,
  type TxnRequest,
  type TxnResponse,
} from "./requests.ts";
import type { KvTables } from "./tables.ts";
import type { WriteTxn } from "./write_txn.ts";

/** A transaction whose comparisons are decided: what is left of it is the branches taken. */
export interface DecidedTxn {
  readonly kind: "txn";
  readonly succeeded: boolean;
  readonly ops: readonly DecidedOp[];
}

export type DecidedOp = RangeRequest | PutRequest | DeleteRangeRequest | DecidedTxn;

/** Decides the branches of a transaction on the present state. (compareToPath) */
export function decideTxn(tables: KvTables, txn: TxnRequest): DecidedTxn {
  const succeeded = txn.compare.every((compare) => compareHolds(tables, compare));
  const branch = succeeded ? txn.success : txn.failure;
  const ops = branch.map((op) => op.kind === "txn" ? decideTxn(tables, op) : op);
  return { kind: "txn", succeeded, ops };
}

/**
 * The refusal that etcd gives before it does anything: puts are looked at before ranges, each in order.
 * (checkRequests)
 */
export function refusalOfTxn(tables: KvTables, txn: DecidedTxn): EtcdError | null {
  const ops = flatten(txn);
  for (const op of ops) {
    const refusal = op.kind === "put" ? refusalOfPut(tables, op) : null;
    if (refusal !== null) return refusal;
  }
  for (const op of ops) {
    if (op.kind !== "range" || op.revision === 0) continue;
    if (op.revision > tables.revision) return ETCD_ERRORS.futureRevision;
    if (op.revision < tables.compactRevision) return ETCD_ERRORS.compacted;
  }
  return null;
}

/** Does the operations of a decided transaction, in order, until one fails. */
export function performTxn(write: WriteTxn, txn: DecidedTxn): TxnResponse | EtcdError {
  const responses: ResponseOp[] = [];
  for (const op of txn.ops) {
    const response = performOp(write, op);
    if (isEtcdError(response)) return response;
    responses.push(response);
  }
  return { kind: "txn", revision: 0, succeeded: txn.succeeded, responses };
}

/**
 * True when `performTxn` could fail half way. A put that keeps its key's value may follow a deletion of that key
 * in the same transaction: the check of overlaps is blind to deletions "from the key on". (etcd 3.4 panics there.)
 */
export function mayFailHalfway(txn: DecidedTxn): boolean {
  const ops = flatten(txn);
  return ops.some((op) => op.kind === "deleteRange") &&
    ops.some((op) => op.kind === "put" && (op.ignoreValue || op.ignoreLease));
}

function flatten(txn: DecidedTxn): Exclude<DecidedOp, DecidedTxn>[] {
  return txn.ops.flatMap((op) => op.kind === "txn" ? flatten(op) : [op]);
}

function refusalOfPut(tables: KvTables, put: PutRequest): EtcdError | null {
  if (put.ignoreValue || put.ignoreLease) {
    if (liveKvs(tables, put).length === 0) return ETCD_ERRORS.keyNotFound;
  }
  return put.lease === "" || tables.leases.has(put.lease) ? null : ETCD_ERRORS.leaseNotFound;
}

function performOp(write: WriteTxn, op: DecidedOp): ResponseOp | EtcdError {
  switch (op.kind) {
    case "range":
      return write.range(op);
    case "put":
      return write.put(op);
    case "deleteRange":
      return write.deleteRange(op);
    case "txn":
      return performTxn(write, op);
    default:
      return unreachable(op);
  }
}

function compareHolds(tables: KvTables, compare: Compare): boolean {
  const kvs = liveKvs(tables, compare);
  if (kvs.length > 0) return kvs.every((kv) => satisfies(kv, compare));
  // A key that does not exist counts as one with zeros everywhere; but no value is not an empty value.
  return compare.target.kind !== "value" && satisfies(null, compare);
}

function liveKvs(
  tables: KvTables,
  keys: { readonly key: Uint8Array; readonly rangeEnd?: Uint8Array },
): readonly KeyValue[] {
  const request = rangeRequest({
    key: keys.key,
    ...(keys.rangeEnd === undefined ? {} : { rangeEnd: keys.rangeEnd }),
  });
  const response = readRange(tables.index, request, tables);
  return isEtcdError(response) ? [] : response.kvs;
}

function satisfies(kv: KeyValue | null, compare: Compare): boolean {
  const difference = differenceFrom(kv, compare);
  switch (compare.result) {
    case "equal":
      return difference === 0;
    case "notEqual":
      return difference !== 0;
    case "greater":
      return difference > 0;
    case "less":
      return difference < 0;
    default:
      return unreachable(compare.result);
  }
}

function differenceFrom(kv: KeyValue | null, { target }: Compare): number {
  switch (target.kind) {
    case "version":
      return (kv?.version ?? 0) - target.value;
    case "create":
      return (kv?.createRevision ?? 0) - target.value;
    case "mod":
      return (kv?.modRevision ?? 0) - target.value;
    case "value":
      return kv === null ? -1 : compareBytes(kv.value, target.value);
    case "lease":
      return compareLeases(kv?.lease ?? "", target.value);
    default:
      return unreachable(target);
  }
}

/** Lease ids compare as the signed numbers they are on the wire. */
function compareLeases(a: LeaseId, b: LeaseId): number {
  const difference = signed(a) - signed(b);
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

function signed(id: LeaseId): bigint {
  return id === "" ? 0n : BigInt.asIntN(64, BigInt("0x" + id));
}
