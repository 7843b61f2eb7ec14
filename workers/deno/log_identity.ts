// Whose log a disk holds, from the head of a segment: what a restart goes by instead of its flags. Only the claim is
// read here; recovery checks it with everything else.

import type { DiskImage } from "../../core/base/disk.ts";
import { RECORD_HEADER_BYTES } from "../../core/wal/record.ts";
import { decodeHead, HEAD_RECORD_BYTES, parseSegmentFile, type WalIdentity } from "../../core/wal/segment.ts";

/** Null when no segment's head can be read: an empty disk, or one that recovery will refuse. */
export function logIdentity(image: DiskImage): WalIdentity | null {
  const files = [...image.keys()].filter((file) => parseSegmentFile(file) !== null).sort();
  for (const file of files) {
    const head = decodeHead(image.get(file)!.subarray(RECORD_HEADER_BYTES, HEAD_RECORD_BYTES));
    if (head.kind === "head") return head.identity;
  }
  return null;
}
