// What a page asks of a snapshot that is open in a worker: plain data both ways, keys and values as text to read.

import type { SnapshotHash, SnapshotStatus } from "../../core/backend/mod.ts";
import type { DiskOp } from "../../core/base/disk.ts";
import type { ClusterId } from "../../core/base/ids.ts";
import type { MemberInfo } from "../../core/member/io.ts";

export interface SnapshotSummary {
  readonly kind: "opened";
  readonly status: SnapshotStatus;
  readonly hash: SnapshotHash;
  readonly compactRevision: number;
  /** Log index up to which entries are in the keys. */
  readonly applied: number;
  readonly keyCount: number;
  /** Changes kept: versions of keys, deletions among them. */
  readonly changeCount: number;
  readonly clusterVersion: string | null;
  readonly members: readonly MemberInfo[];
  readonly removedCount: number;
  readonly alarms: readonly { readonly member: string; readonly alarm: string }[];
  readonly leases: readonly { readonly id: string; readonly ttlSeconds: number; readonly keyCount: number }[];
  readonly auth: { readonly enabled: boolean; readonly userCount: number; readonly roleCount: number };
}

export type SnapshotOpening = SnapshotSummary | {
  readonly kind: "trouble";
  readonly says: string;
  /** Only its hash is missing or wrong: it can be read all the same, if asked. */
  readonly canSkipHash: boolean;
};

/** Bytes as text: UTF-8 where they are such, else hex. */
export interface ShownBytes {
  readonly text: string;
  readonly isHex: boolean;
  readonly sizeBytes: number;
  /** `text` shows the beginning only. */
  readonly isCut: boolean;
}

export interface SnapshotKey {
  /** The key itself in hex: names it in `versions`. */
  readonly hex: string;
  readonly key: ShownBytes;
  readonly value: ShownBytes;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: string;
}

export interface KeyPage {
  readonly total: number;
  readonly keys: readonly SnapshotKey[];
}

export interface KeyVersion {
  readonly revision: number;
  /** 0 for a deletion. */
  readonly version: number;
  readonly value: ShownBytes;
}

export interface SnapshotApi {
  open(bytes: ArrayBuffer, skipHashCheck: boolean): SnapshotOpening;
  /** Keys that contain this text, in their order; `from` counts from 0. */
  keys(contains: string, from: number, count: number): KeyPage;
  /** What compaction has left of one key's history, newest first. */
  versions(hex: string): readonly KeyVersion[];
  /** The first disk of each of these members, for a new cluster that begins with these keys. */
  disks(clusterId: ClusterId, members: readonly MemberInfo[]): readonly (readonly DiskOp[])[];
}
