// Chooses what to say. Events come faster than anyone can read, so a caption stands for a while unless a weightier one
// comes; assistive technology hears at most one sentence in two seconds.

import type { ClusterFrame } from "../../workers/browser/cluster_api.ts";
import { type Fact, FactTeller, weightOf } from "./facts.ts";

const DWELL_MS = 1600;
const SPOKEN_INTERVAL_MS = 2000;

export class Narrator {
  /** What the caption on the stage says; null before anything happened. */
  caption: Fact | null = $state.raw(null);
  /** What assistive technology hears. */
  spoken: Fact | null = $state.raw(null);
  /** Number of the newest event that has been told. */
  eventNumber = $state(0);

  readonly #teller = new FactTeller();
  readonly #realNow: () => number;
  #captionAtMs = Number.NEGATIVE_INFINITY;
  #spokenAtMs = Number.NEGATIVE_INFINITY;
  #waiting: Fact | null = null;
  #unspoken: Fact | null = null;
  #retry: ReturnType<typeof setTimeout> | null = null;

  constructor(realNow: () => number) {
    this.#realNow = realNow;
  }

  /** Reads the events of a frame that have not been told yet. Returns the facts in them, oldest first. */
  take(frame: ClusterFrame): readonly Fact[] {
    const facts: Fact[] = [];
    // Events stand in the order of their time, numbers in the order they were heard of: a late one is still new.
    let last = this.eventNumber;
    for (const event of frame.events) {
      if (event.number <= this.eventNumber) continue;
      last = Math.max(last, event.number);
      const fact = this.#teller.tell(event, frame);
      if (fact !== null) facts.push(fact);
    }
    if (last !== this.eventNumber) this.eventNumber = last;
    for (const fact of facts) this.#offer(fact);
    this.#settle();
    return facts;
  }

  /** Another run comes on stage: what it has lived through already is not told. */
  skipTo(eventNumber: number): void {
    this.reset();
    this.eventNumber = eventNumber;
  }

  /** Forgets everything: another cluster begins. */
  reset(): void {
    this.caption = null;
    this.#waiting = null;
  }

  #offer(fact: Fact): void {
    // The newest wins among equals: a caption that lags behind the picture is worse than one left out.
    if (this.#waiting === null || weightOf(fact) >= weightOf(this.#waiting)) this.#waiting = fact;
    if (this.#unspoken === null || weightOf(fact) >= weightOf(this.#unspoken)) this.#unspoken = fact;
  }

  #settle(): void {
    const now = this.#realNow();
    if (this.#waiting !== null) {
      const shownFor = now - this.#captionAtMs;
      const weightier = this.caption === null || weightOf(this.#waiting) > weightOf(this.caption);
      if (weightier || shownFor >= DWELL_MS) {
        this.caption = this.#waiting;
        this.#captionAtMs = now;
        this.#waiting = null;
      } else {
        // A paused cluster sends no frame that would settle this.
        this.#retry ??= setTimeout(() => {
          this.#retry = null;
          this.#settle();
        }, DWELL_MS - shownFor);
      }
    }
    if (this.#unspoken !== null && now - this.#spokenAtMs >= SPOKEN_INTERVAL_MS) {
      this.spoken = this.#unspoken;
      this.#spokenAtMs = now;
      this.#unspoken = null;
    }
  }
}
