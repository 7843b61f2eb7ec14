/// <reference lib="dom" />
// The page behind the tests that need single modules in a real browser: it offers them on `window.harness`.

import { deleteDB, openDB } from "idb";
import type { DiskImage, DiskOp } from "../../../core/base/disk.ts";
import { runHunt } from "../../../core/check/hunt.ts";
import type { ClusterPlan } from "../../../workers/browser/cluster_api.ts";
import { ClusterHost } from "../../../workers/browser/cluster_host.ts";
import { IndexedDbDisk } from "../../../workers/browser/indexeddb_disk.ts";
import { holdLock } from "../../../workers/browser/locks.ts";
import { DISK_CONTRACT, type DiskBench } from "../../contracts/disk_contract.ts";
import { countRecords } from "./records.ts";

export const harness = {
  holdLock,
  cluster: null as ClusterHost | null,

  /** Opens the cluster of this browser; the trouble's name where there is one. */
  async openCluster(plan: Partial<ClusterPlan>): Promise<string> {
    const opened = await ClusterHost.open(plan);
    if (opened.kind === "trouble") return opened.trouble;
    harness.cluster = opened.cluster;
    return "open";
  },

  /** The names of the runs of these seeds, as this engine plays them. */
  traceHashes: (seeds: readonly number[]): string[] => seeds.map((seed) => runHunt(seed).traceHash),

  contractNames: DISK_CONTRACT.map(({ name }) => name),

  /** Runs one case of the contract on a database of its own; the complaint, or null when it passed. */
  async runContract(name: string): Promise<string | null> {
    const databaseName = `contract/${crypto.randomUUID()}`;
    const opened: IndexedDbDisk[] = [];
    const bench: DiskBench = {
      open: async () => {
        const disk = await openOrThrow(databaseName);
        opened.push(disk.disk);
        return disk;
      },
      dispose: async () => {
        for (const disk of opened) disk.close();
        await deleteDB(databaseName);
      },
    };
    try {
      await DISK_CONTRACT.find((each) => each.name === name)!.run(bench);
      return null;
    } catch (error) {
      return (error as Error).message;
    } finally {
      await bench.dispose();
    }
  },

  /** Appends one byte at a time; the chunks that are left after the disk was opened again, and its bytes. */
  async chunksAfterReopening(
    name: string,
    appendCount: number,
  ): Promise<{ chunkCount: number; bytes: number[] }> {
    const first = await openOrThrow(name);
    const ops = Array.from({ length: appendCount }, (_, at): DiskOp => {
      return { kind: "append", file: "f", offsetBytes: at, bytes: Uint8Array.of(at & 0xff) };
    });
    await new Promise<void>((resolve, reject) => first.disk.write({ writeId: 1, ops }, resolve, reject));
    first.disk.close();
    const second = await openOrThrow(name);
    second.disk.close();
    const database = await openDB(name);
    const chunkCount = await database.count("chunks");
    database.close();
    return { chunkCount, bytes: [...second.image.get("f") ?? []] };
  },

  /** What a disk says of a write that comes after somebody else deleted its database. */
  async writeAfterDeletion(name: string): Promise<string> {
    const { disk } = await openOrThrow(name);
    await deleteDB(name);
    return await new Promise((resolve) => {
      const bytes = Uint8Array.of(1);
      const ops: DiskOp[] = [{ kind: "append", file: "f", offsetBytes: 0, bytes }];
      disk.write({ writeId: 1, ops }, () => resolve("written"), resolve);
    });
  },

  /** Puts something between the chunks that no member wrote. */
  async tamper(name: string, key: IDBValidKey, value: unknown): Promise<void> {
    const database = await openDB(name);
    await database.put("chunks", value, key);
    database.close();
  },

  /**
   * Lets a worker write records as fast as it can, terminates it after some time, and opens its disk again.
   * @returns records told to be durable before the end, and records found afterwards; or why there is none.
   */
  async crashWhileWriting(name: string, afterMs: number): Promise<{ told: number; found: number } | string> {
    const worker = new Worker(new URL("./writing_worker.ts", import.meta.url), { type: "module" });
    let told = 0;
    const isWriting = new Promise<void>((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<number | string>) => {
        if (typeof event.data === "string") return reject(new Error(event.data));
        told = event.data;
        resolve();
      };
      worker.onerror = (event) => reject(new Error(event.message));
    });
    worker.postMessage(name);
    await isWriting;
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    worker.terminate();
    const toldAtEnd = told;
    const opened = await IndexedDbDisk.open(name);
    if (opened.kind === "failed") return opened.why;
    opened.disk.close();
    const found = countRecords(opened.image.get("records") ?? new Uint8Array(0));
    return found === null ? "the records on disk are not the ones written" : { told: toldAtEnd, found };
  },
};

async function openOrThrow(name: string): Promise<{ disk: IndexedDbDisk; image: DiskImage }> {
  const opened = await IndexedDbDisk.open(name);
  if (opened.kind === "failed") throw new Error(opened.why);
  return opened;
}

export type Harness = typeof harness;

(globalThis as unknown as { harness: Harness }).harness = harness;
