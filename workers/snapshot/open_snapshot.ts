/// <reference lib="dom" />
// A page's handle on a snapshot: the file goes to a worker and stays there. Nothing leaves the tab.

import { type Remote, transfer, wrap } from "comlink";
import type { SnapshotApi, SnapshotOpening } from "./snapshot_protocol.ts";

/** Files larger than this are refused unread: a tab has about that much memory to give, twice over. */
export const SNAPSHOT_BYTES_MAX = 512 * 1024 * 1024;

export class OpenSnapshot {
  readonly #worker: Worker;
  readonly api: Remote<SnapshotApi>;
  /** Rejects when the worker cannot be loaded or dies. */
  readonly #lost: Promise<never>;

  constructor() {
    this.#worker = new Worker(new URL("./snapshot_worker.ts", import.meta.url), {
      type: "module",
      name: "flotilla-snapshot",
    });
    this.#lost = new Promise((_, reject) => {
      this.#worker.onerror = ({ message }) => reject(new Error(message || "the worker could not be loaded"));
    });
    this.#lost.catch(() => {});
    this.api = wrap<SnapshotApi>(this.#worker);
  }

  async open(file: Blob, skipHashCheck: boolean): Promise<SnapshotOpening> {
    const buffer = await file.arrayBuffer();
    return await Promise.race([this.api.open(transfer(buffer, [buffer]), skipHashCheck), this.#lost]);
  }

  close(): void {
    this.#worker.terminate();
  }
}
