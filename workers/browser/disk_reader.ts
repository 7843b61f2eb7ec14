/// <reference lib="dom" />
// A member's disk for eyes: the files as they are in the browser's storage at this moment, read without disturbing the
// member that writes them. One read-only transaction, so the picture is never half of a write.

import { openDB } from "idb";
import type { DiskImage } from "../../core/base/disk.ts";
import { assembleFiles } from "./chunk_files.ts";
import { describeStorageError } from "./indexeddb_disk.ts";

/**
 * Every file of the disk called `databaseName`, by name; no files when there is no such disk.
 * @throws Error with a plain sentence when the browser will not, or what lies there is no disk of ours.
 */
export async function readDisk(databaseName: string): Promise<DiskImage> {
  try {
    // Opening makes what is missing, and a disk must be made by nobody but its member.
    const known = await indexedDB.databases();
    if (!known.some(({ name }) => name === databaseName)) return new Map();
    const database = await openDB(databaseName, undefined, {
      // Someone deletes this database: give way.
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    try {
      if (!database.objectStoreNames.contains("chunks")) return new Map();
      const { store } = database.transaction("chunks", "readonly");
      const [keys, values] = await Promise.all([store.getAllKeys(), store.getAll()]);
      const assembled = assembleFiles(keys, values);
      if (assembled.kind === "failed") throw new Error(`this disk cannot be read: ${assembled.why}`);
      return new Map(assembled.files.map(({ file, bytes }) => [file, bytes]));
    } finally {
      database.close();
    }
  } catch (error) {
    if (error instanceof DOMException) {
      throw new Error(`this disk cannot be read: ${describeStorageError(error)}`);
    }
    throw error;
  }
}
