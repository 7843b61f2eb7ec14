// A segment: one file of the log, `wal/<sequence>-<first index>.wal`, both as 16 hex digits as etcd names its own.
// It opens with what a reader needs who has nothing older: a head (whose log this is), the newest snapshot mark
// and the newest hard state. So older segments can be removed without a word being lost. A write never spans two
// segments: therefore only the last segment can end in a torn write.
//
// The place and layout of the head's magic and version never change, whatever a later version does to the rest.

import { assert } from "../base/assert.ts";
import { EMPTY_BYTES, fromHex, toHex } from "../base/bytes.ts";
import type { ClusterId, LogIndex, MemberId, Term } from "../base/ids.ts";
import type { Entry, EntryKind, HardState } from "../raft/types.ts";
import { RECORD_HEADER_BYTES } from "./record.ts";
import type { RecordContent, RecordHeader, RecordKind } from "./record.ts";

export const WAL_VERSION = 1;
const MAGIC = 0x4c415746; // "FWAL"
const NOBODY = "0000000000000000";
const HEAD_BODY_BYTES = 32;
export const HEAD_RECORD_BYTES = RECORD_HEADER_BYTES + HEAD_BODY_BYTES;

/** Whose log it is. */
export interface WalIdentity {
  readonly clusterId: ClusterId;
  readonly memberId: MemberId;
}

export interface SegmentName {
  /** Counted from 0, without gaps. */
  readonly sequence: number;
  /** One past the log's last index when the segment was opened: every entry in force before it is lower. */
  readonly firstIndex: LogIndex;
}

export function segmentFile({ sequence, firstIndex }: SegmentName): string {
  return `wal/${hex16(sequence)}-${hex16(firstIndex)}.wal`;
}

/** The reverse; null for any other name. */
export function parseSegmentFile(file: string): SegmentName | null {
  const match = /^wal\/([0-9a-f]{16})-([0-9a-f]{16})\.wal$/.exec(file);
  if (match === null) return null;
  const sequence = parseInt(match[1]!, 16);
  const firstIndex = parseInt(match[2]!, 16);
  return Number.isSafeInteger(sequence) && Number.isSafeInteger(firstIndex) ? { sequence, firstIndex } : null;
}

/** A safe integer as 16 hex digits, so that names sort like numbers. */
export function hex16(value: number): string {
  return value.toString(16).padStart(16, "0");
}

export function headRecord(identity: WalIdentity, name: SegmentName): RecordContent {
  const body = new Uint8Array(HEAD_BODY_BYTES);
  const view = new DataView(body.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, WAL_VERSION, true);
  body.set(fromHex(identity.clusterId), 8);
  body.set(fromHex(identity.memberId), 16);
  view.setBigUint64(24, BigInt(name.sequence), true);
  return { kind: "segmentHead", index: name.firstIndex, term: 0, body };
}

export type SegmentHead =
  | { readonly kind: "head"; readonly identity: WalIdentity; readonly sequence: number }
  | { readonly kind: "unknownVersion"; readonly version: number }
  | { readonly kind: "malformed" };

/** What a head's body says. Ids come from disk as they are: a zero member id makes the head malformed. */
export function decodeHead(body: Uint8Array): SegmentHead {
  if (body.length < 8) return { kind: "malformed" };
  const view = new DataView(body.buffer, body.byteOffset, body.length);
  if (view.getUint32(0, true) !== MAGIC) return { kind: "malformed" };
  const version = view.getUint32(4, true);
  if (version !== WAL_VERSION) return { kind: "unknownVersion", version };
  if (body.length !== HEAD_BODY_BYTES) return { kind: "malformed" };
  const memberId = toHex(body.subarray(16, 24)) as MemberId;
  const sequence = Number(view.getBigUint64(24, true));
  if (memberId === NOBODY || !Number.isSafeInteger(sequence)) return { kind: "malformed" };
  return {
    kind: "head",
    identity: { clusterId: toHex(body.subarray(8, 16)) as ClusterId, memberId },
    sequence,
  };
}

export function hardStateRecord(hardState: HardState): RecordContent {
  return {
    kind: "hardState",
    index: hardState.commit,
    term: hardState.term,
    body: fromHex(hardState.vote ?? NOBODY),
  };
}

/** Null when the body is not a vote. */
export function decodeHardState(header: RecordHeader, body: Uint8Array): HardState | null {
  if (body.length !== 8) return null;
  const vote = toHex(body);
  return { term: header.term, vote: vote === NOBODY ? null : vote as MemberId, commit: header.index };
}

/** What the log says of one snapshot file, to vouch for it. The file keeps the rest of the snapshot's metadata. */
export interface SnapshotMark {
  readonly index: LogIndex;
  readonly term: Term;
  /** The file's header check: another file under the same name is not the one that was marked. */
  readonly fileCheck: number;
}

/** @param replacesLog the snapshot came from a leader: all entries before this record are void. (Paper figure 13, step 7) */
export function markRecord(mark: SnapshotMark, replacesLog: boolean): RecordContent {
  const body = new Uint8Array(8);
  const view = new DataView(body.buffer);
  view.setUint32(0, replacesLog ? 1 : 0, true);
  view.setUint32(4, mark.fileCheck, true);
  return { kind: "snapshotMark", index: mark.index, term: mark.term, body };
}

/** Null when the body is not a mark's. */
export function decodeMark(
  header: RecordHeader,
  body: Uint8Array,
): { mark: SnapshotMark; replacesLog: boolean } | null {
  if (body.length !== 8) return null;
  const view = new DataView(body.buffer, body.byteOffset, 8);
  const replaces = view.getUint32(0, true);
  if (replaces > 1) return null;
  const mark = { index: header.index, term: header.term, fileCheck: view.getUint32(4, true) };
  return { mark, replacesLog: replaces === 1 };
}

const RECORD_KIND_OF: Readonly<Record<EntryKind, RecordKind>> = {
  normal: "entryNormal",
  confChangeV1: "entryConfChangeV1",
  confChangeV2: "entryConfChangeV2",
};

export function entryRecord(entry: Entry): RecordContent {
  assert(entry.index >= 1, `an entry at ${entry.index}`);
  return { kind: RECORD_KIND_OF[entry.kind], index: entry.index, term: entry.term, body: entry.data };
}

/** The entry of an entry record, its data still a view into the segment; null for records of other kinds. */
export function decodeEntry(header: RecordHeader, body: Uint8Array): Entry | null {
  const { index, term } = header;
  const data = body.length === 0 ? EMPTY_BYTES : body;
  switch (header.kind) {
    case "entryNormal":
      return { index, term, kind: "normal", data };
    case "entryConfChangeV1":
      return { index, term, kind: "confChangeV1", data };
    case "entryConfChangeV2":
      return { index, term, kind: "confChangeV2", data };
    default:
      return null;
  }
}
