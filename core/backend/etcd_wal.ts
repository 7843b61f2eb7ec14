// Reads etcd's own write-ahead log: segments of frames, each a walpb.Record whose data is checksummed in one chain
// from the first record of a segment to the last, and on into the next segment. (wal/decoder.go, wal/wal.go)
//
//   frame   | record bytes, 56 bits | 0x80 + padding bytes, if any | walpb.Record | zeros up to a multiple of 8 |
//   record  type 1, checksum 2 (CRC-32C), data 3
//
// A segment is made at its full size and filled from the front: where a frame's length is 0, it ends.

import { fromHex, toHex } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import type { ClusterId, LogIndex, MemberId, Term } from "../base/ids.ts";
import type { Entry, EntryKind, HardState } from "../raft/types.ts";
import type { WalIdentity } from "../wal/segment.ts";
import { uint64ToId } from "../wire/border.ts";
import { ProtoFields } from "./proto_fields.ts";
import { isTrouble, type Trouble, trouble } from "./trouble.ts";

const LENGTH_BYTES = 8;
/** etcd reads no larger record. */
const RECORD_BYTES_MAX = 10 * 1024 * 1024;
/** A disk writes whole sectors: one of zeros inside the last record was never written. */
const SECTOR_BYTES = 512;
const NOBODY = "0000000000000000";

const METADATA = 1;
const ENTRY = 2;
const HARD_STATE = 3;
const CHECKSUM = 4;
const SNAPSHOT = 5;

const ENTRY_KINDS: readonly EntryKind[] = ["normal", "confChangeV1", "confChangeV2"];
/** The first frame of every segment of etcd's is a record of type 4: its length is 4 to 8, and its type comes first. */
const FIRST_FIELD_OF_SEGMENT = fromHex("0804");

export interface EtcdWal {
  readonly kind: "etcdWal";
  readonly identity: WalIdentity;
  readonly hardState: HardState;
  /** As they were written: one voids those before it at its index and beyond. Data are views into the segments. */
  readonly entries: readonly Entry[];
  /** The snapshots that the log vouches for, oldest first. */
  readonly snapshots: readonly { readonly index: LogIndex; readonly term: Term }[];
}

export interface EtcdSegment {
  /** For messages. */
  readonly file: string;
  readonly bytes: Uint8Array;
}

/** Whether a file of the log was written by etcd, rather than by us. */
export function isEtcdSegment(bytes: Uint8Array): boolean {
  if (bytes.length < LENGTH_BYTES + FIRST_FIELD_OF_SEGMENT.length) return false;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const start = toHex(bytes.subarray(LENGTH_BYTES, LENGTH_BYTES + FIRST_FIELD_OF_SEGMENT.length));
  return length >= 4 && length <= 8 && start === toHex(FIRST_FIELD_OF_SEGMENT);
}

/** @param segments oldest first, without a gap. */
export function readEtcdWal(segments: readonly EtcdSegment[]): EtcdWal | Trouble {
  const content = new WalContent();
  let check = 0;
  for (const [i, { file, bytes }] of segments.entries()) {
    const isLast = i === segments.length - 1;
    for (let at = 0;;) {
      const frame = readFrame(bytes, at);
      if (frame === null) break;
      const where = `${file}, byte ${at}`;
      const record = isTrouble(frame) ? frame : checkedRecord(frame, check);
      if (isTrouble(record)) {
        if (isLast && isTorn(bytes, at)) break;
        return trouble(`${where}: ${record.says}`);
      }
      check = record.check;
      const found = content.take(record);
      if (found !== null) return trouble(`${where}: ${found.says}`);
      at = record.end;
    }
  }
  return content.finish();
}

interface Frame {
  readonly kind: "frame";
  readonly record: Uint8Array;
  /** Where the next frame starts. */
  readonly end: number;
}

/** Null where the segment ends. */
function readFrame(bytes: Uint8Array, at: number): Frame | Trouble | null {
  if (at + LENGTH_BYTES > bytes.length) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, LENGTH_BYTES);
  const low = view.getUint32(0, true);
  const high = view.getUint32(4, true);
  if (low === 0 && high === 0) return null;
  const mark = high >>> 24;
  const recordBytes = (high & 0xff_ffff) * 2 ** 32 + low;
  const paddingBytes = mark & 0x80 ? mark & 7 : 0;
  if (recordBytes > RECORD_BYTES_MAX) return trouble(`a record of ${recordBytes} bytes`);
  const start = at + LENGTH_BYTES;
  const end = start + recordBytes + paddingBytes;
  if (end > bytes.length) return trouble("a record that goes on after the end of the file");
  return { kind: "frame", record: bytes.subarray(start, start + recordBytes), end };
}

interface CheckedRecord {
  readonly kind: "record";
  readonly type: number;
  readonly data: Uint8Array;
  /** The chain's checksum after it. */
  readonly check: number;
  readonly end: number;
}

function checkedRecord({ record, end }: Frame, checkBefore: number): CheckedRecord | Trouble {
  const fields = ProtoFields.read(record);
  if (fields === null) return trouble("a record that cannot be read");
  const type = fields.number(1) ?? 0;
  const data = fields.bytes(3);
  const written = fields.number(2) ?? 0;
  if (type === CHECKSUM) {
    // It carries the chain over from the segment before; the oldest segment kept starts from what it says.
    if (checkBefore !== 0 && written !== checkBefore) {
      return trouble("its checksum does not continue the log before it");
    }
    return { kind: "record", type, data, check: written, end };
  }
  const check = crc32c(data, checkBefore);
  if (check !== written) return trouble("a record whose checksum does not match");
  return { kind: "record", type, data, check, end };
}

/** Whether the record at `at` looks like the end of a write that a crash cut short. (isTornEntry) */
function isTorn(bytes: Uint8Array, at: number): boolean {
  const frame = readFrame(bytes, at);
  if (frame === null || isTrouble(frame)) return true;
  for (let from = at + LENGTH_BYTES; from < frame.end;) {
    const to = Math.min(frame.end, from - from % SECTOR_BYTES + SECTOR_BYTES);
    if (bytes.subarray(from, to).every((byte) => byte === 0)) return true;
    from = to;
  }
  return false;
}

/** What the records come to. */
class WalContent {
  #identity: WalIdentity | null = null;
  #hardState: HardState = { term: 0, vote: null, commit: 0 };
  readonly #entries: Entry[] = [];
  readonly #snapshots: { index: LogIndex; term: Term }[] = [];

  take({ type, data }: CheckedRecord): Trouble | null {
    const fields = ProtoFields.read(data);
    if (fields === null) return trouble(`a record of type ${type} that cannot be read`);
    switch (type) {
      case METADATA:
        return this.#takeMetadata(fields);
      case ENTRY:
        return this.#takeEntry(fields);
      case HARD_STATE: {
        const [term, commit] = [fields.number(1), fields.number(3)];
        if (term === null || commit === null) return trouble("a term or commit index beyond all reason");
        const vote = uint64ToId(fields.uint64(2));
        this.#hardState = { term, vote: vote === NOBODY ? null : vote as MemberId, commit };
        return null;
      }
      case SNAPSHOT: {
        const [index, term] = [fields.number(1), fields.number(2)];
        if (index === null || term === null) return trouble("a snapshot beyond all reason");
        this.#snapshots.push({ index, term });
        return null;
      }
      case CHECKSUM:
        return null;
      default:
        return trouble(`a record of the unknown type ${type}`);
    }
  }

  finish(): EtcdWal | Trouble {
    if (this.#identity === null) return trouble("the log does not say whose it is");
    return {
      kind: "etcdWal",
      identity: this.#identity,
      hardState: this.#hardState,
      entries: this.#entries,
      snapshots: this.#snapshots,
    };
  }

  #takeMetadata(fields: ProtoFields): Trouble | null {
    const memberId = uint64ToId(fields.uint64(1)) as MemberId;
    const clusterId = uint64ToId(fields.uint64(2)) as ClusterId;
    if (memberId === NOBODY) return trouble("the log of member 0");
    const before = this.#identity;
    if (before !== null && (before.memberId !== memberId || before.clusterId !== clusterId)) {
      return trouble(`the log of member ${memberId} of ${clusterId} after that of another`);
    }
    this.#identity = { memberId, clusterId };
    return null;
  }

  #takeEntry(fields: ProtoFields): Trouble | null {
    const kind = ENTRY_KINDS[fields.number(1) ?? -1];
    const [term, index] = [fields.number(2), fields.number(3)];
    if (kind === undefined || term === null || index === null || index < 1) {
      return trouble("an entry beyond all reason");
    }
    this.#entries.push({ index, term, kind, data: fields.bytes(4) });
    return null;
  }
}
