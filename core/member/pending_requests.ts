// Who waits for what. A request waits under the host's number, or, when another member asked, under a negative one of
// our own; one that went through the log also under the id its entry carries, by which the member knows its own when
// the entry is applied.

import type { Credentials } from "../auth/requests.ts";
import type { Revision } from "../base/ids.ts";
import type { ClientRequest } from "./io.ts";

export interface PendingRequest {
  readonly requestId: number;
  readonly request: ClientRequest;
  /** Null when nobody said who asks. */
  readonly credentials: Credentials | null;
  /** The store's when the request came. */
  readonly revision: Revision;
  /** The tick at which the client is told "request timed out". What was proposed may still happen. */
  readonly deadlineTick: number;
  /** Id inside the log entry, 16 hex digits; null for reads. */
  readonly entryId: string | null;
}

export class PendingRequests {
  readonly #byRequestId = new Map<number, PendingRequest>();
  readonly #byEntryId = new Map<string, number>();

  static restore(state: readonly PendingRequest[]): PendingRequests {
    const pending = new PendingRequests();
    for (const request of state) pending.add(request);
    return pending;
  }

  /** In order of arrival. */
  capture(): readonly PendingRequest[] {
    return [...this.#byRequestId.values()];
  }

  get count(): number {
    return this.#byRequestId.size;
  }

  add(pending: PendingRequest): void {
    this.#byRequestId.set(pending.requestId, pending);
    if (pending.entryId !== null) this.#byEntryId.set(pending.entryId, pending.requestId);
  }

  get(requestId: number): PendingRequest | undefined {
    return this.#byRequestId.get(requestId);
  }

  /** Takes out the request whose entry has come back through the log; undefined when it is not ours or gave up. */
  takeByEntryId(entryId: string): PendingRequest | undefined {
    const requestId = this.#byEntryId.get(entryId);
    return requestId === undefined ? undefined : this.take(requestId);
  }

  take(requestId: number): PendingRequest | undefined {
    const pending = this.#byRequestId.get(requestId);
    if (!pending) return undefined;
    this.#byRequestId.delete(requestId);
    if (pending.entryId !== null) this.#byEntryId.delete(pending.entryId);
    return pending;
  }

  /** Takes out every request whose deadline has come, oldest first. */
  takeExpired(tick: number): PendingRequest[] {
    const expired: PendingRequest[] = [];
    for (const pending of this.#byRequestId.values()) {
      // Every request is given the same patience, so the map is in order of deadline.
      if (pending.deadlineTick > tick) break;
      expired.push(pending);
    }
    for (const pending of expired) this.take(pending.requestId);
    return expired;
  }
}
