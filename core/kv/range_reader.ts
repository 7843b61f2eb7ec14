// Answers range requests (etcdserver/apply.go: Range; mvcc/kvstore_txn.go: rangeKeys). Much of etcd's observable
// behaviour sits in the order of these steps: count, cut to the limit, filter, sort, cut again.

import { unreachable } from "../base/assert.ts";
import { compareBytes, EMPTY_BYTES } from "../base/bytes.ts";
import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import type { KeyIndex } from "./key_index.ts";
import { keySpanOf, keyTextOf } from "./key_text.ts";
import type { KeyValue, RangeRequest, RangeResponse, SortTarget } from "./requests.ts";

/** Where a reader stands in history. */
export interface ReadPoint {
  /** The newest revision the reader may see. */
  readonly revision: Revision;
  readonly compactRevision: Revision;
}

/** The answer to `request` as seen from `point`, or etcd's refusal of the revision asked for. */
export function readRange(
  index: KeyIndex,
  request: RangeRequest,
  point: ReadPoint,
): RangeResponse | EtcdError {
  if (request.revision > point.revision) return ETCD_ERRORS.futureRevision;
  const revision = request.revision <= 0 ? point.revision : request.revision;
  // The compacted revision itself can still be read: what was live there has been kept.
  if (revision < point.compactRevision) return ETCD_ERRORS.compacted;

  const { kvs: found, count } = fetch(index, request, revision);
  const filtered = hasBounds(request) ? found.filter((kv) => isWithinBounds(request, kv)) : found;
  const sorted = sort(request, filtered);
  const more = request.limit > 0 && sorted.length > request.limit;
  const cut = more ? sorted.slice(0, request.limit) : sorted;
  const kvs = request.keysOnly ? cut.map((kv) => ({ ...kv, value: EMPTY_BYTES })) : cut;
  return { kind: "range", revision: point.revision, kvs, more, count };
}

function fetch(
  index: KeyIndex,
  request: RangeRequest,
  revision: Revision,
): { kvs: KeyValue[]; count: number } {
  // One pair beyond the limit tells that there are more. A sort or a bound must see everything first; a sort
  // target without an order, by etcd's rules, sorts only what the limit has left.
  const seesAll = request.limit <= 0 || request.sortOrder !== "none" || hasBounds(request);
  const kvsMax = request.countOnly ? 0 : seesAll ? Number.MAX_SAFE_INTEGER : request.limit + 1;
  if (request.rangeEnd.length === 0) {
    const record = index.at(keyTextOf(request.key), revision);
    if (record === undefined) return { kvs: [], count: 0 };
    return { kvs: request.countOnly ? [] : [record.kv], count: 1 };
  }
  const kvs: KeyValue[] = [];
  let count = 0;
  index.forSpan(keySpanOf(request.key, request.rangeEnd), revision, ({ kv }) => {
    count += 1;
    if (kvs.length < kvsMax) kvs.push(kv);
  });
  return { kvs, count };
}

function hasBounds(request: RangeRequest): boolean {
  return request.minModRevision !== 0 || request.maxModRevision !== 0 ||
    request.minCreateRevision !== 0 || request.maxCreateRevision !== 0;
}

function isWithinBounds(request: RangeRequest, kv: KeyValue): boolean {
  return (request.maxModRevision === 0 || kv.modRevision <= request.maxModRevision) &&
    (request.minModRevision === 0 || kv.modRevision >= request.minModRevision) &&
    (request.maxCreateRevision === 0 || kv.createRevision <= request.maxCreateRevision) &&
    (request.minCreateRevision === 0 || kv.createRevision >= request.minCreateRevision);
}

/**
 * Pairs arrive in ascending key order. Equal ones keep that order, descending or not; etcd leaves it to its sort
 * routine, which does the same up to a dozen pairs.
 */
function sort(request: RangeRequest, kvs: KeyValue[]): KeyValue[] {
  const { sortOrder, sortTarget } = request;
  if (sortOrder === "none" && sortTarget === "key") return kvs;
  const ascending = comparisonBy(sortTarget);
  return kvs.sort(sortOrder === "descend" ? (a, b) => ascending(b, a) : ascending);
}

function comparisonBy(target: SortTarget): (a: KeyValue, b: KeyValue) => number {
  switch (target) {
    case "key":
      return (a, b) => compareBytes(a.key, b.key);
    case "version":
      return (a, b) => a.version - b.version;
    case "create":
      return (a, b) => a.createRevision - b.createRevision;
    case "mod":
      return (a, b) => a.modRevision - b.modRevision;
    case "value":
      return (a, b) => compareBytes(a.value, b.value);
    default:
      return unreachable(target);
  }
}
