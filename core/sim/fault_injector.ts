// Draws trouble: which faults exist in a run, how strong they are, and when each strikes, all from one seed. Swarm
// testing: a run with only some faults, but much of them, finds what an average of everything hides.

import { clonePlain } from "../base/clone.ts";
import type { MemberId } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import type { OperatorAction } from "./actions.ts";
import type { ClusterSim, SimObserver } from "./cluster_sim.ts";
import type { LinkSettings } from "./sim_network.ts";

export type FaultKind =
  | "crash"
  | "pause"
  | "cutOneWay"
  | "isolate"
  | "partition"
  | "slowDisk"
  | "clog"
  | "transfer"
  | "elect";

export const FAULT_KINDS: readonly FaultKind[] = [
  "crash",
  "pause",
  "cutOneWay",
  "isolate",
  "partition",
  "slowDisk",
  "clog",
  "transfer",
  "elect",
];

export interface FaultPlan {
  readonly kinds: readonly FaultKind[];
  /** Virtual time between two strikes. */
  readonly everyMsMin: number;
  readonly everyMsMax: number;
  /** Among strikes, how many mend something instead. */
  readonly mendPerMille: number;
}

export interface FaultInjectorState {
  readonly prng: PrngState;
  readonly counts: readonly (readonly [string, number])[];
  readonly active: boolean;
}

export class FaultInjector implements SimObserver {
  readonly #plan: FaultPlan;
  readonly #prng: Prng;
  #counts = new Map<string, number>();
  #sim: ClusterSim | null = null;
  #active = true;

  constructor(plan: FaultPlan, seed: number, from?: FaultInjectorState) {
    this.#plan = plan;
    this.#prng = new Prng(from ? from.prng : seed);
    if (!from) return;
    this.#counts = new Map(from.counts);
    this.#active = from.active;
  }

  capture(): FaultInjectorState {
    return clonePlain({ prng: this.#prng.state(), counts: [...this.#counts], active: this.#active });
  }

  /** How often each action was carried out. */
  get counts(): ReadonlyMap<string, number> {
    return this.#counts;
  }

  /** Begins to trouble `sim`; on a run restored from a keyframe, `resumed` finds its plans in the queue already. */
  attach(sim: ClusterSim, resumed = false): void {
    this.#sim = sim;
    if (!resumed) this.#planNext();
  }

  onPlan(owner: string): void {
    if (owner !== "faults" || !this.#active) return;
    if (this.#prng.chance(this.#plan.mendPerMille)) this.#mend();
    else this.#strike(this.#prng.pick(this.#plan.kinds));
    this.#planNext();
  }

  /** No more trouble, and everything mended: links, stopped and paused members, slow disks. */
  calm(): void {
    const sim = this.#sim!;
    this.#active = false;
    sim.act({ kind: "heal" });
    for (const member of sim.ids) {
      sim.act({ kind: "slowDisk", member, delayMs: 1 });
      sim.act({ kind: "resume", member });
      if (sim.member(member).state === "stopped") sim.act({ kind: "restart", member });
    }
  }

  #planNext(): void {
    this.#sim!.planFor("faults", this.#prng.between(this.#plan.everyMsMin, this.#plan.everyMsMax), "strike");
  }

  #strike(kind: FaultKind): void {
    const sim = this.#sim!;
    const ids = sim.ids;
    const member = this.#prng.pick(ids);
    const other = this.#prng.pick(ids);
    switch (kind) {
      case "crash":
        return this.#do({ kind: "crash", member });
      case "pause":
        return this.#do({ kind: "pause", member });
      case "cutOneWay":
        if (member !== other) this.#do({ kind: "cut", from: member, to: other });
        return;
      case "isolate":
        return this.#do({ kind: "partition", groups: [[member], ids.filter((id) => id !== member)] });
      case "partition": {
        const left = ids.filter(() => this.#prng.chance(500));
        return this.#do({ kind: "partition", groups: [left, ids.filter((id) => !left.includes(id))] });
      }
      case "slowDisk":
        return this.#do({ kind: "slowDisk", member, delayMs: this.#prng.between(1, 400) });
      case "clog": {
        const settings: Partial<LinkSettings> = {
          delayMsMin: this.#prng.between(0, 200),
          delayMsMax: this.#prng.between(200, 1_500),
        };
        if (member !== other) this.#do({ kind: "link", from: member, to: other, settings });
        return;
      }
      case "transfer":
        return this.#do({ kind: "transfer", to: member });
      case "elect":
        return this.#do({ kind: "elect", member });
    }
  }

  /** Something gets better: mostly one stopped member comes back, sometimes the network heals. */
  #mend(): void {
    const sim = this.#sim!;
    const inState = (state: string): readonly MemberId[] =>
      sim.ids.filter((id) => sim.member(id).state === state);
    const stopped = inState("stopped");
    const paused = inState("paused");
    if (stopped.length > 0 && this.#prng.chance(600)) {
      return this.#do({ kind: "restart", member: this.#prng.pick(stopped) });
    }
    if (paused.length > 0 && this.#prng.chance(600)) {
      return this.#do({ kind: "resume", member: this.#prng.pick(paused) });
    }
    this.#do({ kind: "heal" });
  }

  #do(action: OperatorAction): void {
    if (this.#sim!.act(action) !== null) return;
    this.#counts.set(action.kind, (this.#counts.get(action.kind) ?? 0) + 1);
  }
}
