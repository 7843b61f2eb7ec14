// The hash by which members tell whether they hold the same data (etcd's HashKV, mvcc/kvstore.go: HashByRev).
// It is computed over the very bytes that etcd would hash, so it equals that of a real etcd with this history.

import { crc32c } from "../base/crc32c.ts";
import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import { AFTER_ALL_KEYS, keyTextOf } from "./key_text.ts";
import { isDeletion, keyValueBytes } from "./record.ts";
import { revisionBytes } from "./revision.ts";
import type { KvTables } from "./tables.ts";

/** etcd's bucket of records; its name begins the hash. */
const BUCKET_NAME = new Uint8Array([0x6b, 0x65, 0x79]); // "key"

export interface KvHash {
  readonly kind: "hashKv";
  /** CRC-32C, 0 to 2^32 - 1. */
  readonly hash: number;
  /** Members' hashes compare only where this and `hashRevision` are equal; -1 before the first compaction. */
  readonly compactRevision: Revision;
  /** The newest revision that was hashed. */
  readonly hashRevision: Revision;
}

/** @param revision up to which to hash; 0 for now. */
export function hashKv(tables: KvTables, revision: Revision): KvHash | EtcdError {
  const { index, log, compactRevision } = tables;
  // Unlike a range, etcd refuses the compacted revision itself.
  if (revision > 0 && revision <= compactRevision) return ETCD_ERRORS.compacted;
  if (revision > 0 && revision > tables.revision) return ETCD_ERRORS.futureRevision;

  const hashRevision = revision === 0 ? tables.revision : revision;
  let liveCount = 0;
  index.forSpan({ from: "", end: AFTER_ALL_KEYS }, hashRevision, () => {
    liveCount += 1;
  });
  let hash = crc32c(BUCKET_NAME);
  for (const [main, records] of log.from(0)) {
    if (main > hashRevision) break;
    for (const record of records) {
      // What the next compaction would drop is left out, so that a member that has not come round to dropping
      // it agrees with one that has. With no key alive etcd leaves out nothing.
      const isOld = main <= compactRevision && liveCount > 0;
      if (isOld && index.at(keyTextOf(record.kv.key), hashRevision) !== record) continue;
      const place = { main, sub: record.sub, isDeletion: isDeletion(record) };
      hash = crc32c(keyValueBytes(record), crc32c(revisionBytes(place), hash));
    }
  }
  return { kind: "hashKv", hash, compactRevision, hashRevision };
}
