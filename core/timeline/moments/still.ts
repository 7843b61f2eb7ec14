// What a small picture of a moment shows: who is what, who cannot hear whom, and how the logs end.

import type { ShownRole } from "../../member/view.ts";
import type { SimMemberState } from "../../sim/cluster_sim.ts";
import type { SimRun } from "../run.ts";

export interface StillMember {
  /** A role while it runs; else the state it is in. */
  readonly role: ShownRole | Exclude<SimMemberState, "running">;
  readonly term: number;
  /** The newest entries, at most `STILL_CELLS_MAX` columns counted back from the longest log's end. */
  readonly cells: readonly { readonly index: number; readonly term: number; readonly committed: boolean }[];
}

export interface Still {
  readonly members: readonly StillMember[];
  /** Directions in which nothing arrives, by place in `members`. */
  readonly cuts: readonly (readonly [from: number, to: number])[];
  /** Index of the first column. */
  readonly firstIndex: number;
  readonly eventNumber: number;
}

export const STILL_CELLS_MAX = 13;

export function stillOf(run: SimRun): Still {
  const { sim, plan, eventNumber } = run;
  const ids = Array.from({ length: plan.size }, (_, at) => sim.idOf(`infra${at + 1}`));
  const views = ids.map((id) => sim.view(id));
  const lastIndex = Math.max(0, ...views.map((view) => view?.lastIndex ?? 0));
  const firstIndex = Math.max(1, lastIndex - STILL_CELLS_MAX + 1);
  const members = ids.map((id, at): StillMember => {
    const { state } = sim.member(id);
    const view = views[at];
    return {
      role: state === "running" ? view?.role ?? "follower" : state,
      term: view?.term ?? 0,
      cells: (view?.log ?? []).filter(({ index }) => index >= firstIndex)
        .map(({ index, term }) => ({ index, term, committed: index <= (view?.commit ?? 0) })),
    };
  });
  const cuts = ids.flatMap((from, a) =>
    ids.flatMap((to, b): [number, number][] => a !== b && sim.network.isCut(from, to) ? [[a, b]] : [])
  );
  return { members, cuts, firstIndex, eventNumber };
}
