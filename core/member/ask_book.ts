// Questions for the leader, on both ends: what this member has passed on and waits for, and what others have asked
// this one. Frames may be lost and leaders may change, so a question that can be asked twice without harm is asked
// again; the client's own patience ends it.

import type { MemberId } from "../base/ids.ts";
import type { TalkEnds } from "../wire/talk_codec.ts";

/** Questions of others that may wait here at once; beyond it they are passed over, and asked again. */
const ASKED_COUNT_MAX = 5_000;

interface Ask {
  /** The leader it was sent to; null while nobody was known to lead. */
  readonly to: MemberId | null;
  readonly atTick: number;
}

export interface AskBookState {
  readonly asks: readonly (readonly [number, Ask])[];
  readonly askers: readonly (readonly [number, TalkEnds])[];
  readonly nextNumber: number;
}

export class AskBook {
  readonly #self: { readonly id: MemberId; readonly startId: number };
  /** By the number of the client's request, which is also the number of the question. */
  #asks = new Map<number, Ask>();
  /** Who asked, by our own number of the question. */
  #askers = new Map<number, TalkEnds>();
  /** Counts down, so that it never meets a number of the host's. */
  #nextNumber = -1;

  constructor(self: { readonly id: MemberId; readonly startId: number }) {
    this.#self = self;
  }

  static restore(self: { readonly id: MemberId; readonly startId: number }, state: AskBookState): AskBook {
    const book = new AskBook(self);
    book.#asks = new Map(state.asks);
    book.#askers = new Map(state.askers);
    book.#nextNumber = state.nextNumber;
    return book;
  }

  capture(): AskBookState {
    return { asks: [...this.#asks], askers: [...this.#askers], nextNumber: this.#nextNumber };
  }

  // --- Asking --------------------------------------------------------------------------------------------------

  /** Notes a question; `asked` says where it went. */
  add(requestId: number): void {
    this.#asks.set(requestId, { to: null, atTick: 0 });
  }

  /** The ends of the talk that carries the question to `leader` now. */
  asked(requestId: number, leader: MemberId, tick: number): TalkEnds {
    this.#asks.set(requestId, { to: leader, atTick: tick });
    return { from: this.#self.id, to: leader, startId: this.#self.startId, askId: requestId };
  }

  /** The question must be asked anew: who was asked does not lead. */
  unask(requestId: number): void {
    if (this.#asks.has(requestId)) this.add(requestId);
  }

  /** False when the question is answered or given up already. */
  remove(requestId: number): boolean {
    return this.#asks.delete(requestId);
  }

  /** Whether an answer is meant for this start of this member, and still waited for. */
  awaits(ends: TalkEnds): boolean {
    return ends.startId === this.#self.startId && this.#asks.has(ends.askId);
  }

  /** The questions nobody has been asked yet. */
  unasked(): readonly number[] {
    return [...this.#asks].filter(([, { to }]) => to === null).map(([requestId]) => requestId);
  }

  /** The questions whose answer is overdue: asked at or before `tick`, or of someone who is not `leader`. */
  overdue(tick: number, leader: MemberId | null): readonly number[] {
    return [...this.#asks]
      .filter(([, { to, atTick }]) => to !== null && (atTick <= tick || to !== leader))
      .map(([requestId]) => requestId);
  }

  // --- Being asked ---------------------------------------------------------------------------------------------

  /** Notes who asked, and numbers the question; null when it is waiting here already, or too many are. */
  take({ from, to, startId, askId }: TalkEnds): number | null {
    if (this.#askers.size >= ASKED_COUNT_MAX) return null;
    for (const asker of this.#askers.values()) {
      if (asker.from === from && asker.startId === startId && asker.askId === askId) return null;
    }
    const number = this.#nextNumber--;
    this.#askers.set(number, { from, to, startId, askId });
    return number;
  }

  /** The ends of the talk that carries the answer; null when the number is not of a question from outside. */
  answered(number: number): TalkEnds | null {
    const asker = this.#askers.get(number);
    if (!asker) return null;
    this.#askers.delete(number);
    return { ...asker, from: asker.to, to: asker.from };
  }
}
