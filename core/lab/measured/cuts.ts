// Every way to cut the members in two, tried: a client on each side asks to write.

import { placesIn, twoWayCuts } from "../subsets.ts";
import type { LabRun } from "../progress.ts";
import { keyframeOf, takeUp } from "./keyframe.ts";
import { Probe, type Verdict } from "./probe.ts";

export interface CutVerdict {
  /** The side that `twoWayCuts` names, the smaller one. */
  readonly smaller: Verdict;
  readonly larger: Verdict;
}

/** Verdicts for the cuts numbered `from` to `to - 1` in the order of `twoWayCuts(size)`. */
export function* tryCuts(
  { size, seed, from, to }: {
    readonly size: number;
    readonly seed: number;
    readonly from: number;
    readonly to: number;
  },
): LabRun<readonly CutVerdict[]> {
  const keyframe = keyframeOf(size, seed);
  const cuts = twoWayCuts(size).slice(from, to);
  const verdicts: CutVerdict[] = [];
  for (const cut of cuts) {
    const infos = keyframe.state.slots.map((slot) => slot.info);
    const names = new Set(placesIn(cut, size).map((place) => `infra${place + 1}`));
    const side = (inside: boolean) =>
      infos.filter(({ name }) => names.has(name) === inside).map(({ id }) => id);
    const groups = [side(true), side(false)];
    const probe = new Probe(groups);
    const sim = takeUp(keyframe, probe);
    sim.act({ kind: "partition", groups });
    const [smaller, larger] = probe.ask(sim);
    verdicts.push({ smaller: smaller!, larger: larger! });
    yield { doneCount: verdicts.length, totalCount: cuts.length };
  }
  return verdicts;
}
