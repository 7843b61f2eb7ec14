// Walks through every world within bounds, the nearest first, so that what it finds is as short as can be. (Breadth-first,
// as TLC does for the TLA+ specification of Raft; here the specification is the core itself.)

import { InvariantViolation } from "../../base/assert.ts";
import type { InvariantName } from "../violation.ts";
import { Atlas } from "./atlas.ts";
import type { WorldBounds } from "./bounds.ts";
import { fingerprint, Fingerprints } from "./fingerprints.ts";
import type { Breach } from "./history.ts";
import { retell } from "./retell.ts";
import { after, canonical, firstWorld, type Move, movesOf, type World } from "./world.ts";

export interface ExploreOptions {
  /** The promises that convict; left out: all, and what members notice themselves. */
  readonly watched?: ReadonlySet<InvariantName>;
  /** Stop when so many worlds were seen. */
  readonly worldsMax?: number;
  /** Told after each depth; false ends the walk there. */
  readonly onDepth?: (progress: ExploreProgress) => boolean;
  /** Take worlds for one that differ only in the names of members; left out: true. */
  readonly symmetry?: boolean;
}

export interface ExploreProgress {
  readonly depth: number;
  readonly worlds: number;
  readonly moves: number;
  /** Worlds first met at this depth, to be looked into next. */
  readonly next: number;
}

export interface WorldsReport {
  readonly bounds: WorldBounds;
  /** Worlds that were seen, and ways from one to the next that were tried. */
  readonly worlds: number;
  readonly moves: number;
  /** The most moves that any of them is away from the first. */
  readonly depth: number;
  /** True when no world within the bounds is left. */
  readonly complete: boolean;
  /** How often the real core was woken, and what worlds were made of. */
  readonly steps: number;
  readonly memberStates: number;
  readonly messages: number;
  /** How often a member noticed itself that something is wrong; only counted where promises are chosen. */
  readonly stopped: number;
  readonly finding: WorldFinding | null;
}

export interface WorldFinding {
  readonly invariant: InvariantName | "InvariantViolation";
  readonly message: string;
  /** What happened, move by move. */
  readonly story: readonly string[];
}

/** The walk of one set of bounds, from the first world on. */
export function explore(bounds: WorldBounds, options: ExploreOptions = {}): WorldsReport {
  return new Explorer(bounds, options).walk();
}

class Explorer {
  readonly #atlas: Atlas;
  readonly #watched: ReadonlySet<InvariantName> | null;
  readonly #worldsMax: number;
  readonly #onDepth: (progress: ExploreProgress) => boolean;
  readonly #isSymmetric: boolean;
  readonly #seen = new Fingerprints();
  /** For each world by number: the world it was met from, and the move. */
  readonly #parents: number[] = [];
  readonly #moves: number[] = [];
  #moveCount = 0;
  #stopped = 0;

  constructor(bounds: WorldBounds, options: ExploreOptions) {
    this.#atlas = new Atlas(bounds);
    this.#watched = options.watched ?? null;
    this.#worldsMax = options.worldsMax ?? Infinity;
    this.#onDepth = options.onDepth ?? (() => true);
    this.#isSymmetric = options.symmetry ?? true;
  }

  walk(): WorldsReport {
    let frontier: World[] = [];
    let firstNumber = 0;
    this.#meet(firstWorld(this.#atlas), -1, 0, frontier);
    for (let depth = 0;; depth++) {
      const next: World[] = [];
      for (let at = 0; at < frontier.length; at++) {
        const finding = this.#lookInto(frontier[at]!, firstNumber + at, next);
        if (finding !== null) return this.#report(depth + 1, false, finding);
        if (this.#seen.size >= this.#worldsMax) return this.#report(depth + 1, false, null);
      }
      if (next.length === 0) return this.#report(depth, true, null);
      firstNumber += frontier.length;
      frontier = next;
      const worlds = this.#seen.size;
      const progress = { depth: depth + 1, worlds, moves: this.#moveCount, next: next.length };
      if (!this.#onDepth(progress)) return this.#report(depth + 1, false, null);
    }
  }

  #lookInto(world: World, number: number, next: World[]): WorldFinding | null {
    for (const move of movesOf(this.#atlas, world)) {
      this.#moveCount += 1;
      const successor = after(this.#atlas, world, move, this.#mayBreak);
      switch (successor.kind) {
        case "same":
          break;
        case "world":
          this.#meet(successor.world, number, packMove(move), next);
          break;
        case "stopped":
          this.#stopped += 1;
          if (this.#watched !== null) break;
          return this.#finding(number, move, { invariant: InvariantViolation.name, message: successor.why });
        case "broken":
          return this.#finding(number, move, successor.breach);
      }
    }
    return null;
  }

  #meet(met: World, parent: number, move: number, next: World[]): void {
    const { world } = canonical(this.#atlas, met, this.#isSymmetric);
    if (!this.#seen.add(fingerprint(world))) return;
    this.#parents.push(parent);
    this.#moves.push(move);
    next.push(world);
  }

  #mayBreak = (breach: Breach): boolean => this.#watched?.has(breach.invariant) ?? true;

  #finding(number: number, last: Move, breach: { invariant: string; message: string }): WorldFinding {
    const moves = [last];
    for (let at = number; this.#parents[at]! >= 0; at = this.#parents[at]!) {
      moves.unshift(unpackMove(this.#moves[at]!));
    }
    return {
      invariant: breach.invariant as WorldFinding["invariant"],
      message: breach.message,
      story: retell(this.#atlas, moves, this.#isSymmetric),
    };
  }

  #report(depth: number, complete: boolean, finding: WorldFinding | null): WorldsReport {
    const atlas = this.#atlas;
    return {
      bounds: atlas.bounds,
      worlds: this.#seen.size,
      moves: this.#moveCount,
      depth,
      complete,
      steps: atlas.stepCount,
      memberStates: atlas.memberCount,
      messages: atlas.messageCount,
      stopped: this.#stopped,
      finding,
    };
  }
}

/** A move as one number, so that millions of them are kept cheaply. */
function packMove({ place, input, stays }: Move): number {
  return input * 8 + place * 2 + (stays ? 1 : 0);
}

function unpackMove(packed: number): Move {
  return { input: Math.floor(packed / 8), place: (packed >> 1) & 3, stays: (packed & 1) === 1 };
}
