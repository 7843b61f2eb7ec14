// What a request on keys needs of its user's permissions. (etcdserver/apply_auth.go)

import { EMPTY_BYTES } from "../base/bytes.ts";
import type { EtcdError } from "../base/etcd_error.ts";
import type { KvWriteRequest, LeaseId, RangeRequest, RequestOp, TxnRequest } from "../kv/requests.ts";
import type { AuthStore } from "./auth_store.ts";
import type { AuthInfo } from "./requests.ts";

/** The keys that hang on a lease. */
export type LeaseKeys = (lease: LeaseId) => readonly Uint8Array[];

/** Why this user may not do this, or null. */
export function refusalOfKeys(
  auth: AuthStore,
  info: AuthInfo,
  request: RangeRequest | KvWriteRequest,
  leaseKeys: LeaseKeys,
): EtcdError | null {
  if (!auth.enabled) return null;
  switch (request.kind) {
    case "range":
    case "deleteRange":
      return refusalOfOp(auth, info, request);
    case "put":
      return auth.refusalOfWrite(info, request.key, EMPTY_BYTES) ??
        // Who cannot write the keys that a lease holds already could not revoke it either.
        refusalOfLease(auth, info, leaseKeys(request.lease)) ??
        (request.prevKv ? auth.refusalOfRead(info, request.key, EMPTY_BYTES) : null);
    case "txn":
      return refusalOfTxn(auth, info, request);
    case "leaseRevoke":
      return refusalOfLease(auth, info, leaseKeys(request.id));
    case "leaseGrant":
    case "compact":
      return null;
  }
}

function refusalOfLease(auth: AuthStore, info: AuthInfo, keys: readonly Uint8Array[]): EtcdError | null {
  return firstRefusal(keys, (key) => auth.refusalOfWrite(info, key, EMPTY_BYTES));
}

function refusalOfTxn(auth: AuthStore, info: AuthInfo, txn: TxnRequest): EtcdError | null {
  return firstRefusal(txn.compare, ({ key, rangeEnd }) => auth.refusalOfRead(info, key, rangeEnd)) ??
    firstRefusal([...txn.success, ...txn.failure], (op) => refusalOfOp(auth, info, op));
}

function refusalOfOp(auth: AuthStore, info: AuthInfo, op: RequestOp): EtcdError | null {
  switch (op.kind) {
    case "range":
      return auth.refusalOfRead(info, op.key, op.rangeEnd);
    case "put":
      return auth.refusalOfWrite(info, op.key, EMPTY_BYTES);
    case "deleteRange":
      return (op.prevKv ? auth.refusalOfRead(info, op.key, op.rangeEnd) : null) ??
        auth.refusalOfWrite(info, op.key, op.rangeEnd);
    case "txn":
      // etcd 3.4 does not look into nested transactions, and so lets anybody write anything by one. We do look.
      return refusalOfTxn(auth, info, op);
  }
}

function firstRefusal<T>(items: readonly T[], refusalOf: (item: T) => EtcdError | null): EtcdError | null {
  for (const item of items) {
    const refusal = refusalOf(item);
    if (refusal !== null) return refusal;
  }
  return null;
}
