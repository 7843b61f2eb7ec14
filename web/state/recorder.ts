// What the drawers look back on: the messages and events of the last while, as the frames told them, each once. Kept
// from the start, because a drawer that is opened after a crash wants to show the crash.

import type { ClusterEvent, ClusterFrame, Flight } from "../../workers/browser/cluster_api.ts";
import { leaderOf } from "./reading.ts";

const FLIGHTS_MAX = 24_000;
const EVENTS_MAX = 24_000;

export interface LeaderSample {
  readonly atMs: number;
  /** Of the leader; null while nobody led. */
  readonly id: string | null;
}

export class Recorder {
  /** By the time they were sent. */
  readonly flights: Flight[] = [];
  /** By the time they happened. */
  readonly events: ClusterEvent[] = [];
  /** Whenever the leader was another one than before. */
  readonly leaders: LeaderSample[] = [];
  /** Virtual time of the first frame. */
  startMs = 0;

  #flightPlaces = new Map<string, Flight>();
  #lastNumber = 0;
  #seen: readonly Flight[] = [];

  /** Messages are told apart from frames: theirs are not read. */
  isListening = false;

  take(frame: ClusterFrame, nowMs: number): void {
    if (this.leaders.length === 0) this.startMs = frame.events[0]?.atMs ?? nowMs;
    this.#takeEvents(frame.events);
    if (!this.isListening && frame.flights !== this.#seen) this.hear(frame.flights, []);
    this.#seen = frame.flights;
    const id = leaderOf(frame)?.id ?? null;
    const last = this.leaders[this.leaders.length - 1];
    if (last === undefined || last.id !== id) this.leaders.push({ atMs: nowMs, id });
  }

  /** @param lost ids of those that did not land after all. */
  hear(flights: readonly Flight[], lost: readonly string[]): void {
    for (const flight of flights) this.#put(flight);
    for (const id of lost) {
      const flight = this.#flightPlaces.get(id);
      if (flight !== undefined && !flight.dropped) this.#put({ ...flight, dropped: true });
    }
    if (this.flights.length <= FLIGHTS_MAX) return;
    for (const { messageId } of this.flights.splice(0, FLIGHTS_MAX / 4)) this.#flightPlaces.delete(messageId);
  }

  reset(): void {
    this.flights.length = 0;
    this.events.length = 0;
    this.leaders.length = 0;
    this.#flightPlaces.clear();
    this.#lastNumber = 0;
  }

  #put(flight: Flight): void {
    const before = this.#flightPlaces.get(flight.messageId);
    if (before === flight) return;
    this.#flightPlaces.set(flight.messageId, flight);
    // One that was lost after all takes the place of what it was.
    const place = before === undefined ? -1 : this.flights.lastIndexOf(before);
    if (place >= 0) this.flights[place] = flight;
    else insertByTime(this.flights, flight, ({ sentAtMs }) => sentAtMs);
  }

  #takeEvents(events: readonly ClusterEvent[]): void {
    const told = this.#lastNumber;
    for (const event of events) {
      if (event.number <= told) continue;
      this.#lastNumber = Math.max(this.#lastNumber, event.number);
      insertByTime(this.events, event, ({ atMs }) => atMs);
    }
    if (this.events.length > EVENTS_MAX) this.events.splice(0, EVENTS_MAX / 4);
  }
}

/** Puts an item where its time belongs; nearly always that is the end. */
function insertByTime<T>(list: T[], item: T, timeOf: (item: T) => number): void {
  let place = list.length;
  while (place > 0 && timeOf(list[place - 1]!) > timeOf(item)) place -= 1;
  list.splice(place, 0, item);
}
