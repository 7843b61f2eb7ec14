// What `window.flotilla` offers: the page's verbs for the browser's console, scripts and tests. The same verbs as the
// buttons; their promises reject with a plain sentence.

import type { ClusterPlan, KeyAnswer } from "../workers/browser/cluster_api.ts";
import type { ShownRole } from "./state/reading.ts";

/** A member as the console shows it. */
export interface ConsoleMember {
  readonly name: string;
  readonly id: string;
  readonly role: ShownRole;
  readonly term: number;
  /** Name of the leader it follows; null when it knows none. */
  readonly leader: string | null;
  readonly commit: number;
  readonly applied: number;
  readonly lastIndex: number;
  readonly revision: number;
  /** Hash of all its keys: equal on members that are equal. */
  readonly hash: string;
}

export interface FlotillaConsole {
  /** Prints what there is. */
  help(): void;
  members(): ConsoleMember[];
  /** Name of the leader that a quorum follows or, failing that, of the one with the highest term; null without one. */
  leader(): string | null;
  /** A power cut: the member's worker is terminated on the spot. Its disk stays. */
  crash(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  /** Its own clock stands still, as under SIGSTOP. */
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Its election timer strikes now. */
  elect(name: string): Promise<void>;
  /** Stops messages from `a` to `b`, and back unless `oneWay`. */
  cut(a: string, b: string, oneWay?: boolean): Promise<void>;
  mend(a: string, b: string, oneWay?: boolean): Promise<void>;
  /** Mends every link. */
  heal(): Promise<void>;
  /** From now on each of its writes takes so many virtual milliseconds more; 0: as before. */
  slowDisk(name: string, delayMs: number): Promise<void>;
  /** Its next write fails, and the member stops. */
  fillDisk(name: string): Promise<void>;
  freeDisk(name: string): Promise<void>;
  /** The leader hands the lead to this member. */
  transfer(name: string): Promise<void>;
  /** Takes it out of the configuration. */
  remove(name: string): Promise<void>;
  /** Makes a learner a voter. */
  promote(name: string): Promise<void>;
  /** @param at a member's name; without one the page chooses. */
  put(key: string, value: string, at?: string): Promise<{ revision: number }>;
  /** Null when there is no such key. `serializable` reads a member's own copy, which may be old. */
  get(key: string, options?: { at?: string; serializable?: boolean }): Promise<KeyAnswer | null>;
  del(key: string, at?: string): Promise<{ deleted: number; revision: number }>;
  /** Cluster seconds per real second, 1/1000 to 1: at 1/80 a message flies about a second. Ends the automatic speed. */
  speed(scale: number): void;
  pauseClock(): void;
  resumeClock(): void;
  /** Throws this cluster and its disks away and starts another; what `plan` leaves out stays as it is. */
  startOver(plan?: Partial<ClusterPlan>): Promise<void>;
  /** Puts a moment of the past on the stage; null: the present. What is done there begins a branch. */
  lookAt(ms: number | null): Promise<void>;
  /** The run on the stage: its place, and for one in the simulator the hash of all that happened. */
  run(): { letter: string; kind: "live" | "run"; nowMs: number; eventNumber: number; hash: string | null };
}
