// Linearizable reads, many to a round. Reads that arrive while a round is asking the quorum wait and share the next
// one, so that a thousand readers cost one exchange of heartbeats, as in etcd's linearizableReadLoop. (Thesis §6.4)
//
//   waiting ──startRound──▶ asking ──confirmed(index)──▶ ready ──served when applied >= index──▶ gone

import { fromUtf8, utf8 } from "../base/bytes.ts";
import type { LogIndex } from "../base/ids.ts";

export interface ReadQueueState {
  readonly waiting: readonly number[];
  readonly asking:
    | { readonly round: number; readonly requestIds: readonly number[]; readonly ticks: number }
    | null;
  readonly ready: readonly { readonly index: LogIndex; readonly requestIds: readonly number[] }[];
  readonly nextRound: number;
}

export class ReadQueue {
  #waiting: number[] = [];
  #asking: { round: number; requestIds: readonly number[]; ticks: number } | null = null;
  #ready: { index: LogIndex; requestIds: readonly number[] }[] = [];
  #nextRound = 1;

  static restore(state: ReadQueueState): ReadQueue {
    const queue = new ReadQueue();
    queue.#waiting = [...state.waiting];
    queue.#asking = state.asking ? { ...state.asking } : null;
    queue.#ready = [...state.ready];
    queue.#nextRound = state.nextRound;
    return queue;
  }

  capture(): ReadQueueState {
    return {
      waiting: [...this.#waiting],
      asking: this.#asking ? { ...this.#asking } : null,
      ready: [...this.#ready],
      nextRound: this.#nextRound,
    };
  }

  add(requestId: number): void {
    this.#waiting.push(requestId);
  }

  /** The number of a round that should be asked for now, or null while one is under way or nobody waits. */
  startRound(): number | null {
    if (this.#asking || this.#waiting.length === 0) return null;
    this.#asking = { round: this.#nextRound++, requestIds: this.#waiting, ticks: 0 };
    this.#waiting = [];
    return this.#asking.round;
  }

  /** The round could not even be asked for (no leader): its reads wait again. */
  postponeRound(): void {
    if (!this.#asking) return;
    this.#waiting = [...this.#asking.requestIds, ...this.#waiting];
    this.#asking = null;
  }

  /** A quorum answered `round`: its reads may be served once `index` is applied. Late answers of lost rounds are void. */
  confirmed(round: number, index: LogIndex): void {
    if (this.#asking?.round !== round) return;
    this.#ready.push({ index, requestIds: this.#asking.requestIds });
    this.#asking = null;
  }

  /** Counts a tick; a round that got no answer for `ticksMax` is asked for anew, as its messages may be lost. */
  tick(ticksMax: number): void {
    if (!this.#asking) return;
    this.#asking.ticks += 1;
    if (this.#asking.ticks >= ticksMax) this.postponeRound();
  }

  /** Takes out the reads that may be served at `applied`. */
  takeServable(applied: LogIndex): number[] {
    const servable: number[] = [];
    this.#ready = this.#ready.filter((batch) => {
      if (batch.index > applied) return true;
      servable.push(...batch.requestIds);
      return false;
    });
    return servable;
  }
}

/** Names a round on the wire. The tag is of this start of the member: an answer to an earlier one would be too old. */
export function roundContext(startTag: string, round: number): Uint8Array {
  return utf8(`${startTag}/${round}`);
}

/** The round that a read's context names; null when it is of another start. */
export function roundOf(startTag: string, context: Uint8Array): number | null {
  const text = fromUtf8(context);
  return text.startsWith(`${startTag}/`) ? Number(text.slice(startTag.length + 1)) : null;
}
