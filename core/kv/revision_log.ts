// All records that compaction left, in the order they were written: what etcd keeps in its "key" bucket. Watches
// read the past from here, and hashes and snapshots walk it from end to end.

import { assert } from "../base/assert.ts";
import type { Revision } from "../base/ids.ts";
import { orderedByNumber, type OrderedMap } from "./ordered_map.ts";
import { keyValueSize, type KvRecord } from "./record.ts";

/** What a bbolt page spends on one of etcd's records beside its value: the element's header and the revision. */
const RECORD_OVERHEAD_BYTES = 16 + 17;

export interface RevisionLogState {
  readonly records: OrderedMap<Revision, readonly KvRecord[]>;
  readonly recordCount: number;
  readonly sizeBytes: number;
}

export class RevisionLog {
  readonly #records: OrderedMap<Revision, readonly KvRecord[]>;
  #recordCount: number;
  #sizeBytes: number;

  constructor(state?: RevisionLogState) {
    this.#records = state === undefined ? orderedByNumber() : state.records.clone();
    this.#recordCount = state === undefined ? 0 : state.recordCount;
    this.#sizeBytes = state === undefined ? 0 : state.sizeBytes;
  }

  /** A frozen copy, in O(1). */
  capture(): RevisionLogState {
    return { records: this.#records.clone(), recordCount: this.#recordCount, sizeBytes: this.#sizeBytes };
  }

  get recordCount(): number {
    return this.#recordCount;
  }

  /** Bytes that etcd's database would use for the records. */
  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** Adds the changes of one new revision, in the order they were made. */
  append(revision: Revision, records: readonly KvRecord[]): void {
    assert(records.length > 0, () => `revision ${revision} without a change`);
    const newest = this.#records.maxKey();
    assert(newest === undefined || newest < revision, () => `revision ${revision} after ${newest}`);
    this.#records.set(revision, records);
    this.#recordCount += records.length;
    for (const record of records) this.#sizeBytes += RECORD_OVERHEAD_BYTES + keyValueSize(record);
  }

  /** The revisions from `revision` on that still hold records, oldest first. The log must not change meanwhile. */
  from(revision: Revision): IterableIterator<[Revision, readonly KvRecord[]]> {
    return this.#records.entries(revision);
  }

  /** Takes records out, all of which must be in. */
  remove(records: readonly KvRecord[]): void {
    // A revision may hold very many changes, so that its list is gone through once for all that leave it.
    const leaving = new Map<Revision, Set<KvRecord>>();
    for (const record of records) {
      const revision = record.kv.modRevision;
      const present = this.#records.get(revision);
      assert(present !== undefined, () => `no record at revision ${revision}`);
      this.#recordCount -= 1;
      this.#sizeBytes -= RECORD_OVERHEAD_BYTES + keyValueSize(record);
      if (present.length === 1) this.#records.delete(revision);
      else if (leaving.has(revision)) leaving.get(revision)!.add(record);
      else leaving.set(revision, new Set([record]));
    }
    for (const [revision, leavers] of leaving) {
      const present = this.#records.get(revision)!;
      const kept = present.filter((record) => !leavers.has(record));
      assert(
        present.length - kept.length === leavers.size,
        () => `revision ${revision} lacks a record to take out`,
      );
      if (kept.length === 0) this.#records.delete(revision);
      else this.#records.set(revision, kept);
    }
  }
}
