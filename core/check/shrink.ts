// Makes a failing run small: fewer troubles, fewer clients, a quieter network, as long as the same promise breaks.
// Deltas are removed by halves, then quarters, down to single actions (Zeller's ddmin, 1999). A shrunk run need not be
// part of the long one: chance falls anew once an action is missing. It is another run that breaks the same promise.

import type { TimedAction } from "../sim/actions.ts";
import { runPlan } from "./gallery.ts";
import type { HuntPlan, HuntResult } from "./hunt.ts";

export interface Shrunk {
  readonly plan: HuntPlan;
  readonly actions: readonly TimedAction[];
  readonly result: HuntResult;
  /** Runs played to get here. */
  readonly triedCount: number;
}

/**
 * @param found a run that failed, with the plan it was made of.
 * @param triesMax how many runs may be played on the way.
 */
export function shrink(plan: HuntPlan, found: HuntResult, triesMax = 400): Shrunk {
  const search = new Search(plan, found, triesMax);
  for (let before = Infinity; search.best.result.eventCount < before;) {
    before = search.best.result.eventCount;
    search.onlyDone();
    search.fewerActions();
    search.simplerPlan();
    search.earlier();
  }
  return { ...search.best, triedCount: search.triedCount };
}

class Search {
  best: Omit<Shrunk, "triedCount">;
  triedCount = 0;
  readonly #invariant: string;
  readonly #triesMax: number;

  constructor(plan: HuntPlan, found: HuntResult, triesMax: number) {
    this.#invariant = found.failure!.invariant;
    this.#triesMax = triesMax;
    this.best = { plan, actions: found.actions, result: found };
  }

  /** What came to nothing, or after the end, is no part of the story. */
  onlyDone(): void {
    this.#try(this.best.plan, this.best.result.actions);
  }

  fewerActions(): void {
    for (let chunk = Math.ceil(this.best.actions.length / 2); chunk >= 1; chunk = chunk >> 1) {
      for (let at = 0; at < this.best.actions.length;) {
        const { plan, actions } = this.best;
        const without = [...actions.slice(0, at), ...actions.slice(at + chunk)];
        if (!this.#try(plan, without)) at += chunk;
      }
    }
  }

  simplerPlan(): void {
    for (const simplify of SIMPLER) {
      const { plan, actions } = this.best;
      const simpler = simplify(plan);
      if (JSON.stringify(simpler) !== JSON.stringify(plan)) this.#try(simpler, actions);
    }
  }

  /** The same troubles, after a shorter wait for the first. */
  earlier(): void {
    for (const share of [0.5, 0.75, 0.9]) {
      const { plan, actions } = this.best;
      const moved = actions.map(({ atMs, action }) => ({ atMs: Math.floor(atMs * share), action }));
      if (actions.length > 0) this.#try(plan, moved);
    }
  }

  /** Takes the candidate if it fails alike and is not longer. */
  #try(plan: HuntPlan, actions: readonly TimedAction[]): boolean {
    if (this.triedCount >= this.#triesMax) return false;
    this.triedCount += 1;
    const result = runPlan(plan, actions);
    if (result.failure?.invariant !== this.#invariant) return false;
    const shorter = actions.length < this.best.actions.length ||
      result.eventCount <= this.best.result.eventCount;
    if (!shorter) return false;
    this.best = { plan, actions, result };
    return true;
  }
}

const SIMPLER: readonly ((plan: HuntPlan) => HuntPlan)[] = [
  (plan) => ({ ...plan, workload: { ...plan.workload, clientCount: 0 } }),
  (plan) => ({ ...plan, workload: { ...plan.workload, clientCount: 1 } }),
  (plan) => ({ ...plan, workload: { ...plan.workload, pauseMsMax: plan.workload.pauseMsMax * 4 } }),
  (plan) => ({ ...plan, cluster: { ...plan.cluster, link: { ...plan.cluster.link, lossPerMille: 0 } } }),
  (plan) => ({ ...plan, cluster: { ...plan.cluster, link: { ...plan.cluster.link, duplicatePerMille: 0 } } }),
  (plan) => ({ ...plan, cluster: { ...plan.cluster, clockDriftPerMille: 0 } }),
  (plan) => ({ ...plan, cluster: { ...plan.cluster, snapshotCount: 1_000_000 } }),
  (plan) => ({ ...plan, cluster: { ...plan.cluster, segmentBytesMax: 65_536 } }),
];
