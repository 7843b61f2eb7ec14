// What a disk is to the core: a handful of named files, changed by operations that travel in one write. The host
// decides what a file is (an IndexedDB key range, a real file, a byte array in the simulator); the core decides
// every byte and every order.

/** The files as they stood when the host opened the disk. Names use "/" and need no directories to exist. */
export type DiskImage = ReadonlyMap<string, Uint8Array>;

export type DiskOp =
  /** Bytes at the tail: `offsetBytes` is the file's size before. A file that does not exist has size 0. */
  | {
    readonly kind: "append";
    readonly file: string;
    readonly offsetBytes: number;
    readonly bytes: Uint8Array;
  }
  | { readonly kind: "truncate"; readonly file: string; readonly sizeBytes: number }
  /** The whole file at once: after a crash it holds the old bytes or the new ones, never a mixture. */
  | { readonly kind: "replace"; readonly file: string; readonly bytes: Uint8Array }
  | { readonly kind: "remove"; readonly file: string };

/**
 * Operations that become durable together, in this order: a crash keeps a prefix of them, the last one possibly
 * torn at any byte. `writeId` grows by one with each write of a member.
 */
export interface DiskWrite {
  readonly writeId: number;
  readonly ops: readonly DiskOp[];
}
