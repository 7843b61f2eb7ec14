// What happened lately and what is in the air: batches from many workers, made into one bounded, ordered story.

import type { MemberId } from "../../core/base/ids.ts";
import type { ClusterEvent, Flight } from "./cluster_api.ts";

export const EVENT_COUNT_MAX = 500;
/** Events kept for going back; the oldest quarter goes when there are more. */
export const ARCHIVE_COUNT_MAX = 40_000;
const FLIGHT_COUNT_MAX = 2_000;

export class Happenings {
  #events: ClusterEvent[] = [];
  readonly #archive: ClusterEvent[] = [];
  #flights: Flight[] = [];
  #nextNumber = 1;

  get events(): readonly ClusterEvent[] {
    return this.#events;
  }

  /** Every event that is kept, by time. Grows in place: for looking things up, not for frames. */
  get archive(): readonly ClusterEvent[] {
    return this.#archive;
  }

  get flights(): readonly Flight[] {
    return this.#flights;
  }

  /**
   * Batches overtake each other by some milliseconds, so an event is put where its time belongs. Its number says
   * when the page heard of it.
   */
  addEvent(atMs: number, member: MemberId | null, event: ClusterEvent["event"]): void {
    let place = this.#events.length;
    while (place > 0 && this.#events[place - 1]!.atMs > atMs) place -= 1;
    // A new list: the one before may be in a frame that somebody still draws.
    const told: ClusterEvent = { number: this.#nextNumber++, atMs, member, event };
    this.#events = this.#events.toSpliced(place, 0, told);
    keepByTime(this.#archive, told);
    if (this.#events.length > EVENT_COUNT_MAX) this.#events = this.#events.slice(-EVENT_COUNT_MAX);
  }

  addFlights(flights: readonly Flight[]): void {
    if (flights.length > 0) this.#flights = [...this.#flights, ...flights].slice(-FLIGHT_COUNT_MAX);
  }

  /** These did not land after all. */
  markLost(messageIds: readonly string[]): void {
    if (messageIds.length === 0) return;
    const lost = new Set(messageIds);
    this.#flights = this.#flights.map((flight) =>
      lost.has(flight.messageId) ? { ...flight, dropped: true } : flight
    );
  }

  /** Forgets what has landed. True when there was any. */
  expire(nowMs: number): boolean {
    const count = this.#flights.length;
    if (this.#flights.some(({ deliverAtMs }) => deliverAtMs < nowMs)) {
      this.#flights = this.#flights.filter(({ deliverAtMs }) => deliverAtMs >= nowMs);
    }
    return this.#flights.length < count;
  }

  clear(): void {
    this.#events = [];
    this.#archive.length = 0;
    this.#flights = [];
  }
}

/** Puts an event where its time belongs; nearly always that is the end. */
export function keepByTime(archive: ClusterEvent[], event: ClusterEvent): void {
  let place = archive.length;
  while (place > 0 && archive[place - 1]!.atMs > event.atMs) place -= 1;
  archive.splice(place, 0, event);
  if (archive.length > ARCHIVE_COUNT_MAX) archive.splice(0, ARCHIVE_COUNT_MAX / 4);
}
