// One record of the write-ahead log: a 32-byte header, a body, zeros up to the next multiple of 8. All numbers
// are little-endian.
//
//        0        1        2        3        4        5        6        7
//     +--------+--------+--------+--------+--------+--------+--------+--------+
//   0 | body bytes                        | header check of the record before |
//     +-----------------------------------+--------------------------+--------+
//   8 | index                                                        | kind   |
//     +--------------------------------------------------------------+--------+
//  16 | term                                                         | write  |
//     +-----------------------------------+--------------------------+--------+
//  24 | body check                        | header check (bytes 0 to 27)      |
//     +-----------------------------------+-----------------------------------+
//  32 | body …                                                  … 0 0 0 (pad) |
//     +-----------------------------------------------------------------------+
//
// Two checks (CRC-32C), because they answer two questions. The header's own check makes a header believable by
// itself, so a record whose body is rotten still names the index and term it lost, and its length still leads to
// the next one. Each header carries the check of the header before: headers form a chain, in which a record that
// went missing or was put in from elsewhere shows, although it is flawless in itself. "write" says which records
// came to the disk together: bit 7 marks the last record of a write, the other bits count writes modulo 128.

import { assert } from "../base/assert.ts";
import { crc32c } from "../base/crc32c.ts";
import type { LogIndex, Term } from "../base/ids.ts";

export const RECORD_HEADER_BYTES = 32;
/** A longer body is never written, and a header that claims one is never believed. */
export const BODY_BYTES_MAX = 64 * 1024 * 1024;
/** Write numbers count modulo this. */
export const WRITE_NUMBER_COUNT = 128;

const LAST_OF_WRITE = 0x80;

export type RecordKind =
  | "segmentHead"
  | "entryNormal"
  | "hardState"
  | "snapshotMark"
  | "entryConfChangeV1"
  | "entryConfChangeV2";

/** A kind's place in this list is its byte on disk; 0 is no kind, so that zeros are never a record. */
const KINDS: readonly (RecordKind | null)[] = [
  null,
  "segmentHead",
  "entryNormal",
  "hardState",
  "snapshotMark",
  "entryConfChangeV1",
  "entryConfChangeV2",
];
const KIND_BYTES = new Map(KINDS.map((kind, byte) => [kind, byte]));

export interface RecordHeader {
  readonly bodyBytes: number;
  /** Header check of the record before, also across segments; 0 before the very first record of a member. */
  readonly previousCheck: number;
  /** Entry and mark: their index. Hard state: the commit index. Segment head: the first index. */
  readonly index: LogIndex;
  readonly term: Term;
  readonly kind: RecordKind;
  /** Which write brought it, modulo `WRITE_NUMBER_COUNT`. */
  readonly writeNumber: number;
  readonly lastOfWrite: boolean;
  readonly bodyCheck: number;
  readonly headerCheck: number;
}

/** What one writes; everything else in the header follows from the place. */
export interface RecordContent {
  readonly kind: RecordKind;
  readonly index: LogIndex;
  readonly term: Term;
  readonly body: Uint8Array;
}

/** One field as a page shows it: where it stands in its header or body, and what it says. */
export interface RecordField {
  readonly name: string;
  readonly offsetBytes: number;
  readonly sizeBytes: number;
  readonly meaning: string;
}

export const HEADER_FIELDS: readonly RecordField[] = [
  { name: "body bytes", offsetBytes: 0, sizeBytes: 4, meaning: "length of the body, without its padding" },
  {
    name: "previous check",
    offsetBytes: 4,
    sizeBytes: 4,
    meaning: "header check of the record before: the chain",
  },
  { name: "index", offsetBytes: 8, sizeBytes: 7, meaning: "the log index this record is about" },
  {
    name: "kind",
    offsetBytes: 15,
    sizeBytes: 1,
    meaning: "1 head, 2 entry, 3 hard state, 4 mark, 5 and 6 conf change",
  },
  { name: "term", offsetBytes: 16, sizeBytes: 7, meaning: "the term this record is about" },
  {
    name: "write",
    offsetBytes: 23,
    sizeBytes: 1,
    meaning: "bit 7: last record of its write; the rest: the write's number",
  },
  { name: "body check", offsetBytes: 24, sizeBytes: 4, meaning: "CRC-32C of the body" },
  { name: "header check", offsetBytes: 28, sizeBytes: 4, meaning: "CRC-32C of the 28 bytes before it" },
];

/** Fields of a body, counted from the body's first byte. An entry's body is its data, whose fields are the proposer's. */
export const BODY_FIELDS: Readonly<Record<RecordKind, readonly RecordField[]>> = {
  segmentHead: [
    { name: "magic", offsetBytes: 0, sizeBytes: 4, meaning: '"FWAL"' },
    { name: "version", offsetBytes: 4, sizeBytes: 4, meaning: "version of the format" },
    {
      name: "cluster id",
      offsetBytes: 8,
      sizeBytes: 8,
      meaning: "the cluster this log belongs to, as printed",
    },
    { name: "member id", offsetBytes: 16, sizeBytes: 8, meaning: "the member that writes it, as printed" },
    { name: "sequence", offsetBytes: 24, sizeBytes: 8, meaning: "the segment's number, counted from 0" },
  ],
  hardState: [
    {
      name: "vote",
      offsetBytes: 0,
      sizeBytes: 8,
      meaning: "the member voted for in this term, zeros: nobody",
    },
  ],
  snapshotMark: [
    {
      name: "replaces log",
      offsetBytes: 0,
      sizeBytes: 4,
      meaning: "1: came from the leader, the log before it is void",
    },
    {
      name: "file check",
      offsetBytes: 4,
      sizeBytes: 4,
      meaning: "header check of the snapshot file it vouches for",
    },
  ],
  entryNormal: [],
  entryConfChangeV1: [],
  entryConfChangeV2: [],
};

assert(RECORD_HEADER_BYTES % 8 === 0, "a header must keep records 8-byte aligned");
for (const fields of [HEADER_FIELDS, ...Object.values(BODY_FIELDS)]) {
  let at = 0;
  for (const field of fields) {
    assert(field.offsetBytes === at, `field ${field.name} stands at ${field.offsetBytes}, not at ${at}`);
    at += field.sizeBytes;
  }
  assert(fields !== HEADER_FIELDS || at === RECORD_HEADER_BYTES, `header fields fill ${at} bytes`);
}

/** Size on disk of a record with a body of `bodyBytes`, padding included. */
export function recordBytes(bodyBytes: number): number {
  return RECORD_HEADER_BYTES + Math.ceil(bodyBytes / 8) * 8;
}

/**
 * Lays the records of one write out as the bytes of one append, the last one flagged.
 * @param place the check the first record chains to, and the number of this write.
 * @returns the bytes, and the check the next record will chain to.
 */
export function encodeWrite(
  records: readonly RecordContent[],
  place: { readonly previousCheck: number; readonly writeNumber: number },
): { bytes: Uint8Array; lastCheck: number } {
  let sizeBytes = 0;
  for (const { body } of records) sizeBytes += recordBytes(body.length);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);

  let check = place.previousCheck;
  let at = 0;
  records.forEach((record, i) => {
    const { kind, index, term, body } = record;
    assert(body.length <= BODY_BYTES_MAX, `a record body of ${body.length} bytes`);
    assert(Number.isSafeInteger(index) && index >= 0, `index ${index}`);
    assert(Number.isSafeInteger(term) && term >= 0, `term ${term}`);
    view.setUint32(at, body.length, true);
    view.setUint32(at + 4, check, true);
    setUint56(view, at + 8, index);
    view.setUint8(at + 15, KIND_BYTES.get(kind)!);
    setUint56(view, at + 16, term);
    view.setUint8(at + 23, place.writeNumber | (i === records.length - 1 ? LAST_OF_WRITE : 0));
    view.setUint32(at + 24, crc32c(body), true);
    check = crc32c(bytes.subarray(at, at + 28));
    view.setUint32(at + 28, check, true);
    bytes.set(body, at + RECORD_HEADER_BYTES);
    at += recordBytes(body.length);
  });
  return { bytes, lastCheck: check };
}

/**
 * The header at `offsetBytes`, or null when there is none to believe: too few bytes, a check that does not match,
 * or a value no writer of this version would have written. Says nothing about the body.
 */
export function decodeHeader(bytes: Uint8Array, offsetBytes: number): RecordHeader | null {
  if (offsetBytes + RECORD_HEADER_BYTES > bytes.length) return null;
  // Cheap refusals first: recovery asks this at every eighth byte behind a damaged record.
  const kind = KINDS[bytes[offsetBytes + 15]!] ?? null;
  if (kind === null) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset + offsetBytes, RECORD_HEADER_BYTES);
  const bodyBytes = view.getUint32(0, true);
  if (bodyBytes > BODY_BYTES_MAX) return null;
  const headerCheck = view.getUint32(28, true);
  if (crc32c(bytes.subarray(offsetBytes, offsetBytes + 28)) !== headerCheck) return null;
  const index = getUint56(view, 8);
  const term = getUint56(view, 16);
  if (!Number.isSafeInteger(index) || !Number.isSafeInteger(term)) return null;
  const write = view.getUint8(23);
  return {
    bodyBytes,
    previousCheck: view.getUint32(4, true),
    index,
    term,
    kind,
    writeNumber: write & (WRITE_NUMBER_COUNT - 1),
    lastOfWrite: (write & LAST_OF_WRITE) !== 0,
    bodyCheck: view.getUint32(24, true),
    headerCheck,
  };
}

/** The body (a view, not a copy) behind a believed header, or null when it is cut, altered or padded with non-zeros. */
export function decodeBody(bytes: Uint8Array, offsetBytes: number, header: RecordHeader): Uint8Array | null {
  const start = offsetBytes + RECORD_HEADER_BYTES;
  const end = start + header.bodyBytes;
  const padEnd = offsetBytes + recordBytes(header.bodyBytes);
  if (padEnd > bytes.length) return null;
  for (let at = end; at < padEnd; at++) if (bytes[at] !== 0) return null;
  const body = bytes.subarray(start, end);
  return crc32c(body) === header.bodyCheck ? body : null;
}

/** A stretch of a segment as a page shows it. */
export interface RecordView {
  readonly offsetBytes: number;
  /** Bytes present, padding included. */
  readonly sizeBytes: number;
  /** Bytes the header promises and the file does not have. */
  readonly missingBytes: number;
  /** "unreadable" has no header to believe and reaches to the end of the file. */
  readonly state: "whole" | "cut" | "bodyDamaged" | "unreadable";
  readonly header: RecordHeader | null;
  /** What is there of the body. */
  readonly body: Uint8Array;
}

/**
 * The records of a segment's bytes, in order, covering every byte. For eyes: whether a record may be believed in
 * its place (chain, write, segment) is decided by recovery alone.
 */
export function listRecords(bytes: Uint8Array): RecordView[] {
  const views: RecordView[] = [];
  for (let at = 0; at < bytes.length;) {
    const header = decodeHeader(bytes, at);
    const promised = header === null ? Infinity : recordBytes(header.bodyBytes);
    const sizeBytes = Math.min(promised, bytes.length - at);
    const bodyStart = Math.min(at + RECORD_HEADER_BYTES, bytes.length);
    views.push({
      offsetBytes: at,
      sizeBytes,
      missingBytes: header === null ? 0 : promised - sizeBytes,
      state: header === null
        ? "unreadable"
        : promised > sizeBytes
        ? "cut"
        : decodeBody(bytes, at, header) === null
        ? "bodyDamaged"
        : "whole",
      header,
      body: header === null ? bytes.subarray(bodyStart, bodyStart) : bytes.subarray(
        bodyStart,
        Math.min(bodyStart + header.bodyBytes, bytes.length),
      ),
    });
    at += sizeBytes;
  }
  return views;
}

// Seven bytes hold every safe integer (53 bits), and leave the eighth of the row to kind and write.
function setUint56(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / 0x1_0000_0000);
  view.setUint32(at, value >>> 0, true);
  view.setUint16(at + 4, high & 0xffff, true);
  view.setUint8(at + 6, high >>> 16);
}

function getUint56(view: DataView, at: number): number {
  const high = view.getUint16(at + 4, true) + view.getUint8(at + 6) * 0x1_0000;
  return view.getUint32(at, true) + high * 0x1_0000_0000;
}
