// Linearizable reads without writing to the log (thesis §6.4): the leader notes its commit index, makes sure that it
// still leads by a round of heartbeats, and then lets the read be served once that index is applied. Reads are numbered
// in the order they came; a heartbeat names the newest, so one round confirms all that were waiting. etcd's readOnly.

import { EMPTY_BYTES } from "../base/bytes.ts";
import type { LogIndex, MemberId } from "../base/ids.ts";
import { quorumIndex, type Voters } from "./quorum.ts";

/** Reads a leader keeps waiting before it refuses more. */
export const READS_WAITING_MAX = 65536;

export interface ReadRequest {
  /** Who asks: this member itself, or the follower that forwarded it. */
  readonly from: MemberId;
  readonly context: Uint8Array;
}

export interface ReadGrant extends ReadRequest {
  readonly index: LogIndex;
}

export interface ReadQueueCapture {
  readonly postponed: readonly ReadRequest[];
  readonly unconfirmed: readonly ReadGrant[];
  readonly confirmedCount: number;
  readonly acks: ReadonlyMap<MemberId, number>;
}

/** The reads a leader is working on. A new term begins with an empty one. */
export class ReadQueue {
  /** Came before the leader had committed in its term: only then is its commit index known to be the newest. */
  #postponed: ReadRequest[] = [];
  #unconfirmed: ReadGrant[] = [];
  /** Reads confirmed in this term; the number of the oldest unconfirmed one is one more. */
  #confirmedCount = 0;
  /** By member, the newest read it has confirmed our leadership for. */
  #acks = new Map<MemberId, number>();

  get waitingCount(): number {
    return this.#postponed.length + this.#unconfirmed.length;
  }

  isFull(): boolean {
    return this.waitingCount >= READS_WAITING_MAX;
  }

  postpone(request: ReadRequest): void {
    this.#postponed.push(request);
  }

  takePostponed(): readonly ReadRequest[] {
    const requests = this.#postponed;
    this.#postponed = [];
    return requests;
  }

  /** A read that may be served at `index` once this leadership is confirmed. */
  add(request: ReadRequest, index: LogIndex): void {
    this.#unconfirmed.push({ ...request, index });
  }

  /** The newest read's number as heartbeats carry it (8 bytes, little endian); empty when no read waits. */
  heartbeatContext(): Uint8Array {
    if (this.#unconfirmed.length === 0) return EMPTY_BYTES;
    const bytes = new Uint8Array(8);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(this.#newest()), true);
    return bytes;
  }

  #newest(): number {
    return this.#confirmedCount + this.#unconfirmed.length;
  }

  /** `from` has answered a heartbeat that carried `context`. */
  acknowledge(from: MemberId, context: Uint8Array): void {
    if (context.length !== 8) return;
    const number = Number(new DataView(context.buffer, context.byteOffset, 8).getBigUint64(0, true));
    this.#acks.set(from, Math.max(this.#acks.get(from) ?? 0, number));
  }

  /**
   * Takes out the reads that a quorum has now confirmed, oldest first.
   * @param quorumOf how many voters decide.
   */
  takeConfirmed(config: Voters, quorumOf: (voterCount: number) => number): readonly ReadGrant[] {
    const confirmed = Math.min(quorumIndex(config, (id) => this.#acks.get(id), quorumOf), this.#newest());
    if (confirmed <= this.#confirmedCount) return [];
    const grants = this.#unconfirmed.splice(0, confirmed - this.#confirmedCount);
    this.#confirmedCount = confirmed;
    return grants;
  }

  capture(): ReadQueueCapture {
    return {
      postponed: this.#postponed.slice(),
      unconfirmed: this.#unconfirmed.slice(),
      confirmedCount: this.#confirmedCount,
      acks: new Map(this.#acks),
    };
  }

  static restore(capture: ReadQueueCapture): ReadQueue {
    const queue = new ReadQueue();
    queue.#postponed = capture.postponed.slice();
    queue.#unconfirmed = capture.unconfirmed.slice();
    queue.#confirmedCount = capture.confirmedCount;
    queue.#acks = new Map(capture.acks);
    return queue;
  }
}
