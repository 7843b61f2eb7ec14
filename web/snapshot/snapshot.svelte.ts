// The snapshot that is open on the page, and what is asked of it.

import { OpenSnapshot, SNAPSHOT_BYTES_MAX } from "../../workers/snapshot/open_snapshot.ts";
import type { KeyVersion, SnapshotKey, SnapshotSummary } from "../../workers/snapshot/snapshot_protocol.ts";

/** Keys asked for at once. */
export const KEYS_PER_PAGE = 100;

export type SnapshotState =
  | { readonly kind: "none" }
  | { readonly kind: "reading"; readonly file: File }
  | { readonly kind: "tooLarge"; readonly file: File }
  | {
    readonly kind: "trouble";
    readonly file: File;
    readonly says: string;
    readonly canSkipHash: boolean;
  }
  /** The worker is gone, not the file wrong. */
  | { readonly kind: "broken"; readonly why: string }
  | { readonly kind: "open"; readonly file: File; readonly summary: SnapshotSummary };

export class SnapshotView {
  state: SnapshotState = $state.raw({ kind: "none" });
  search = $state("");
  keys: readonly SnapshotKey[] = $state.raw([]);
  total = $state(0);
  chosen: string | null = $state(null);
  versions: readonly KeyVersion[] = $state.raw([]);
  #open: OpenSnapshot | null = null;
  /** Counts questions: a late answer to an old one is not shown. */
  #asked = 0;

  async read(file: File, skipHashCheck = false): Promise<void> {
    this.#reset();
    if (file.size > SNAPSHOT_BYTES_MAX) {
      this.state = { kind: "tooLarge", file };
      return;
    }
    this.state = { kind: "reading", file };
    try {
      const open = this.#open = new OpenSnapshot();
      const opening = await open.open(file, skipHashCheck);
      if (this.#open !== open) return;
      if (opening.kind === "trouble") {
        const { says, canSkipHash } = opening;
        this.state = { kind: "trouble", file, says, canSkipHash };
        return;
      }
      this.state = { kind: "open", file, summary: opening };
      await this.find("");
    } catch (error) {
      this.state = { kind: "broken", why: error instanceof Error ? error.message : String(error) };
    }
  }

  async find(contains: string): Promise<void> {
    this.search = contains;
    const page = await this.#ask(contains, 0);
    if (page === null) return;
    this.keys = page.keys;
    this.total = page.total;
  }

  async more(): Promise<void> {
    const page = await this.#ask(this.search, this.keys.length);
    if (page !== null) this.keys = [...this.keys, ...page.keys];
  }

  /** Shows one key's history, or puts it away. */
  async choose(hex: string): Promise<void> {
    this.versions = [];
    this.chosen = this.chosen === hex ? null : hex;
    if (this.chosen === null || this.#open === null) return;
    const versions = await this.#open.api.versions(hex);
    if (this.chosen === hex) this.versions = versions;
  }

  /** First disks for a cluster of these members. */
  async disks(
    ...args: Parameters<OpenSnapshot["api"]["disks"]>
  ): Promise<ReturnType<OpenSnapshot["api"]["disks"]>> {
    if (this.#open === null) throw new Error("no snapshot is open");
    return await this.#open.api.disks(...args);
  }

  async #ask(contains: string, from: number) {
    const asked = ++this.#asked;
    const page = await this.#open?.api.keys(contains, from, KEYS_PER_PAGE);
    return asked === this.#asked && page !== undefined ? page : null;
  }

  #reset(): void {
    this.#open?.close();
    this.#open = null;
    this.#asked += 1;
    this.search = "";
    this.keys = [];
    this.total = 0;
    this.chosen = null;
    this.versions = [];
  }
}
