/// <reference lib="dom" />
// A member's disk in a browser: one IndexedDB database, in it the bytes of a handful of files as chunks.
//
//   key [file, offset]      value
//   ["wal/0.wal",   0]      64 bytes ┐
//   ["wal/0.wal",  64]      40 bytes ├ the file: every chunk, each up to where the next one starts
//   ["wal/0.wal", 104]       0 bytes ┘ an empty chunk says "the file ends here", whatever came before reaches to
//
// So truncation needs to read nothing: it removes what lies beyond and sets an end, and an append there replaces the
// end. A DiskWrite is ONE transaction whose requests are all made in one turn and then committed, with "strict"
// durability: it is on disk as a whole or not at all, and `complete` (never a request's `success`) is the receipt.

import { type DBSchema, type IDBPDatabase, openDB, unwrap } from "idb";
import { assert } from "../../core/base/assert.ts";
import { EMPTY_BYTES } from "../../core/base/bytes.ts";
import type { DiskImage, DiskOp, DiskWrite } from "../../core/base/disk.ts";
import type { Disk } from "../../core/member/ports.ts";
import { type AssembledFile, assembleFiles } from "./chunk_files.ts";

export type OpenedDisk =
  | { readonly kind: "open"; readonly disk: IndexedDbDisk; readonly image: DiskImage }
  /** The browser will not, or what lies there is not a disk of ours; `why` is a clause in plain words. */
  | { readonly kind: "failed"; readonly why: string };

/** A file in more pieces than this is put together when the disk is opened. */
const CHUNK_COUNT_MAX = 256;

interface ChunkSchema extends DBSchema {
  chunks: { key: [string, number]; value: Uint8Array };
}
type ChunkDatabase = IDBPDatabase<ChunkSchema>;

export class IndexedDbDisk implements Disk {
  readonly #database: ChunkDatabase;
  /** Of every file, so that an append at a wrong offset is caught before it is written. */
  readonly #sizes: Map<string, number>;
  #closed = false;
  #failed = false;

  /**
   * Opens the database, making it if need be, and reads all of it. The caller makes sure that nobody else has it
   * open (a Web Lock).
   */
  static async open(databaseName: string): Promise<OpenedDisk> {
    let database: ChunkDatabase;
    try {
      database = await openDB<ChunkSchema>(databaseName, 1, {
        upgrade: (fresh) => {
          fresh.createObjectStore("chunks");
        },
        // Someone deletes this database: give way. The next write fails and so stops the member.
        blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
      });
    } catch (error) {
      return { kind: "failed", why: describeStorageError(error) };
    }
    const opened = await IndexedDbDisk.#read(database);
    if (opened.kind === "failed") database.close();
    return opened;
  }

  private constructor(database: ChunkDatabase, sizes: Map<string, number>) {
    this.#database = database;
    this.#sizes = sizes;
  }

  write(write: DiskWrite, onWritten: () => void, onFailed: (why: string) => void): void {
    assert(!this.#failed, () => `write ${write.writeId} after a failed one`);
    const fail = (error: unknown) => {
      if (this.#closed || this.#failed) return;
      this.#failed = true;
      onFailed(describeStorageError(error));
    };
    try {
      const transaction = unwrap(this.#database).transaction("chunks", "readwrite", { durability: "strict" });
      transaction.oncomplete = () => {
        if (!this.#closed) onWritten();
      };
      // Reached by every failed request too, since none of them is forgiven.
      transaction.onabort = () => fail(transaction.error);
      const store = transaction.objectStore("chunks");
      for (const op of write.ops) this.#apply(store, op);
      transaction.commit();
    } catch (error) {
      // A promise of ours that broke is not the disk's fault.
      if (!(error instanceof DOMException)) throw error;
      queueMicrotask(() => fail(error));
    }
  }

  /** What is in flight still completes, but nobody hears of it. */
  close(): void {
    this.#closed = true;
    this.#database.close();
  }

  #apply(store: IDBObjectStore, op: DiskOp): void {
    const size = this.#sizes.get(op.file) ?? 0;
    switch (op.kind) {
      case "append":
        assert(
          op.offsetBytes === size,
          () => `append to ${op.file} at ${op.offsetBytes}, its size is ${size}`,
        );
        // An empty chunk in mid-file would cut off nothing, but it would be a lie about where the file ends.
        if (op.bytes.length > 0 || !this.#sizes.has(op.file)) store.put(ownBytes(op.bytes), [op.file, size]);
        this.#sizes.set(op.file, size + op.bytes.length);
        break;
      case "truncate":
        assert(op.sizeBytes <= size, () => `truncate ${op.file} to ${op.sizeBytes}, its size is ${size}`);
        store.delete(rangeFrom(op.file, op.sizeBytes));
        store.put(EMPTY_BYTES, [op.file, op.sizeBytes]);
        this.#sizes.set(op.file, op.sizeBytes);
        break;
      case "replace":
        store.delete(rangeFrom(op.file, 0));
        store.put(ownBytes(op.bytes), [op.file, 0]);
        this.#sizes.set(op.file, op.bytes.length);
        break;
      case "remove":
        store.delete(rangeFrom(op.file, 0));
        this.#sizes.delete(op.file);
        break;
    }
  }

  static async #read(database: ChunkDatabase): Promise<OpenedDisk> {
    try {
      const transaction = database.transaction("chunks", "readonly");
      const [keys, values] = await Promise.all([transaction.store.getAllKeys(), transaction.store.getAll()]);
      const assembled = assembleFiles(keys, values);
      if (assembled.kind === "failed") return assembled;
      await putTogether(database, assembled.files);
      const image = new Map(assembled.files.map(({ file, bytes }) => [file, bytes]));
      const sizes = new Map(assembled.files.map(({ file, bytes }) => [file, bytes.length]));
      return { kind: "open", disk: new IndexedDbDisk(database, sizes), image };
    } catch (error) {
      return { kind: "failed", why: describeStorageError(error) };
    }
  }
}

/** What a storage error means to a visitor: a clause without a full stop. */
export function describeStorageError(error: unknown): string {
  const { name, message } = error instanceof Error || error instanceof DOMException
    ? error
    : { name: "UnknownError", message: String(error) };
  switch (name) {
    case "QuotaExceededError":
      return "the browser's storage is full";
    case "InvalidStateError":
      return "its storage was closed by the browser";
    case "SecurityError":
      return "the browser does not allow this page to store anything";
    default:
      return `the browser's storage failed (${name}${message ? `: ${message}` : ""})`;
  }
}

/** Rewrites files in many pieces as one piece each, in one transaction. */
async function putTogether(database: ChunkDatabase, files: readonly AssembledFile[]): Promise<void> {
  const scattered = files.filter(({ chunkCount }) => chunkCount > CHUNK_COUNT_MAX);
  if (scattered.length === 0) return;
  const transaction = database.transaction("chunks", "readwrite", { durability: "strict" });
  const requests = scattered.flatMap(({ file, bytes }) => [
    transaction.store.delete(rangeFrom(file, 0)),
    transaction.store.put(bytes, [file, 0]),
  ]);
  await Promise.all([...requests, transaction.done]);
}

/** All chunks of a file that start at `offsetBytes` or beyond: an array sorts after every number. */
function rangeFrom(file: string, offsetBytes: number): IDBKeyRange {
  return IDBKeyRange.bound([file, offsetBytes], [file, []]);
}

/** Storing a view stores the whole buffer under it. */
function ownBytes(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : bytes.slice();
}
