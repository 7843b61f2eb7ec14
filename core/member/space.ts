// How much room the keys take, and whether more may be written. A real etcd keeps them in one file that grows with
// use, is reused after compaction, and shrinks only when it is defragmented; the quota is held against that file.
// Our store has no such file. Operators' habits (compact, defragment, disarm) rest on the numbers all the same, so the
// size is kept as the file's would be: the most that was ever in use since the last defragmentation, or since the
// start, as a start reads everything anew. (etcdserver/quota.go)

import type { LogRequest } from "../wire/request_codec.ts";

/** etcd's estimates of what a key and a lease cost beside their bytes. */
const KEY_OVERHEAD_BYTES = 256;
const LEASE_OVERHEAD_BYTES = 64;

export class Space {
  #fileBytes: number;

  constructor(fileBytes = 0) {
    this.#fileBytes = fileBytes;
  }

  /** Size of the database file. */
  get fileBytes(): number {
    return this.#fileBytes;
  }

  /** Must be told whenever the store may have grown. */
  note(inUseBytes: number): void {
    this.#fileBytes = Math.max(this.#fileBytes, inUseBytes);
  }

  defragment(inUseBytes: number): void {
    this.#fileBytes = inUseBytes;
  }

  /** @param quotaBytes 0 or less: no limit. */
  hasRoomFor(request: { readonly kind: string }, quotaBytes: number): boolean {
    const costBytes = costOf(request as LogRequest);
    return quotaBytes <= 0 || costBytes === 0 || this.#fileBytes + costBytes < quotaBytes;
  }
}

/** What a request may add to the file; 0 for all that adds nothing. Deletions and compactions are always free. */
export function costOf(request: LogRequest): number {
  switch (request.kind) {
    case "put":
      return KEY_OVERHEAD_BYTES + request.key.length + request.value.length;
    case "txn": {
      const [success = 0, failure = 0] = [request.success, request.failure].map((ops) =>
        // etcd does not look into nested transactions.
        ops.reduce((sum, op) => sum + (op.kind === "put" ? costOf(op) : 0), 0)
      );
      return Math.max(success, failure);
    }
    case "leaseGrant":
      return LEASE_OVERHEAD_BYTES;
    default:
      return 0;
  }
}
