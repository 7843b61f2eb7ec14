// The four figures of `etcdctl snapshot status`, from the same bytes in the same order. (clientv3/snapshot: Status)

import { crc32c } from "../base/crc32c.ts";
import type { Revision } from "../base/ids.ts";
import { BboltFile, type BucketRef } from "./bbolt_reader.ts";
import { isTrouble, type Trouble } from "./trouble.ts";

export interface SnapshotStatus {
  readonly kind: "status";
  /** CRC-32C over the names, keys and values of all buckets: an unsigned number. */
  readonly hash: number;
  /** Of the newest change that is kept. */
  readonly revision: Revision;
  /** Pairs in all buckets: revisions of keys, leases, members and the rest. */
  readonly totalKeys: number;
  /** Bytes of the database, without the hash behind it. */
  readonly totalSizeBytes: number;
}

const MAIN_REVISION_BYTES = 8;

/** @param database a bbolt file; whatever stands behind its last page is left out. Never throws on bad bytes. */
export function snapshotStatus(database: Uint8Array): SnapshotStatus | Trouble {
  const file = BboltFile.open(database);
  if (isTrouble(file)) return file;
  let [hash, totalKeys, revision] = [0, 0, 0];
  const readBucket = (bucket: BucketRef, isKeys: boolean): Trouble | null =>
    file.forEach(bucket, (item) => {
      totalKeys += 1;
      hash = crc32c(item.key, hash);
      if (item.kind === "bucket") return null;
      hash = crc32c(item.value, hash);
      if (isKeys && item.key.length >= MAIN_REVISION_BYTES) {
        revision = Number(new DataView(item.key.buffer, item.key.byteOffset).getBigUint64(0));
      }
      return null;
    });
  const found = file.forEach(file.root, (item) => {
    if (item.kind !== "bucket") return null;
    hash = crc32c(item.key, hash);
    return readBucket(item.bucket, item.key.length === 3 && String.fromCharCode(...item.key) === "key");
  });
  if (found !== null) return found;
  return { kind: "status", hash, revision, totalKeys, totalSizeBytes: file.pageCount * file.pageBytes };
}
