// What etcd refuses before a request enters the log: the request is malformed, whatever the store holds.
// (etcdserver/api/v3rpc/key.go) The order of the checks decides which of several faults is told.

import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import { type KeySpan, keySpanOf, type KeyText, keyTextOf, spanHolds } from "./key_text.ts";
import type { DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest } from "./requests.ts";

/** Operations allowed in a transaction unless configured otherwise. (embed.DefaultMaxTxnOps) */
export const TXN_OPS_MAX = 128;

/** Why etcd would refuse the request, or null. */
export function refusalOfRange(request: RangeRequest): EtcdError | null {
  return request.key.length === 0 ? ETCD_ERRORS.emptyKey : null;
}

/** Why etcd would refuse the request, or null. */
export function refusalOfPut(request: PutRequest): EtcdError | null {
  if (request.key.length === 0) return ETCD_ERRORS.emptyKey;
  if (request.ignoreValue && request.value.length > 0) return ETCD_ERRORS.valueProvided;
  if (request.ignoreLease && request.lease !== "") return ETCD_ERRORS.leaseProvided;
  return null;
}

/** Why etcd would refuse the request, or null. */
export function refusalOfDeleteRange(request: DeleteRangeRequest): EtcdError | null {
  return request.key.length === 0 ? ETCD_ERRORS.emptyKey : null;
}

/** Why etcd would refuse the transaction, or null. */
export function refusalOfTxnRequest(request: TxnRequest, opsMax = TXN_OPS_MAX): EtcdError | null {
  // Overlaps are looked for last: the count of operations, and with it the work, is bounded by then.
  return refusalOfShape(request, opsMax) ?? overlapIn(request.success) ?? overlapIn(request.failure);
}

function refusalOfShape(txn: TxnRequest, opsMax: number): EtcdError | null {
  const opCount = Math.max(txn.compare.length, txn.success.length, txn.failure.length);
  if (opCount > opsMax) return ETCD_ERRORS.tooManyOps;
  if (txn.compare.some((compare) => compare.key.length === 0)) return ETCD_ERRORS.emptyKey;
  for (const op of [...txn.success, ...txn.failure]) {
    // A nested transaction may use what its parent has left.
    const refusal = refusalOfOp(op, opsMax - opCount);
    if (refusal !== null) return refusal;
  }
  return null;
}

function refusalOfOp(op: RequestOp, opsMax: number): EtcdError | null {
  switch (op.kind) {
    case "range":
      return refusalOfRange(op);
    case "put":
      return refusalOfPut(op);
    case "deleteRange":
      return refusalOfDeleteRange(op);
    case "txn":
      return refusalOfShape(op, opsMax);
  }
}

function overlapIn(ops: readonly RequestOp[]): EtcdError | null {
  return touchedBy(ops) === null ? ETCD_ERRORS.duplicateKey : null;
}

interface Touched {
  readonly puts: Set<KeyText>;
  readonly deletions: KeySpan[];
}

/**
 * The keys that a list of operations writes, or null when one of them may be written twice: a key has one version
 * per revision. The two branches of a transaction exclude each other, so both may write the same key. As in etcd,
 * a deletion in a nested transaction is only held against puts that are looked at after it. (checkIntervals)
 */
function touchedBy(ops: readonly RequestOp[]): Touched | null {
  const puts = new Set<KeyText>();
  const deletions: KeySpan[] = [];
  for (const op of ops) if (op.kind === "deleteRange") deletions.push(deletedSpan(op));
  const isDeleted = (key: KeyText) => deletions.some((span) => spanHolds(span, key));

  for (const op of ops) {
    if (op.kind !== "txn") continue;
    const onSuccess = touchedBy(op.success);
    const onFailure = touchedBy(op.failure);
    if (onSuccess === null || onFailure === null) return null;
    const nestedPuts = new Set([...onSuccess.puts, ...onFailure.puts]);
    for (const key of nestedPuts) {
      if (puts.has(key) || isDeleted(key)) return null;
    }
    for (const key of nestedPuts) puts.add(key);
    deletions.push(...onSuccess.deletions, ...onFailure.deletions);
  }

  for (const op of ops) {
    if (op.kind !== "put") continue;
    const key = keyTextOf(op.key);
    if (puts.has(key) || isDeleted(key)) return null;
    puts.add(key);
  }
  return { puts, deletions };
}

/** The end that means "from the key on" is taken literally here, as etcd does, and then spans nothing. */
function deletedSpan(op: DeleteRangeRequest): KeySpan {
  const from = keyTextOf(op.key);
  return op.rangeEnd.length === 0 ? keySpanOf(op.key, op.rangeEnd) : { from, end: keyTextOf(op.rangeEnd) };
}
