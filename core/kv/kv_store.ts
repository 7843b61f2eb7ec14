// etcd's key-value store (its mvcc and lease packages, and the applying half of etcdserver/apply.go) as a synchronous
// machine. Requests come out of the replicated log, in order, the same on every member; equal requests lead to
// equal bytes. The store trusts that what etcd refuses before consensus was refused (kv_checks.ts).

import { assert, unreachable } from "../base/assert.ts";
import { crc32c } from "../base/crc32c.ts";
import { ETCD_ERRORS, type EtcdError, isEtcdError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import { keyBytesOf, keyTextOf } from "./key_text.ts";
import { hashKv, type KvHash } from "./kv_hash.ts";
import {
  decodeTables,
  encodeTables,
  type KvHistory,
  type SnapshotRefusal,
  tablesFrom,
} from "./kv_snapshot.ts";
import type { Lease } from "./lease_book.ts";
import { readRange } from "./range_reader.ts";
import { isDeletion, type KvRecord } from "./record.ts";
import {
  type CompactRequest,
  type CompactResponse,
  isReadOnlyTxn,
  type KeyValue,
  type KvEvent,
  type KvWriteRequest,
  type KvWriteResponse,
  type LeaseGrantRequest,
  type LeaseGrantResponse,
  type LeaseId,
  type LeaseRevokeRequest,
  type LeaseRevokeResponse,
  type PutRequest,
  type RangeRequest,
  type RangeResponse,
  type TxnRequest,
  type TxnResponse,
} from "./requests.ts";
import { captureTables, emptyTables, type KvStoreState, type KvTables, restoreTables } from "./tables.ts";
import { decideTxn, mayFailHalfway, performTxn, refusalOfTxn } from "./txn.ts";
import { WriteTxn } from "./write_txn.ts";

// What an empty etcd 3.4 database file holds: 20 KiB of meta pages, free list and bucket roots.
const EMPTY_DATABASE_BYTES = 20_480;
const PAGE_BYTES = 4096;
// Page headers, splits and values that spill over into pages of their own: on etcd 3.4.23 records of 100 bytes
// fill five sixths of the file, records of 4 KiB two thirds.
const PAGE_FILL_BYTES = (PAGE_BYTES * 3) / 4;
// A lease's page element header, id and encoded time to live.
const LEASE_DATABASE_BYTES = 16 + 8 + 16;

/** What applying a request came to. */
export interface Applied {
  readonly response: KvWriteResponse | EtcdError;
  /** The changes made, in order, all of them at the store's new revision; empty when nothing changed. */
  readonly events: readonly KvEvent[];
}

/** The changes of one revision that compaction has left. */
export interface RevisionChanges {
  readonly revision: Revision;
  readonly events: readonly KvEvent[];
}

/** How often each operation was carried out. (etcd's mvcc metrics: put_total, …) */
export interface KvFigures {
  putCount: number;
  deleteCount: number;
  rangeCount: number;
  /** Those of more than one operation. */
  txnCount: number;
}

export class KvStore {
  #tables: KvTables;
  /** Since this store was made; for eyes, and no part of the state. */
  readonly #figures: KvFigures = { putCount: 0, deleteCount: 0, rangeCount: 0, txnCount: 0 };

  /** An empty store at revision 1. */
  constructor() {
    this.#tables = emptyTables();
  }

  /** A store that goes on from `state`, which stays as it is and may be restored again. */
  static restore(state: KvStoreState): KvStore {
    const store = new KvStore();
    store.#tables = restoreTables(state);
    return store;
  }

  /** The store that `encode` wrote, or why the bytes cannot be trusted. */
  static decode(bytes: Uint8Array): KvStore | SnapshotRefusal {
    const tables = decodeTables(bytes);
    if ("reason" in tables) return tables;
    const store = new KvStore();
    store.#tables = tables;
    return store;
  }

  /** A store with this history, or why there can be none: for snapshots in others' formats. */
  static fromHistory(history: KvHistory): KvStore | SnapshotRefusal {
    const tables = tablesFrom(history);
    if ("reason" in tables) return tables;
    const store = new KvStore();
    store.#tables = tables;
    return store;
  }

  /** A frozen copy for keyframes, in O(1). */
  capture(): KvStoreState {
    return captureTables(this.#tables);
  }

  /** The whole replicated state as bytes, equal on members that applied the same requests. */
  encode(): Uint8Array {
    return encodeTables(this.#tables);
  }

  /** The newest revision: 1 when nothing was ever written. */
  get revision(): Revision {
    return this.#tables.revision;
  }

  /** The oldest revision that can be read; -1 before the first compaction, as etcd reports it. */
  get compactRevision(): Revision {
    return this.#tables.compactRevision;
  }

  /** Keys that live now. */
  get keyCount(): number {
    return this.#tables.index.liveCount;
  }

  get figures(): Readonly<KvFigures> {
    return this.#figures;
  }

  /** Records held, past versions and deletions included. */
  get recordCount(): number {
    return this.#tables.log.recordCount;
  }

  /**
   * An estimate of the bytes in use of the database file that a real etcd would keep for this state, in whole
   * pages. It shrinks with compaction, as `dbSizeInUse` does; a file shrinks only when defragmented.
   */
  get sizeBytes(): number {
    const bytes = this.#tables.log.sizeBytes + this.#tables.leases.size * LEASE_DATABASE_BYTES;
    return EMPTY_DATABASE_BYTES + Math.ceil(bytes / PAGE_FILL_BYTES) * PAGE_BYTES;
  }

  /** Reads. Refused for a future or a compacted revision. */
  range(request: RangeRequest): RangeResponse | EtcdError {
    this.#figures.rangeCount += 1;
    return readRange(this.#tables.index, request, this.#tables);
  }

  /** Answers a transaction that only reads, which need not go through the log. */
  readTxn(request: TxnRequest): TxnResponse | EtcdError {
    assert(isReadOnlyTxn(request), "a transaction with writes must be applied");
    return this.#applyTxn(request).response as TxnResponse | EtcdError;
  }

  /** One key's version at a revision, or null when it did not live then or compaction took that version. */
  keyValueAt(key: Uint8Array, revision: Revision): KeyValue | null {
    return this.#tables.index.at(keyTextOf(key), revision)?.kv ?? null;
  }

  /** Carries out one request of the replicated log. A refused one changes nothing. */
  apply(request: KvWriteRequest): Applied {
    switch (request.kind) {
      case "put":
        return this.#applyPut(request);
      case "deleteRange":
        return this.#write((write) => write.deleteRange(request));
      case "txn":
        return this.#applyTxn(request);
      case "compact":
        return { response: this.#compact(request), events: [] };
      case "leaseGrant":
        return { response: this.#grantLease(request), events: [] };
      case "leaseRevoke":
        return this.#revokeLease(request);
      default:
        return unreachable(request);
    }
  }

  /**
   * What changed at `revision` and after it, oldest first, read as the caller goes. Needs a revision not before
   * `compactRevision`, and a store left unchanged meanwhile.
   *
   * At `compactRevision` itself deletions are missing: compaction has dropped them, in etcd 3.4 as well.
   */
  *changesSince(revision: Revision): Generator<RevisionChanges> {
    assert(
      revision >= this.compactRevision,
      () => `changes since ${revision} are compacted up to ${this.compactRevision}`,
    );
    for (const [main, records] of this.#tables.log.from(revision)) {
      yield { revision: main, events: records.map(eventOf) };
    }
  }

  /** Every record held, past versions and deletions included, oldest first. The store must not change meanwhile. */
  *records(): Generator<KvRecord> {
    for (const [, records] of this.#tables.log.from(0)) yield* records;
  }

  /** etcd's hash of the history up to `revision` (0: now), for comparing members. (HashKV) */
  hashKv(revision: Revision = 0): KvHash | EtcdError {
    return hashKv(this.#tables, revision);
  }

  /** A hash of the whole replicated state: CRC-32C of `encode()`. (etcd's Hash; comparable among our members) */
  hash(): number {
    return crc32c(this.encode());
  }

  /** All leases in the order of their ids. */
  leases(): readonly Lease[] {
    return this.#tables.leases.list();
  }

  lease(id: LeaseId): Lease | null {
    return this.#tables.leases.get(id) ?? null;
  }

  /** The keys attached to a lease, in key order. */
  leaseKeys(id: LeaseId): readonly Uint8Array[] {
    return this.#tables.leases.keysOf(id).map(keyBytesOf);
  }

  #applyPut(request: PutRequest): Applied {
    if (request.lease !== "" && !this.#tables.leases.has(request.lease)) {
      return { response: ETCD_ERRORS.leaseNotFound, events: [] };
    }
    return this.#write((write) => write.put(request));
  }

  #applyTxn(request: TxnRequest): Applied {
    const decided = decideTxn(this.#tables, request);
    const refusal = refusalOfTxn(this.#tables, decided);
    if (refusal !== null) return { response: refusal, events: [] };

    const before = mayFailHalfway(decided) ? this.capture() : null;
    const { response, events } = this.#write((write) => performTxn(write, decided));
    if (!isEtcdError(response)) return { response: { ...response, revision: this.revision }, events };
    assert(before !== null, () => `a transaction failed half way: ${response.message}`);
    this.#tables = restoreTables(before);
    return { response, events: [] };
  }

  #revokeLease(request: LeaseRevokeRequest): Applied {
    if (!this.#tables.leases.has(request.id)) return { response: ETCD_ERRORS.leaseNotFound, events: [] };
    return this.#write((write): LeaseRevokeResponse => {
      write.revokeLease(request.id);
      return { kind: "leaseRevoke", revision: write.revision };
    });
  }

  /** Runs one write transaction and makes its changes, if any, the next revision. */
  #write<T extends KvWriteResponse | EtcdError>(
    work: (write: WriteTxn) => T,
  ): { response: T; events: readonly KvEvent[] } {
    const write = new WriteTxn(this.#tables);
    const response = work(write);
    this.#count(write);
    if (isEtcdError(response) || write.changes.length === 0) return { response, events: [] };
    const revision = this.#tables.revision + 1;
    this.#tables.log.append(revision, write.changes);
    this.#tables = { ...this.#tables, revision };
    return { response, events: write.changes.map(eventOf) };
  }

  #count({ counts: { puts, deletes, ranges } }: WriteTxn): void {
    this.#figures.putCount += puts;
    this.#figures.deleteCount += deletes;
    this.#figures.rangeCount += ranges;
    if (puts + deletes + ranges > 1) this.#figures.txnCount += 1;
  }

  /** Forgets what was before a revision. Only keys changed since the last compaction can have anything to forget. */
  #compact(request: CompactRequest): CompactResponse | EtcdError {
    const { index, log, compactRevision } = this.#tables;
    if (request.revision <= compactRevision) return ETCD_ERRORS.compacted;
    if (request.revision > this.revision) return ETCD_ERRORS.futureRevision;

    // All records of a key share its bytes, so the bytes' identity stands for the key.
    const touched = new Set<Uint8Array>();
    for (const [main, records] of log.from(compactRevision + 1)) {
      if (main > request.revision) break;
      for (const { kv } of records) touched.add(kv.key);
    }
    const forgotten: KvRecord[] = [];
    for (const key of touched) {
      for (const record of index.compactKey(keyTextOf(key), request.revision)) forgotten.push(record);
    }
    log.remove(forgotten);
    this.#tables = { ...this.#tables, compactRevision: request.revision };
    return { kind: "compact", revision: this.revision };
  }

  #grantLease(request: LeaseGrantRequest): LeaseGrantResponse | EtcdError {
    const lease = this.#tables.leases.grant(request.id, request.ttl);
    if ("kind" in lease) return lease;
    return { kind: "leaseGrant", revision: this.revision, id: lease.id, ttl: lease.grantedTtl };
  }
}

function eventOf(record: KvRecord): KvEvent {
  return { kind: isDeletion(record) ? "delete" : "put", kv: record.kv };
}
