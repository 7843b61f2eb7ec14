// What a worker has to do at which virtual instant: ticks, frames that land, receipts. One real timer serves the
// earliest of them and is set anew whenever the clock or the list changes, so pausing, speeding up and slowing down
// need no further care anywhere.

import { Heap } from "../../core/base/heap.ts";
import type { FollowingClock } from "./virtual_clock.ts";

/** The part of a clock that an agenda needs. */
type AgendaClock = Pick<FollowingClock, "now" | "realMsUntil">;

export interface Timers {
  set(callback: () => void, realMs: number): number;
  clear(timer: number): void;
}

/** The platform's own; a test brings others. */
const PLATFORM_TIMERS: Timers = {
  set: (callback, realMs) => setTimeout(callback, realMs) as unknown as number,
  clear: (timer) => clearTimeout(timer),
};

interface Item {
  readonly atMs: number;
  readonly number: number;
  readonly act: () => void;
}

export class Agenda {
  readonly #clock: AgendaClock;
  readonly #timers: Timers;
  readonly #items = new Heap<Item>((a, b) => a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number));
  #nextNumber = 0;
  #timer: number | null = null;
  #isFrozen = false;

  constructor(clock: AgendaClock, timers: Timers = PLATFORM_TIMERS) {
    this.#clock = clock;
    this.#timers = timers;
  }

  /** Acts as soon as virtual time has reached `atMs`, in order of time, then of asking; never within this call. */
  at(atMs: number, act: () => void): void {
    this.#items.push({ atMs, number: this.#nextNumber++, act });
    if (this.#items.peek()!.number === this.#nextNumber - 1) this.#setTimer();
  }

  /**
   * Acts every `periodMs`. However late, it acts once and counts on from then: a worker that slept must not have its
   * member live through all the missed ticks in one go, which would start elections.
   */
  every(periodMs: number, firstAtMs: number, act: () => void): void {
    this.at(firstAtMs, () => {
      const nextMs = firstAtMs + periodMs;
      this.every(periodMs, nextMs > this.#clock.now() ? nextMs : this.#clock.now() + periodMs, act);
      act();
    });
  }

  /** To be called after the clock took a notice: the same virtual instant is now at another real one. */
  clockChanged(): void {
    this.#setTimer();
  }

  /** Nothing is done until `thaw`; what falls due meanwhile waits. */
  freeze(): void {
    this.#isFrozen = true;
    this.#setTimer();
  }

  thaw(): void {
    this.#isFrozen = false;
    this.#setTimer();
  }

  #setTimer(): void {
    if (this.#timer !== null) this.#timers.clear(this.#timer);
    this.#timer = null;
    const next = this.#items.peek();
    if (next === undefined || this.#isFrozen) return;
    // Null: the lease of time does not reach that far. The next notice sets the timer.
    const waitMs = this.#clock.realMsUntil(next.atMs);
    if (waitMs !== null) this.#timer = this.#timers.set(() => this.#strike(), Math.ceil(waitMs));
  }

  #strike(): void {
    this.#timer = null;
    // Looked at once: what the actions ask for at this very instant is done in the next strike, after others had
    // their turn.
    const nowMs = this.#clock.now();
    const due: Item[] = [];
    for (let item = this.#items.peek(); item !== undefined && item.atMs <= nowMs; item = this.#items.peek()) {
      due.push(item);
      this.#items.pop();
    }
    try {
      for (const { act } of due) act();
    } finally {
      this.#setTimer();
    }
  }
}
