// Revisions never run against real time: whoever asks after another was answered is told of that revision or a later
// one, and a change gets a revision of its own. Seen at the very answer that cannot be.

import { isEtcdError } from "../base/etcd_error.ts";
import type { MemberId, Revision } from "../base/ids.ts";
import type { ClientRequest, ClientResponse } from "../member/io.ts";
import type { SimObserver } from "../sim/cluster_sim.ts";
import { Violation } from "./violation.ts";

/** A request under way, and the newest revision anybody had been told of when it was made. */
interface Asked {
  readonly member: MemberId;
  readonly what: string;
  readonly newest: Revision;
}

export interface RealTimeOrderState {
  readonly newest: Revision;
  readonly asked: readonly (readonly [number, Asked])[];
}

export class RealTimeOrder implements SimObserver {
  #newest: Revision;
  #asked: Map<number, Asked>;

  constructor(from?: RealTimeOrderState) {
    this.#newest = from?.newest ?? 0;
    this.#asked = new Map(from?.asked);
  }

  capture(): RealTimeOrderState {
    return { newest: this.#newest, asked: [...this.#asked] };
  }

  onRequest(requestId: number, member: MemberId, request: ClientRequest): void {
    if (!isOrdered(request)) return;
    this.#asked.set(requestId, { member, what: request.kind, newest: this.#newest });
  }

  onResponse(requestId: number, response: ClientResponse): void {
    const asked = this.#asked.get(requestId);
    if (asked === undefined) return;
    this.#asked.delete(requestId);
    if (isEtcdError(response)) return;
    const { result, header } = response;
    const revision = "revision" in result ? result.revision : header.revision;
    const changes = result.kind === "put" || (result.kind === "deleteRange" && result.deleted > 0);
    if (revision < asked.newest || (changes && revision === asked.newest)) {
      throw new Violation(
        "linearizable",
        [asked.member],
        `${asked.member} answers request ${requestId} (${asked.what}) with revision ${revision}, ` +
          `although ${asked.newest} had been told before it was asked`,
      );
    }
    this.#newest = Math.max(this.#newest, revision);
  }
}

/** Requests whose answers belong into the one order of all changes. */
function isOrdered(request: ClientRequest): boolean {
  switch (request.kind) {
    case "put":
    case "deleteRange":
    case "txn":
      return true;
    case "range":
      return !request.serializable && request.revision === 0;
    default:
      return false;
  }
}
