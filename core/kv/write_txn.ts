// One write transaction: all its changes share the revision after the present one, told apart by their turn
// (etcd's storeTxnWrite in mvcc/kvstore_txn.go). The index is changed at once, so that later operations of the
// same transaction see earlier ones; the changes themselves are handed over at the end.

import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import type { KeyIndex } from "./key_index.ts";
import { keySpanOf, type KeyText, keyTextOf } from "./key_text.ts";
import type { LeaseBook } from "./lease_book.ts";
import { readRange } from "./range_reader.ts";
import { deletionRecord, isDeletion, type KvRecord } from "./record.ts";
import type {
  DeleteRangeRequest,
  DeleteRangeResponse,
  KeyValue,
  LeaseId,
  PutRequest,
  PutResponse,
  RangeRequest,
  RangeResponse,
} from "./requests.ts";
import type { KvTables } from "./tables.ts";

export class WriteTxn {
  readonly #index: KeyIndex;
  readonly #leases: LeaseBook;
  readonly #beginRevision: Revision;
  readonly #compactRevision: Revision;
  readonly #changes: KvRecord[] = [];
  /** Operations so far, those without effect included: etcd counts them so. */
  readonly counts = { puts: 0, deletes: 0, ranges: 0 };

  constructor(tables: KvTables) {
    this.#index = tables.index;
    this.#leases = tables.leases;
    this.#beginRevision = tables.revision;
    this.#compactRevision = tables.compactRevision;
  }

  /** The revision that readers inside the transaction see: its own as soon as it has changed anything. */
  get revision(): Revision {
    return this.#beginRevision + (this.#changes.length > 0 ? 1 : 0);
  }

  /** What was changed so far, in order. */
  get changes(): readonly KvRecord[] {
    return this.#changes;
  }

  range(request: RangeRequest): RangeResponse | EtcdError {
    this.counts.ranges += 1;
    return readRange(this.#index, request, {
      revision: this.revision,
      compactRevision: this.#compactRevision,
    });
  }

  /** Writes a key. The lease, if any, must exist. Declines only when something to be kept is not there. */
  put(request: PutRequest): PutResponse | EtcdError {
    this.counts.puts += 1;
    const key = keyTextOf(request.key);
    const newest = this.#index.newest(key);
    const previous = newest === undefined || isDeletion(newest) ? null : newest.kv;
    if ((request.ignoreValue || request.ignoreLease) && previous === null) return ETCD_ERRORS.keyNotFound;

    const revision = this.#beginRevision + 1;
    const lease = request.ignoreLease && previous !== null ? previous.lease : request.lease;
    this.#change(key, {
      kv: {
        // The bytes of a key are held once, however many versions it has.
        key: newest === undefined ? request.key : newest.kv.key,
        value: request.ignoreValue && previous !== null ? previous.value : request.value,
        createRevision: previous === null ? revision : previous.createRevision,
        modRevision: revision,
        version: previous === null ? 1 : previous.version + 1,
        lease,
      },
      sub: this.#changes.length,
    });
    this.#moveLease(key, { before: previous === null ? "" : previous.lease, after: lease });
    return { kind: "put", revision, prevKv: request.prevKv ? previous : null };
  }

  /** Deletes every key of the range that lives, in key order. */
  deleteRange(request: DeleteRangeRequest): DeleteRangeResponse {
    this.counts.deletes += 1;
    const doomed: { key: KeyText; kv: KeyValue }[] = [];
    this.#index.forSpan(keySpanOf(request.key, request.rangeEnd), this.revision, ({ kv }, key) => {
      doomed.push({ key, kv });
    });
    for (const { key, kv } of doomed) this.#delete(key, kv);
    return {
      kind: "deleteRange",
      revision: this.revision,
      deleted: doomed.length,
      prevKvs: request.prevKv ? doomed.map(({ kv }) => kv) : [],
    };
  }

  /** Deletes the keys of a lease, in key order so that all members make the same changes, and forgets the lease. */
  revokeLease(id: LeaseId): void {
    for (const key of this.#leases.keysOf(id)) {
      this.counts.deletes += 1;
      this.#delete(key, this.#index.newest(key)!.kv);
    }
    this.#leases.remove(id);
  }

  #delete(key: KeyText, live: KeyValue): void {
    this.#change(key, deletionRecord(live.key, this.#beginRevision + 1, this.#changes.length));
    this.#moveLease(key, { before: live.lease, after: "" });
  }

  #change(key: KeyText, record: KvRecord): void {
    this.#index.add(key, record);
    this.#changes.push(record);
  }

  #moveLease(key: KeyText, { before, after }: { before: LeaseId; after: LeaseId }): void {
    if (before === after) return;
    if (before !== "") this.#leases.detach(before, key);
    if (after !== "") this.#leases.attach(after, key);
  }
}
