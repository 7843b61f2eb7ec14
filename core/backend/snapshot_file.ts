// The file of `etcdctl snapshot save`: an etcd database and the SHA-256 of it, which is also what the Maintenance
// service's Snapshot stream carries. (clientv3/snapshot/v3_snapshot.go, etcdserver/api/v3rpc/maintenance.go)

import { sha256 } from "@noble/hashes/sha2.js";
import { concatBytes, equalBytes, toHex } from "../base/bytes.ts";
import type { StateMachine } from "../member/state_machine.ts";
import { BboltFile } from "./bbolt_reader.ts";
import { type ByteSource, runToEnd, type Steps } from "./bbolt_writer.ts";
import { type BackendState, decodeBackend, planBackend } from "./etcd_backend.ts";
import { isTrouble, type Trouble, trouble } from "./trouble.ts";

const HASH_BYTES = 32;
/** Every page size is a multiple of a disk's smallest sector, so a file of whole pages and a hash shows by its size. */
const SECTOR_BYTES = 512;
/** etcd sends a snapshot in messages of this size. (snapshotSendBufferSize) */
const CHUNK_BYTES = 32 * 1024;

/**
 * A snapshot of this state as it is at this call, to be laid out step by step and then sent or written chunk by chunk
 * while the member goes on. All chunks but the last two are of 32 KiB; the last one is the hash alone, as etcd sends it.
 */
export function planSnapshotFile(machine: StateMachine): Steps<ByteSource> {
  return withHash(planBackend(machine));
}

/** A snapshot of this state as one piece of memory. */
export function encodeSnapshotFile(machine: StateMachine): Uint8Array {
  return concatBytes([...runToEnd(planSnapshotFile(machine)).chunks()]);
}

function* withHash(steps: Steps<ByteSource>): Steps<ByteSource> {
  const database = yield* steps;
  return {
    sizeBytes: database.sizeBytes + HASH_BYTES,
    *chunks() {
      const hash = sha256.create();
      for (const chunk of inEqualChunks(database)) {
        hash.update(chunk);
        yield chunk;
      }
      yield hash.digest();
    },
  };
}

function* inEqualChunks(source: ByteSource): Generator<Uint8Array> {
  let leftBytes = source.sizeBytes;
  let chunk = new Uint8Array(Math.min(leftBytes, CHUNK_BYTES));
  let filledBytes = 0;
  for (const piece of source.chunks()) {
    for (let at = 0; at < piece.length;) {
      const part = piece.subarray(at, at + chunk.length - filledBytes);
      chunk.set(part, filledBytes);
      filledBytes += part.length;
      at += part.length;
      if (filledBytes < chunk.length) continue;
      yield chunk;
      leftBytes -= chunk.length;
      chunk = new Uint8Array(Math.min(leftBytes, CHUNK_BYTES));
      filledBytes = 0;
    }
  }
}

export interface SnapshotReadOptions {
  /** Take a file whose hash is missing or wrong: a database copied out of a data directory has none. */
  readonly skipHashCheck: boolean;
}

/** What the SHA-256 behind the database says: `missing` where the file ends with the database's last page. */
export type SnapshotHash =
  | { readonly kind: "missing" }
  | { readonly kind: "matches" | "differs"; readonly expected: string; readonly actual: string };

/** Holds the hash at the end of a snapshot file against the database before it. */
export function hashOfSnapshot(bytes: Uint8Array): SnapshotHash {
  const database = databaseOf(bytes);
  if (database.length === bytes.length) return { kind: "missing" };
  const expected = bytes.subarray(database.length);
  const actual = sha256(database);
  const kind = equalBytes(expected, actual) ? "matches" : "differs";
  return { kind, expected: toHex(expected), actual: toHex(actual) };
}

function databaseOf(bytes: Uint8Array): Uint8Array {
  const hasHash = bytes.length % SECTOR_BYTES === HASH_BYTES;
  return hasHash ? bytes.subarray(0, bytes.length - HASH_BYTES) : bytes;
}

/** What a snapshot file holds, or what is wrong with it. Never throws on bad bytes. */
export function readSnapshotFile(bytes: Uint8Array, options: SnapshotReadOptions): BackendState | Trouble {
  const database = databaseOf(bytes);
  // A file that is no database at all, or not all of one, is told so before its hash is spoken of.
  const file = BboltFile.open(database);
  if (isTrouble(file)) return file;
  const hash = options.skipHashCheck ? null : hashOfSnapshot(bytes);
  if (hash?.kind === "missing") {
    return trouble(
      "it does not end with a SHA-256: it was cut, or copied out of a data directory " +
        "(--skip-hash-check takes it all the same)",
    );
  }
  if (hash?.kind === "differs") {
    return trouble(
      `its SHA-256 does not match: expected ${hash.expected}, got ${hash.actual}; it was changed on its way`,
    );
  }
  return decodeBackend(database);
}
