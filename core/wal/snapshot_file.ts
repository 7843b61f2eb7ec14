// A snapshot file, `snap/<term>-<index>.snap`, as 16 hex digits each. It appears whole, by one `replace`, and counts
// only once a mark in the log vouches for it.
//
//        0        1        2        3        4        5        6        7
//     +--------+--------+--------+--------+--------+--------+--------+--------+
//   0 | magic "FSNP"                      | version                           |
//     +-----------------------------------+-----------------------------------+
//   8 | cluster id                                                            |
//  16 | member id                                                             |
//  24 | index                                                                 |
//  32 | term                                                                  |
//     +-----------------------------------+-----------------------------------+
//  40 | configuration bytes               | configuration check               |
//     +-----------------------------------+-----------------------------------+
//  48 | data bytes                                                            |
//     +-----------------------------------+-----------------------------------+
//  56 | data check                        | header check (bytes 0 to 59)      |
//     +-----------------------------------+-----------------------------------+
//  64 | configuration, then data, to the end of the file                      |

import { assert } from "../base/assert.ts";
import { fromHex, toHex } from "../base/bytes.ts";
import { crc32c } from "../base/crc32c.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { ConfState, Snapshot } from "../raft/types.ts";
import { hex16 } from "./segment.ts";
import type { WalIdentity } from "./segment.ts";

export const SNAPSHOT_HEADER_BYTES = 64;
const SNAPSHOT_VERSION = 1;
const MAGIC = 0x504e5346; // "FSNP"
const CONF_HEAD_BYTES = 24;

export interface SnapshotName {
  readonly index: LogIndex;
  readonly term: Term;
}

export function snapshotFile({ index, term }: SnapshotName): string {
  return `snap/${hex16(term)}-${hex16(index)}.snap`;
}

/** The reverse; null for any other name. */
export function parseSnapshotFile(file: string): SnapshotName | null {
  const match = /^snap\/([0-9a-f]{16})-([0-9a-f]{16})\.snap$/.exec(file);
  if (match === null) return null;
  const term = parseInt(match[1]!, 16);
  const index = parseInt(match[2]!, 16);
  return Number.isSafeInteger(term) && Number.isSafeInteger(index) ? { index, term } : null;
}

/** @returns the file's bytes, and its header check for the mark. */
export function encodeSnapshot(
  identity: WalIdentity,
  snapshot: Snapshot,
): { bytes: Uint8Array; fileCheck: number } {
  const { meta, data } = snapshot;
  assert(meta.index >= 1, `a snapshot at ${meta.index}`);
  const conf = encodeConfState(meta.confState);
  const bytes = new Uint8Array(SNAPSHOT_HEADER_BYTES + conf.length + data.length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, SNAPSHOT_VERSION, true);
  bytes.set(fromHex(identity.clusterId), 8);
  bytes.set(fromHex(identity.memberId), 16);
  view.setBigUint64(24, BigInt(meta.index), true);
  view.setBigUint64(32, BigInt(meta.term), true);
  view.setUint32(40, conf.length, true);
  view.setUint32(44, crc32c(conf), true);
  view.setBigUint64(48, BigInt(data.length), true);
  view.setUint32(56, crc32c(data), true);
  const fileCheck = crc32c(bytes.subarray(0, 60));
  view.setUint32(60, fileCheck, true);
  bytes.set(conf, SNAPSHOT_HEADER_BYTES);
  bytes.set(data, SNAPSHOT_HEADER_BYTES + conf.length);
  return { bytes, fileCheck };
}

/**
 * The snapshot a file holds, copied out of it, or null unless every byte is accounted for and it is the very file
 * that `expected` speaks of.
 */
export function decodeSnapshot(
  bytes: Uint8Array,
  expected: SnapshotName & { readonly identity: WalIdentity; readonly fileCheck: number },
): Snapshot | null {
  if (bytes.length < SNAPSHOT_HEADER_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const fileCheck = view.getUint32(60, true);
  if (crc32c(bytes.subarray(0, 60)) !== fileCheck || fileCheck !== expected.fileCheck) return null;
  if (view.getUint32(0, true) !== MAGIC || view.getUint32(4, true) !== SNAPSHOT_VERSION) return null;
  if (toHex(bytes.subarray(8, 16)) !== expected.identity.clusterId) return null;
  if (toHex(bytes.subarray(16, 24)) !== expected.identity.memberId) return null;
  if (view.getBigUint64(24, true) !== BigInt(expected.index)) return null;
  if (view.getBigUint64(32, true) !== BigInt(expected.term)) return null;

  const confEnd = SNAPSHOT_HEADER_BYTES + view.getUint32(40, true);
  if (confEnd > bytes.length || view.getBigUint64(48, true) !== BigInt(bytes.length - confEnd)) return null;
  const conf = bytes.subarray(SNAPSHOT_HEADER_BYTES, confEnd);
  if (crc32c(conf) !== view.getUint32(44, true)) return null;
  const data = bytes.slice(confEnd);
  if (crc32c(data) !== view.getUint32(56, true)) return null;
  const confState = decodeConfState(conf);
  if (confState === null) return null;
  return { meta: { index: expected.index, term: expected.term, confState }, data };
}

// Four counts, autoLeave, a zero word; then the ids of the four lists, eight bytes each.
function encodeConfState(confState: ConfState): Uint8Array {
  const lists = [confState.voters, confState.learners, confState.votersOutgoing, confState.learnersNext];
  const ids = lists.flat();
  const bytes = new Uint8Array(CONF_HEAD_BYTES + 8 * ids.length);
  const view = new DataView(bytes.buffer);
  lists.forEach((list, i) => view.setUint32(4 * i, list.length, true));
  view.setUint32(16, confState.autoLeave ? 1 : 0, true);
  ids.forEach((id, i) => bytes.set(fromHex(id), CONF_HEAD_BYTES + 8 * i));
  return bytes;
}

function decodeConfState(bytes: Uint8Array): ConfState | null {
  if (bytes.length < CONF_HEAD_BYTES) return null;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const counts = [0, 4, 8, 12].map((at) => view.getUint32(at, true));
  const idCount = counts.reduce((sum, count) => sum + count, 0);
  const autoLeave = view.getUint32(16, true);
  if (bytes.length !== CONF_HEAD_BYTES + 8 * idCount || autoLeave > 1 || view.getUint32(20, true) !== 0) {
    return null;
  }
  let at = CONF_HEAD_BYTES;
  const lists = counts.map((count) => {
    const list: MemberId[] = [];
    for (let i = 0; i < count; i++, at += 8) list.push(toHex(bytes.subarray(at, at + 8)) as MemberId);
    return list;
  });
  const [voters, learners, votersOutgoing, learnersNext] = lists as [
    MemberId[],
    MemberId[],
    MemberId[],
    MemberId[],
  ];
  return { voters, learners, votersOutgoing, learnersNext, autoLeave: autoLeave === 1 };
}
