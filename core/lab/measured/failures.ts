// Every set of members that may be down, tried: exactly these lose power, and a client asks the others to write.

import { failureSubsets, placesIn } from "../subsets.ts";
import type { LabRun } from "../progress.ts";
import { keyframeOf, takeUp } from "./keyframe.ts";
import { Probe, type Verdict } from "./probe.ts";

/**
 * Verdicts for the sets numbered `from` to `to - 1` in the order of `failureSubsets(size)`. They depend on size and
 * seed alone, not on how the sets are dealt out.
 */
export function* tryFailures(
  { size, seed, from, to }: {
    readonly size: number;
    readonly seed: number;
    readonly from: number;
    readonly to: number;
  },
): LabRun<readonly Verdict[]> {
  const keyframe = keyframeOf(size, seed);
  const subsets = failureSubsets(size).slice(from, to);
  const verdicts: Verdict[] = [];
  for (const down of subsets) {
    const ids = keyframe.state.slots.map((slot) => slot.info);
    const isDown = new Set(placesIn(down, size).map((place) => `infra${place + 1}`));
    const probe = new Probe([ids.filter(({ name }) => !isDown.has(name)).map(({ id }) => id)]);
    const sim = takeUp(keyframe, probe);
    for (const { id, name } of ids) if (isDown.has(name)) sim.act({ kind: "crash", member: id });
    verdicts.push(probe.ask(sim)[0]!);
    yield { doneCount: verdicts.length, totalCount: subsets.length };
  }
  return verdicts;
}
