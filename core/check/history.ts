// What clients asked of a cluster and what they were told: the cluster seen from outside. Whoever judges whether the
// answers can all be true (linearizability.ts) needs no more than this.

import { type EtcdError, isEtcdError } from "../base/etcd_error.ts";
import type { MemberId } from "../base/ids.ts";
import type { ClientRequest, ClientResponse } from "../member/io.ts";

/**
 * What a client knows of its request: "ok" happened as the answer says; "failed" did certainly not happen; "unknown"
 * may have happened, may still happen, or never will; "waiting" is as unknown, with the answer still to come.
 */
export type OperationOutcome = "ok" | "failed" | "unknown" | "waiting";

export interface ClientOperation {
  /** The run's number of the request. */
  readonly requestId: number;
  /** Who was asked. */
  readonly member: MemberId;
  readonly request: ClientRequest;
  readonly invokedAtMs: number;
  readonly returnedAtMs: number | null;
  /** Places in the order of all invocations and answers: tells apart what falls on one millisecond. */
  readonly invokedAt: number;
  readonly returnedAt: number | null;
  readonly response: ClientResponse | null;
  readonly outcome: OperationOutcome;
}

export interface ClientHistoryState {
  readonly operations: readonly ClientOperation[];
  readonly nextPlace: number;
}

/** Collects the operations of a run in the order they were invoked. */
export class ClientHistory {
  readonly #operations: ClientOperation[];
  readonly #places = new Map<number, number>();
  #nextPlace: number;

  constructor(from?: ClientHistoryState) {
    this.#operations = from ? [...from.operations] : [];
    this.#nextPlace = from?.nextPlace ?? 0;
    this.#operations.forEach(({ requestId }, place) => this.#places.set(requestId, place));
  }

  capture(): ClientHistoryState {
    return { operations: [...this.#operations], nextPlace: this.#nextPlace };
  }

  get operations(): readonly ClientOperation[] {
    return this.#operations;
  }

  operation(requestId: number): ClientOperation | null {
    return this.#operations[this.#places.get(requestId) ?? -1] ?? null;
  }

  /** A client asks. Each request number is used once. */
  invoked(asked: { requestId: number; member: MemberId; request: ClientRequest; atMs: number }): void {
    const { requestId, member, request, atMs } = asked;
    this.#places.set(requestId, this.#operations.length);
    this.#operations.push({
      requestId,
      member,
      request,
      invokedAtMs: atMs,
      returnedAtMs: null,
      invokedAt: this.#nextPlace++,
      returnedAt: null,
      response: null,
      outcome: "waiting",
    });
  }

  /** A client is answered. An answer to a request that is not of this history changes nothing. */
  returned(requestId: number, response: ClientResponse, atMs: number): void {
    const place = this.#places.get(requestId);
    if (place === undefined || this.#operations[place]!.outcome !== "waiting") return;
    const operation = this.#operations[place]!;
    this.#operations[place] = {
      ...operation,
      returnedAtMs: atMs,
      returnedAt: this.#nextPlace++,
      response,
      outcome: isEtcdError(response) ? outcomeOfError(response) : "ok",
    };
  }
}

/** Refusals that are certain although their code also stands for doubt. */
const CERTAIN_MESSAGES = new Set(["connection refused", "etcdserver: not leader", "etcdserver: no leader"]);

/** Whether an error leaves open what became of the request. (gRPC's and etcd's rule for "may I try again?") */
export function outcomeOfError({ code, message }: EtcdError): "failed" | "unknown" {
  if (CERTAIN_MESSAGES.has(message)) return "failed";
  switch (code) {
    case "unavailable":
    case "unknown":
    case "cancelled":
    case "deadlineExceeded":
    case "aborted":
    case "internal":
    case "dataLoss":
      return "unknown";
    default:
      return "failed";
  }
}
