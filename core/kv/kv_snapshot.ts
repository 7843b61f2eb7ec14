// The whole store as bytes, for Raft snapshots: everything that is replicated and nothing else, in one fixed order,
// so that members with equal state write equal bytes.
//
//   "FKVS" version:1 revision:8 compactRevision+1:8
//   leaseCount:8 { id:8 ttl:8 }
//   recordCount:8 { main:8 sub:8 isDeletion:1 size:4 mvccpb.KeyValue }
//   crc32c:4 over all before
//
// Numbers are big-endian. Leases go by id, records by revision. Which keys hang on which lease is not written:
// the records tell it.

import { assert } from "../base/assert.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import type { Revision } from "../base/ids.ts";
import { KeyIndex } from "./key_index.ts";
import { AFTER_ALL_KEYS, keyTextOf } from "./key_text.ts";
import { type Lease, LeaseBook } from "./lease_book.ts";
import { isDeletion, keyValueBytes, keyValueSize, type KvRecord, parseKeyValue } from "./record.ts";
import { FIRST_REVISION } from "./revision.ts";
import { RevisionLog } from "./revision_log.ts";
import type { KvTables } from "./tables.ts";

const MAGIC = 0x464b5653; // "FKVS"
const FORMAT_VERSION = 1;
const HEADER_BYTES = 4 + 1 + 8 + 8;
const COUNT_BYTES = 8;
const LEASE_BYTES = 8 + 8;
const RECORD_HEADER_BYTES = 8 + 8 + 1 + 4;
const CHECKSUM_BYTES = 4;

/** Why bytes are not a snapshot of a store. */
export interface SnapshotRefusal {
  readonly kind: "refusal";
  readonly reason: string;
}

export function encodeTables(tables: KvTables): Uint8Array {
  const leases = tables.leases.list();
  const records = [...tables.log.from(0)].flatMap(([, changes]) => changes);
  const sizeBytes = HEADER_BYTES + COUNT_BYTES + leases.length * LEASE_BYTES + COUNT_BYTES +
    records.reduce((sum, record) => sum + RECORD_HEADER_BYTES + keyValueSize(record), 0) + CHECKSUM_BYTES;
  const writer = new Writer(sizeBytes);
  writer.uint32(MAGIC);
  writer.uint8(FORMAT_VERSION);
  writer.uint64(tables.revision);
  writer.uint64(tables.compactRevision + 1);
  writer.uint64(leases.length);
  for (const lease of leases) {
    writer.bytes(fromHex(lease.id));
    writer.uint64(lease.grantedTtl);
  }
  writer.uint64(records.length);
  for (const record of records) {
    const kv = keyValueBytes(record);
    writer.uint64(record.kv.modRevision);
    writer.uint64(record.sub);
    writer.uint8(Number(isDeletion(record)));
    writer.uint32(kv.length);
    writer.bytes(kv);
  }
  return writer.finish();
}

/** Tables equal to those encoded, or why the bytes cannot be trusted. Never throws on bad bytes. */
export function decodeTables(bytes: Uint8Array): KvTables | SnapshotRefusal {
  if (bytes.length < HEADER_BYTES + 2 * COUNT_BYTES + CHECKSUM_BYTES) return refusal("it is cut short");
  const reader = new Reader(bytes.subarray(0, bytes.length - CHECKSUM_BYTES));
  if (reader.uint32() !== MAGIC) return refusal("it is no key-value snapshot");
  const version = reader.uint8();
  if (version !== FORMAT_VERSION) return refusal(`its format ${version} is not known here`);
  const checksum = new Reader(bytes.subarray(bytes.length - CHECKSUM_BYTES)).uint32();
  if (crc32c(bytes.subarray(0, bytes.length - CHECKSUM_BYTES)) !== checksum) {
    return refusal("its checksum does not match");
  }

  const revision = reader.uint64();
  const compactRevision = reader.uint64() - 1;
  if (!Number.isSafeInteger(revision) || revision < FIRST_REVISION || revision < compactRevision) {
    return refusal(`its revisions, ${revision} and compacted ${compactRevision}, make no sense`);
  }
  const leases: Lease[] = [];
  for (let left = reader.uint64(); left > 0; left--) {
    if (reader.leftBytes < LEASE_BYTES) return refusal("its leases are cut short");
    leases.push({ id: toHex(reader.bytes(8)), grantedTtl: reader.uint64() });
  }
  const records = readRecords(reader);
  if ("reason" in records) return records;
  if (reader.leftBytes > 0) return refusal(`${reader.leftBytes} bytes follow its end`);
  return tablesFrom({ records, leases, revision, compactRevision });
}

function readRecords(reader: Reader): KvRecord[] | SnapshotRefusal {
  const records: KvRecord[] = [];
  if (reader.leftBytes < COUNT_BYTES) return refusal("it has no records");
  for (let left = reader.uint64(); left > 0; left--) {
    if (reader.leftBytes < RECORD_HEADER_BYTES) return refusal("its records are cut short");
    const place = { main: reader.uint64(), sub: reader.uint64(), isDeletion: reader.uint8() !== 0 };
    const sizeBytes = reader.uint32();
    if (reader.leftBytes < sizeBytes) return refusal("its last record is cut short");
    const record = parseKeyValue(reader.bytes(sizeBytes), place);
    if (record === null) return refusal(`its record at revision ${place.main}.${place.sub} cannot be read`);
    records.push(record);
  }
  return records;
}

/** All that a store keeps, in no form of ours: what any snapshot of it says. */
export interface KvHistory {
  /** Oldest first. */
  readonly records: readonly KvRecord[];
  readonly leases: readonly Lease[];
  /** The newest revision. */
  readonly revision: Revision;
  /** -1 when it never was compacted. */
  readonly compactRevision: Revision;
}

/** Rebuilds leases, index and log by writing history anew, or tells why it cannot have been so. */
export function tablesFrom(history: KvHistory): KvTables | SnapshotRefusal {
  const { records, revision, compactRevision } = history;
  const leases = new LeaseBook();
  for (const { id, grantedTtl } of history.leases) {
    if (!isCount(grantedTtl)) return refusal(`its lease ${id} has a time to live of ${grantedTtl}`);
    if ("kind" in leases.grant(id, grantedTtl)) return refusal(`its lease ${id} cannot be granted`);
  }
  const index = new KeyIndex();
  const log = new RevisionLog();
  let changes: KvRecord[] = [];
  for (const [i, record] of records.entries()) {
    const main = record.kv.modRevision;
    const key = keyTextOf(record.kv.key);
    const previous = records[i - 1];
    if (previous !== undefined && !comesBefore(previous, record)) {
      return refusal("its records are out of order");
    }
    if (!isCount(record.sub)) return refusal(`its record at revision ${main} is change ${record.sub} of it`);
    if (main > revision) return refusal(`its record at revision ${main} is after its newest, ${revision}`);
    if (isDeletion(record) && index.at(key, main) === undefined) {
      return refusal(`it deletes a key at revision ${main} that did not live`);
    }
    const shared = withSharedKey(record, index.newest(key));
    index.add(key, shared);
    changes.push(shared);
    if (records[i + 1]?.kv.modRevision === main) continue;
    log.append(main, changes);
    changes = [];
  }

  let leaseMissing = "";
  index.forSpan({ from: "", end: AFTER_ALL_KEYS }, revision, ({ kv }, key) => {
    if (kv.lease === "") return;
    if (leases.has(kv.lease)) leases.attach(kv.lease, key);
    else leaseMissing = kv.lease;
  });
  if (leaseMissing !== "") return refusal(`a key names the lease ${leaseMissing}, which it lacks`);
  return { index, log, leases, revision, compactRevision };
}

/** The store holds the bytes of a key once, and knows touched keys by them. */
function withSharedKey(record: KvRecord, older: KvRecord | undefined): KvRecord {
  return older === undefined ? record : { ...record, kv: { ...record.kv, key: older.kv.key } };
}

/** Only what can be written again is believed. */
function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function comesBefore(a: KvRecord, b: KvRecord): boolean {
  return a.kv.modRevision < b.kv.modRevision || (a.kv.modRevision === b.kv.modRevision && a.sub < b.sub);
}

function refusal(reason: string): SnapshotRefusal {
  return { kind: "refusal", reason };
}

class Writer {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(sizeBytes: number) {
    this.#bytes = new Uint8Array(sizeBytes);
    this.#view = new DataView(this.#bytes.buffer);
  }

  uint8(value: number): void {
    this.#view.setUint8(this.#at, value);
    this.#at += 1;
  }

  uint32(value: number): void {
    this.#view.setUint32(this.#at, value);
    this.#at += 4;
  }

  uint64(value: number): void {
    assert(Number.isSafeInteger(value) && value >= 0, () => `${value} is no safe integer >= 0`);
    this.uint32(Math.floor(value / 0x1_0000_0000));
    this.uint32(value >>> 0);
  }

  bytes(value: Uint8Array): void {
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  finish(): Uint8Array {
    this.uint32(crc32c(this.#bytes.subarray(0, this.#at)));
    assert(this.#at === this.#bytes.length, () => `wrote ${this.#at} of ${this.#bytes.length} bytes`);
    return this.#bytes;
  }
}

/** Reads what is there: callers look at `leftBytes` first. */
class Reader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get leftBytes(): number {
    return this.#bytes.length - this.#at;
  }

  uint8(): number {
    this.#at += 1;
    return this.#view.getUint8(this.#at - 1);
  }

  uint32(): number {
    this.#at += 4;
    return this.#view.getUint32(this.#at - 4);
  }

  uint64(): number {
    return this.uint32() * 0x1_0000_0000 + this.uint32();
  }

  bytes(sizeBytes: number): Uint8Array {
    this.#at += sizeBytes;
    return this.#bytes.subarray(this.#at - sizeBytes, this.#at);
  }
}
