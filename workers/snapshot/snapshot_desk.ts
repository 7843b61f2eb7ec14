// One open snapshot: read once, then asked. Runs in a worker, so that a large file does not stop the page.

import {
  type BackendState,
  hashOfSnapshot,
  isTrouble,
  readSnapshotFile,
  restoredDisk,
  snapshotStatus,
} from "../../core/backend/mod.ts";
import { EMPTY_BYTES, equalBytes, fromHex, toHex, utf8 } from "../../core/base/bytes.ts";
import type { DiskOp } from "../../core/base/disk.ts";
import type { ClusterId } from "../../core/base/ids.ts";
import { rangeRequest } from "../../core/kv/requests.ts";
import type { MemberInfo } from "../../core/member/io.ts";
import type {
  KeyPage,
  KeyVersion,
  ShownBytes,
  SnapshotApi,
  SnapshotKey,
  SnapshotOpening,
} from "./snapshot_protocol.ts";

/** Bytes of a key or value that are shown. */
const KEY_SHOWN_MAX = 256;
const VALUE_SHOWN_MAX = 4096;
const VERSIONS_MAX = 200;
/** The range of all keys. */
const ALL = { key: new Uint8Array([0]), rangeEnd: new Uint8Array([0]) };

export class SnapshotDesk implements SnapshotApi {
  #state: BackendState | null = null;

  open(buffer: ArrayBuffer, skipHashCheck: boolean): SnapshotOpening {
    this.#state = null;
    const bytes = new Uint8Array(buffer);
    const state = readSnapshotFile(bytes, { skipHashCheck });
    if (isTrouble(state)) {
      const canSkipHash = !skipHashCheck && !isTrouble(readSnapshotFile(bytes, { skipHashCheck: true }));
      return { kind: "trouble", says: state.says, canSkipHash };
    }
    const status = snapshotStatus(bytes);
    if (isTrouble(status)) return { kind: "trouble", says: status.says, canSkipHash: false };
    this.#state = state;
    const { kv } = state;
    return {
      kind: "opened",
      status,
      hash: hashOfSnapshot(bytes),
      compactRevision: kv.compactRevision,
      applied: state.applied,
      keyCount: kv.keyCount,
      changeCount: kv.recordCount,
      clusterVersion: state.clusterVersion,
      members: state.members,
      removedCount: state.removed.length,
      alarms: state.alarms,
      leases: kv.leases().map(({ id, grantedTtl }) => ({
        id,
        ttlSeconds: grantedTtl,
        keyCount: kv.leaseKeys(id).length,
      })),
      auth: {
        enabled: state.auth.enabled,
        userCount: state.auth.users().length,
        roleCount: state.auth.roles().length,
      },
    };
  }

  keys(contains: string, from: number, count: number): KeyPage {
    const answer = this.#opened().kv.range(rangeRequest(ALL));
    if (!("kvs" in answer)) return { total: 0, keys: [] };
    const wanted = utf8(contains);
    const found = answer.kvs.filter(({ key }) => holds(key, wanted));
    return {
      total: found.length,
      keys: found.slice(from, from + count).map((kv): SnapshotKey => ({
        hex: toHex(kv.key),
        key: shown(kv.key, KEY_SHOWN_MAX),
        value: shown(kv.value, VALUE_SHOWN_MAX),
        createRevision: kv.createRevision,
        modRevision: kv.modRevision,
        version: kv.version,
        lease: kv.lease,
      })),
    };
  }

  versions(hex: string): readonly KeyVersion[] {
    const key = fromHex(hex);
    const versions: KeyVersion[] = [];
    for (const { kv } of this.#opened().kv.records()) {
      if (!equalBytes(kv.key, key)) continue;
      versions.push({
        revision: kv.modRevision,
        version: kv.version,
        value: shown(kv.version === 0 ? EMPTY_BYTES : kv.value, VALUE_SHOWN_MAX),
      });
    }
    return versions.reverse().slice(0, VERSIONS_MAX);
  }

  disks(clusterId: ClusterId, members: readonly MemberInfo[]): readonly (readonly DiskOp[])[] {
    const { kv } = this.#opened();
    return members.map(({ id }) => restoredDisk({ kv }, { self: id, clusterId, members }));
  }

  #opened(): BackendState {
    if (this.#state === null) throw new Error("no snapshot is open");
    return this.#state;
  }
}

function holds(bytes: Uint8Array, wanted: Uint8Array): boolean {
  for (let at = 0; at + wanted.length <= bytes.length; at++) {
    if (equalBytes(bytes.subarray(at, at + wanted.length), wanted)) return true;
  }
  return false;
}

/** Text where the bytes are UTF-8 without control characters (line breaks and tabs are welcome), else hex. */
export function shown(bytes: Uint8Array, max: number): ShownBytes {
  const isCut = bytes.length > max;
  const part = bytes.subarray(0, max);
  // A cut may go through a character: its bytes at the end are let go.
  const text = textOf(part) ??
    (isCut ? [1, 2, 3].map((less) => textOf(part.subarray(0, max - less))).find(Boolean) : null);
  const isHex = text === null || text === undefined;
  return { text: isHex ? toHex(part) : text, isHex, sizeBytes: bytes.length, isCut };
}

function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    // deno-lint-ignore no-control-regex -- control characters are what is looked for
    return /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}
