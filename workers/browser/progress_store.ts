/// <reference lib="dom" />
// How far a reader has come in the lessons, kept in this browser: one small database, `flotilla-learn`.

import { type DBSchema, type IDBPDatabase, openDB } from "idb";
import { describeStorageError } from "./indexeddb_disk.ts";

const DATABASE = "flotilla-learn";
/** Lessons, challenges and whatever later versions add: more are not read. */
const RECORD_COUNT_MAX = 200;

interface ProgressSchema extends DBSchema {
  progress: { key: string; value: unknown };
}

export type OpenedProgress =
  | { readonly kind: "open"; readonly store: ProgressStore; readonly records: ReadonlyMap<string, unknown> }
  /** `why` is a clause in plain words. */
  | { readonly kind: "failed"; readonly why: string };

export class ProgressStore {
  readonly #database: IDBPDatabase<ProgressSchema>;

  static async open(): Promise<OpenedProgress> {
    try {
      const database = await openDB<ProgressSchema>(DATABASE, 1, {
        upgrade: (fresh) => {
          fresh.createObjectStore("progress");
        },
        blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
      });
      const keys = await database.getAllKeys("progress", null, RECORD_COUNT_MAX);
      const values = await database.getAll("progress", null, RECORD_COUNT_MAX);
      const records = new Map(keys.map((key, at) => [key, values[at]]));
      return { kind: "open", store: new ProgressStore(database), records };
    } catch (error) {
      return { kind: "failed", why: describeStorageError(error) };
    }
  }

  private constructor(database: IDBPDatabase<ProgressSchema>) {
    this.#database = database;
  }

  /** Rejects with a DOMException when the browser will not keep it. */
  async save(key: string, record: unknown): Promise<void> {
    await this.#database.put("progress", record, key);
  }
}
