// A change's full place in history: the store's revision, and the change's turn within that revision's
// transaction. The byte form is etcd's key in its "key" bucket, which orders like the pair it stands for.

import { assert } from "../base/assert.ts";
import type { Revision } from "../base/ids.ts";

/** The store's revision before anything was written. */
export const FIRST_REVISION: Revision = 1;
/** etcd's mark for "never compacted". */
export const NEVER_COMPACTED: Revision = -1;

const REVISION_BYTES = 17;
const TOMBSTONE_MARK = 0x74; // "t"
const SEPARATOR = 0x5f; // "_"

/**
 * `main` as 8 bytes big-endian, "_", `sub` as 8 bytes, and "t" when the change is a deletion.
 * (mvcc/revision.go, mvcc/kvstore.go)
 */
export function revisionBytes(change: { main: Revision; sub: number; isDeletion: boolean }): Uint8Array {
  const { main, sub, isDeletion } = change;
  assert(Number.isSafeInteger(main) && main >= 0, () => `revision ${main} is no safe integer >= 0`);
  assert(Number.isSafeInteger(sub) && sub >= 0, () => `sub-revision ${sub} is no safe integer >= 0`);
  const bytes = new Uint8Array(REVISION_BYTES + (isDeletion ? 1 : 0));
  writeUint64(bytes, 0, main);
  bytes[8] = SEPARATOR;
  writeUint64(bytes, 9, sub);
  if (isDeletion) bytes[REVISION_BYTES] = TOMBSTONE_MARK;
  return bytes;
}

function writeUint64(bytes: Uint8Array, at: number, value: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  view.setUint32(0, Math.floor(value / 0x1_0000_0000));
  view.setUint32(4, value >>> 0);
}
