// A disk that lies no more than a real one may: writes take time, a crash keeps any prefix of what was not yet
// reported, torn at any byte. What it has reported durable stays. A full disk refuses.

import { assert } from "../base/assert.ts";
import { clonePlain } from "../base/clone.ts";
import { concatBytes } from "../base/bytes.ts";
import type { DiskImage, DiskOp, DiskWrite } from "../base/disk.ts";
import type { Prng } from "../base/prng.ts";

export interface SimDiskState {
  /** Each file as the chunks it was appended in. */
  readonly files: Map<string, Uint8Array[]>;
  readonly pending: DiskWrite | null;
  /** Where the newest write begins in each file it touched. */
  readonly newest: Map<string, number>;
}

export class SimDisk {
  #files = new Map<string, Uint8Array[]>();
  #pending: DiskWrite | null = null;
  #newest = new Map<string, number>();
  #writtenBytes = 0;

  static restore(state: SimDiskState): SimDisk {
    const disk = new SimDisk();
    disk.#files = clonePlain(state.files);
    disk.#pending = state.pending;
    disk.#newest = new Map(state.newest);
    return disk;
  }

  capture(): SimDiskState {
    return { files: clonePlain(this.#files), pending: this.#pending, newest: new Map(this.#newest) };
  }

  get writtenBytes(): number {
    return this.#writtenBytes;
  }

  /** Takes a write that will be durable when `complete` is called for it. */
  begin(write: DiskWrite): void {
    assert(
      this.#pending === null,
      () => `write ${write.writeId} while ${this.#pending?.writeId} is in flight`,
    );
    this.#pending = write;
  }

  complete(writeId: number): void {
    assert(
      this.#pending?.writeId === writeId,
      () => `completing ${writeId}, pending ${this.#pending?.writeId}`,
    );
    this.#newest.clear();
    for (const op of this.#pending!.ops) this.#perform(op);
    this.#pending = null;
  }

  /**
   * Power goes out. Of the write in flight, a prefix of operations survives; the one after it is torn: of an append
   * any number of its bytes are there, a `replace` is whole or not at all.
   */
  crash(prng: Prng): void {
    const write = this.#pending;
    this.#pending = null;
    if (!write) return;
    this.#newest.clear();
    const survivingCount = prng.below(write.ops.length + 1);
    for (const op of write.ops.slice(0, survivingCount)) this.#perform(op);
    const torn = write.ops[survivingCount];
    if (torn?.kind !== "append" || torn.bytes.length === 0) return;
    const bytes = torn.bytes.slice(0, prng.below(torn.bytes.length));
    // Some file systems extend the file first and fill it later: the rest may read as zeros.
    const zeros = prng.chance(250) ? new Uint8Array(prng.below(torn.bytes.length - bytes.length + 1)) : [];
    this.#perform({ ...torn, bytes: concatBytes([bytes, Uint8Array.from(zeros)]) });
  }

  /** An empty disk in its place. */
  wipe(): void {
    this.#files.clear();
    this.#newest.clear();
    this.#pending = null;
  }

  /**
   * Changes durable bytes: one bit flips, or a stretch is overwritten by bytes from elsewhere on this disk. The newest
   * write is spared, because there rot may pass for a tear, which no member can tell.
   * @returns why nothing was changed, or null.
   */
  corrupt(how: "rot" | "misdirect", prng: Prng): string | null {
    const files = [...this.image()].flatMap(([file, bytes]) => {
      const settledBytes = this.#newest.get(file) ?? bytes.length;
      return settledBytes > 0 ? [{ file, bytes, settledBytes }] : [];
    });
    if (files.length === 0) return "there is nothing to corrupt";
    const { file, bytes, settledBytes } = prng.pick(files);
    const corrupted = bytes.slice();
    const at = prng.below(settledBytes);
    if (how === "rot") corrupted[at]! ^= 1 << prng.below(8);
    else {
      const source = prng.pick(files).bytes;
      const stray = source.subarray(prng.below(source.length)).subarray(0, settledBytes - at).slice(0, 512);
      corrupted.set(stray, at);
    }
    this.#files.set(file, [corrupted]);
    return null;
  }

  /** The files as a host would find them when opening this disk. */
  image(): DiskImage {
    const names = [...this.#files.keys()].sort();
    return new Map(names.map((name) => [name, concatBytes(this.#files.get(name)!)]));
  }

  #perform(op: DiskOp): void {
    switch (op.kind) {
      case "append": {
        const chunks = this.#files.get(op.file) ?? [];
        const sizeBytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        assert(
          sizeBytes === op.offsetBytes,
          () => `append to ${op.file} at ${op.offsetBytes}, its size is ${sizeBytes}`,
        );
        // Keep the chunk list short: a long one would make every append a walk.
        this.#files.set(
          op.file,
          chunks.length < 64 ? [...chunks, op.bytes] : [concatBytes([...chunks, op.bytes])],
        );
        this.#writtenBytes += op.bytes.length;
        if (!this.#newest.has(op.file)) this.#newest.set(op.file, op.offsetBytes);
        break;
      }
      case "truncate": {
        const whole = concatBytes(this.#files.get(op.file) ?? []);
        this.#files.set(op.file, [whole.slice(0, op.sizeBytes)]);
        break;
      }
      case "replace":
        this.#files.set(op.file, [op.bytes]);
        this.#newest.set(op.file, 0);
        this.#writtenBytes += op.bytes.length;
        break;
      case "remove":
        this.#files.delete(op.file);
        break;
    }
  }
}
