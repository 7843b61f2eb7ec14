/// <reference lib="dom" />
// What a browser remembers of its cluster besides the members' disks: the plan, and the incarnation that names its
// disks, locks and channels. One small database, `flotilla`.

import { type DBSchema, deleteDB, type IDBPDatabase, openDB } from "idb";
import type { ClusterPlan } from "./cluster_api.ts";
import { MEMBER_COUNT_MAX } from "./cluster_identity.ts";

export interface StoredCluster {
  readonly plan: ClusterPlan;
  readonly incarnation: string;
}

const DATABASE = "flotilla";
const DISK_PREFIX = "flotilla/";

interface StoreSchema extends DBSchema {
  cluster: { key: "current"; value: unknown };
}

/** The database that is one member's disk. */
export function diskName(incarnation: string, member: string): string {
  return `${DISK_PREFIX}${incarnation}/${member}`;
}

/** A cluster that has never lived before. */
export function newCluster(plan: ClusterPlan): StoredCluster {
  return { plan, incarnation: crypto.randomUUID() };
}

export class ClusterStore {
  readonly #database: IDBPDatabase<StoreSchema>;

  private constructor(database: IDBPDatabase<StoreSchema>) {
    this.#database = database;
  }

  /** Rejects with a DOMException where the browser does not let pages store anything. */
  static async open(): Promise<ClusterStore> {
    const database = await openDB<StoreSchema>(DATABASE, 1, {
      upgrade: (fresh) => {
        fresh.createObjectStore("cluster");
      },
      blocking: (_current, _blocked, event) => (event.target as IDBDatabase).close(),
    });
    return new ClusterStore(database);
  }

  /** The cluster that lives here; null when none does, or when what is stored is no cluster of ours. */
  async load(): Promise<StoredCluster | null> {
    return asStoredCluster(await this.#database.get("cluster", "current"));
  }

  async save(cluster: StoredCluster): Promise<void> {
    const transaction = this.#database.transaction("cluster", "readwrite", { durability: "strict" });
    await Promise.all([transaction.store.put(cluster, "current"), transaction.done]);
  }

  /** Deletes the disks of all clusters but this one. Those still open elsewhere go when they are closed. */
  async sweep(incarnation: string): Promise<void> {
    const kept = `${DISK_PREFIX}${incarnation}/`;
    const names = (await indexedDB.databases()).map(({ name }) => name ?? "");
    const stale = names.filter((name) => name.startsWith(DISK_PREFIX) && !name.startsWith(kept));
    await Promise.all(stale.map((name) => deleteDB(name)));
  }

  close(): void {
    this.#database.close();
  }
}

/** Checks what was read: a newer or older version of this page, or another script, may have written it. */
export function asStoredCluster(value: unknown): StoredCluster | null {
  const { plan, incarnation } = (value ?? {}) as Partial<StoredCluster>;
  if (typeof incarnation !== "string" || !/^[0-9a-f-]{8,64}$/.test(incarnation)) return null;
  return isPlan(plan) ? { plan, incarnation } : null;
}

/** Whether a cluster can be made from this. */
export function isPlan(value: unknown): value is ClusterPlan {
  const { size, profile, rules, seed } = (value ?? {}) as Partial<ClusterPlan>;
  return Number.isInteger(size) && size! >= 1 && size! <= MEMBER_COUNT_MAX &&
    (profile === "teaching" || profile === "etcd") && (rules === "etcd" || rules === "textbook") &&
    Number.isSafeInteger(seed) && seed! >= 0;
}
