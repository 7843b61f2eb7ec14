// What a famous moment is: a plan, and a story that leads to it.

import type { RunPlan } from "../plan.ts";
import type { SimRun } from "../run.ts";
import { Director } from "./director.ts";

export interface Moment {
  /** Its name in an address: lower case, words joined by hyphens. */
  readonly slug: string;
  readonly plan: RunPlan;
  /** Plays the story through; `moment()` is called in it once. */
  readonly stage: (director: Director) => void;
}

/**
 * Stages a moment: the run stands where a visitor comes in, and the rest of the story lies ahead.
 * @throws StagingError when the core no longer plays the story as it was written.
 */
export function stagedRun({ plan, stage }: Moment): SimRun {
  const director = new Director(plan);
  stage(director);
  return director.staged();
}
