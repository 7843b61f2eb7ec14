// What has happened since the page attached, told from one reading to the next: who leads, who fell silent, who came and
// went. Times are milliseconds since the epoch, the page's own clock.

import type { Leadership, Seat } from "./seats.ts";
import type { HexId } from "./told.ts";

export type Happening =
  | { readonly kind: "attached"; readonly members: number }
  | { readonly kind: "leads"; readonly name: string; readonly term: number }
  | { readonly kind: "noLeader" }
  | { readonly kind: "silent"; readonly name: string }
  | { readonly kind: "back"; readonly name: string }
  | { readonly kind: "added"; readonly name: string; readonly isLearner: boolean }
  | { readonly kind: "started"; readonly name: string }
  | { readonly kind: "promoted"; readonly name: string }
  | { readonly kind: "removed"; readonly name: string }
  /** A member that tells all gave or refused its vote; `name` is the voter's. */
  | {
    readonly kind: "voted";
    readonly name: string;
    readonly candidate: string;
    readonly term: number;
    readonly granted: boolean;
  };

export interface Told {
  readonly number: number;
  readonly atMs: number;
  readonly what: Happening;
}

/** From when on a term was led; null where nobody led. */
export interface Reign {
  readonly fromMs: number;
  readonly term: number | null;
}

export interface Reading {
  readonly seats: readonly Seat[];
  readonly leader: Leadership | null;
}

const TOLD_COUNT_MAX = 300;

export class Story {
  #told: Told[] = [];
  #reigns: Reign[] = [];
  #last: Reading | null = null;
  #nextNumber = 1;

  get told(): readonly Told[] {
    return this.#told;
  }

  get reigns(): readonly Reign[] {
    return this.#reigns;
  }

  /** Takes the newest reading in. The first one counts as attaching as soon as somebody answers. */
  take(reading: Reading, nowMs: number): void {
    if (this.#last === null) {
      if (!reading.seats.some(({ state }) => state === "answers")) return;
      this.#tell(nowMs, { kind: "attached", members: reading.seats.filter(({ id }) => id !== null).length });
    }
    const before = this.#last ?? { seats: reading.seats, leader: null };
    this.#tellMembers(before.seats, reading.seats, nowMs);
    this.#tellLeader(this.#last === null ? undefined : before.leader, reading, nowMs);
    this.#last = reading;
  }

  /** Something that a member told by itself. */
  add(atMs: number, what: Happening): void {
    if (this.#last !== null) this.#tell(atMs, what);
  }

  #tellLeader(before: Leadership | null | undefined, { leader, seats }: Reading, nowMs: number): void {
    if (before !== undefined && before?.id === leader?.id && before?.term === leader?.term) return;
    this.#reigns = [...this.#reigns, { fromMs: nowMs, term: leader?.term ?? null }].slice(-TOLD_COUNT_MAX);
    if (leader === null) this.#tell(nowMs, { kind: "noLeader" });
    else this.#tell(nowMs, { kind: "leads", name: nameOf(seats, leader.id), term: leader.term });
  }

  #tellMembers(before: readonly Seat[], after: readonly Seat[], nowMs: number): void {
    const known = new Map(before.filter(({ id }) => id !== null).map((seat) => [seat.id, seat]));
    for (const seat of after) {
      if (seat.id === null) continue;
      const old = known.get(seat.id);
      known.delete(seat.id);
      if (old === undefined) {
        // An address that says for the first time who it is has not joined just now.
        if (!before.some(({ endpoint }) => endpoint !== null && endpoint === seat.endpoint)) {
          this.#tell(nowMs, { kind: "added", name: seat.name, isLearner: seat.isLearner });
        }
        continue;
      }
      const { name } = seat;
      if (old.state === "unstarted" && seat.state !== "unstarted") {
        this.#tell(nowMs, { kind: "started", name });
      }
      if (old.isLearner && !seat.isLearner) this.#tell(nowMs, { kind: "promoted", name });
      if (old.state === "answers" && seat.state === "silent") this.#tell(nowMs, { kind: "silent", name });
      if (old.state === "silent" && seat.state === "answers") this.#tell(nowMs, { kind: "back", name });
    }
    for (const { name } of known.values()) this.#tell(nowMs, { kind: "removed", name });
  }

  #tell(atMs: number, what: Happening): void {
    this.#told = [...this.#told, { number: this.#nextNumber++, atMs, what }].slice(-TOLD_COUNT_MAX);
  }
}

export function nameOf(seats: readonly Seat[], id: HexId): string {
  return seats.find((seat) => seat.id === id)?.name ?? id;
}
