// A member's disk as the inspector draws it: its files in order, the log's records as cells, each with what it says.
// Nothing is decided here: what a damaged record means is recovery's affair (core/wal/recovery_rules.ts).

import { fromUtf8 } from "../../core/base/bytes.ts";
import type { DiskImage } from "../../core/base/disk.ts";
import { entryLabel } from "../../core/member/labels.ts";
import type { MemberInfo } from "../../core/member/io.ts";
import {
  BODY_FIELDS,
  HEADER_FIELDS,
  listRecords,
  RECORD_HEADER_BYTES,
  type RecordView,
} from "../../core/wal/record.ts";
import { decodeEntry, parseSegmentFile } from "../../core/wal/segment.ts";
import { parseSnapshotFile } from "../../core/wal/snapshot_file.ts";

export interface RecordCell extends RecordView {
  /** Unlike any other of the disk: file and place. */
  readonly key: string;
  /** What an entry holds, as in the log matrix; empty for other records. */
  readonly label: string;
}

export interface SegmentPicture {
  readonly file: string;
  readonly sequence: number;
  readonly sizeBytes: number;
  /** The segment that is written to; the others are full. */
  readonly isOpen: boolean;
  readonly records: readonly RecordCell[];
}

export interface SnapshotPicture {
  readonly file: string;
  readonly index: number;
  readonly term: number;
  readonly sizeBytes: number;
}

export interface DiskPicture {
  readonly snapshots: readonly SnapshotPicture[];
  readonly segments: readonly SegmentPicture[];
  /** Files that are neither, by name. */
  readonly others: readonly { readonly file: string; readonly sizeBytes: number }[];
  readonly sizeBytes: number;
}

export function pictureOf(image: DiskImage, members: readonly MemberInfo[]): DiskPicture {
  const snapshots: SnapshotPicture[] = [];
  const segments: Omit<SegmentPicture, "isOpen">[] = [];
  const others: { file: string; sizeBytes: number }[] = [];
  let sizeBytes = 0;
  for (const [file, bytes] of image) {
    sizeBytes += bytes.length;
    const segment = parseSegmentFile(file);
    const snapshot = parseSnapshotFile(file);
    if (segment !== null) {
      const records = listRecords(bytes).map((record): RecordCell => ({
        ...record,
        key: `${file}:${record.offsetBytes}`,
        label: labelOf(record, members),
      }));
      segments.push({ file, sequence: segment.sequence, sizeBytes: bytes.length, records });
    } else if (snapshot !== null) snapshots.push({ file, ...snapshot, sizeBytes: bytes.length });
    else others.push({ file, sizeBytes: bytes.length });
  }
  segments.sort((a, b) => a.sequence - b.sequence);
  snapshots.sort((a, b) => a.index - b.index);
  return {
    snapshots,
    segments: segments.map((segment, at) => ({ ...segment, isOpen: at === segments.length - 1 })),
    others,
    sizeBytes,
  };
}

/** The newest entry, or the newest record where there is none: what is worth a look first. */
export function newestRecord({ segments }: DiskPicture): RecordCell | null {
  const records = segments[segments.length - 1]?.records ?? [];
  const damaged = records.findLast(({ state }) => state !== "whole");
  return damaged ?? records.findLast(({ header }) => header?.kind.startsWith("entry") ?? false) ??
    records[records.length - 1] ?? null;
}

function labelOf({ header, body, state }: RecordView, members: readonly MemberInfo[]): string {
  if (header === null || state !== "whole") return "";
  const entry = decodeEntry(header, body);
  return entry === null ? "" : entryLabel(entry, members);
}

/** One field of a record: where it stands, counted from the record's first byte, and what it says. */
export interface FieldPicture {
  readonly name: string;
  readonly firstByte: number;
  readonly lastByte: number;
  /** A number or text to print as it is; "matches", "broken" and kinds are words for the reader's language. */
  readonly value: FieldValue;
}

export type FieldValue =
  | { readonly kind: "plain"; readonly text: string }
  | { readonly kind: "recordKind"; readonly byte: number; readonly name: string }
  | { readonly kind: "write"; readonly number: number; readonly isLast: boolean }
  | { readonly kind: "check"; readonly holds: boolean | null };

/** The fields of a record's header and body; none where there is no header to believe. */
export function fieldsOf(record: RecordCell): readonly FieldPicture[] {
  const { header, state, body } = record;
  if (header === null) return [];
  const values: Readonly<Record<string, FieldValue>> = {
    "body bytes": plain(String(header.bodyBytes)),
    "previous check": plain(hex32(header.previousCheck)),
    index: plain(String(header.index)),
    kind: { kind: "recordKind", byte: KIND_BYTES[header.kind], name: header.kind },
    term: plain(String(header.term)),
    write: { kind: "write", number: header.writeNumber, isLast: header.lastOfWrite },
    "body check": { kind: "check", holds: state === "whole" },
    "header check": { kind: "check", holds: true },
  };
  const head = HEADER_FIELDS.map(({ name, offsetBytes, sizeBytes }): FieldPicture => ({
    name,
    firstByte: offsetBytes,
    lastByte: offsetBytes + sizeBytes - 1,
    value: values[name] ?? plain(""),
  }));
  const inner = BODY_FIELDS[header.kind].map(({ name, offsetBytes, sizeBytes }): FieldPicture => ({
    name,
    firstByte: RECORD_HEADER_BYTES + offsetBytes,
    lastByte: RECORD_HEADER_BYTES + offsetBytes + sizeBytes - 1,
    value: plain(bodyText(name, body.subarray(offsetBytes, offsetBytes + sizeBytes))),
  }));
  if (inner.length > 0 || header.bodyBytes === 0) return [...head, ...inner];
  const data: FieldPicture = {
    name: "data",
    firstByte: RECORD_HEADER_BYTES,
    lastByte: RECORD_HEADER_BYTES + header.bodyBytes - 1,
    value: plain(record.label),
  };
  return [...head, data];
}

/** A row of the hex view: eight bytes of the record, null where the file ends before. */
export interface HexRow {
  readonly offset: number;
  readonly bytes: readonly (number | null)[];
}

/** @param rowsMax longer records are shown up to here. */
export function hexRows(bytes: Uint8Array, record: RecordCell, rowsMax: number): readonly HexRow[] {
  const promised = record.sizeBytes + record.missingBytes;
  const rows: HexRow[] = [];
  for (let offset = 0; offset < promised && rows.length < rowsMax; offset += 8) {
    const width = Math.min(8, promised - offset);
    rows.push({
      offset,
      bytes: Array.from(
        { length: width },
        (_, at) => offset + at < record.sizeBytes ? bytes[record.offsetBytes + offset + at] ?? null : null,
      ),
    });
  }
  return rows;
}

const KIND_BYTES = {
  segmentHead: 1,
  entryNormal: 2,
  hardState: 3,
  snapshotMark: 4,
  entryConfChangeV1: 5,
  entryConfChangeV2: 6,
} as const;

function bodyText(name: string, bytes: Uint8Array): string {
  if (name === "magic") return fromUtf8(bytes);
  if (name.endsWith("id") || name === "vote") return [...bytes].map(hexByte).join("");
  const number = [...bytes].reduceRight((sum, byte) => sum * 256 + byte, 0);
  return name === "file check" ? hex32(number) : String(number);
}

export function hexByte(byte: number): string {
  return byte.toString(16).padStart(2, "0");
}

function hex32(value: number): string {
  return value.toString(16).padStart(8, "0");
}

function plain(text: string): FieldValue {
  return { kind: "plain", text };
}
