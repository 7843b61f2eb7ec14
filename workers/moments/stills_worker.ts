// Stages every famous moment away from the page, which stays quick, and hands over a still of each as it is ready.

import { MOMENTS, stagedRun, type Still, stillOf } from "../../core/timeline/moments/mod.ts";

/** What the worker says, once for each moment, in their order. */
export interface StillReport {
  readonly slug: string;
  readonly still: Still;
}

for (const moment of MOMENTS) {
  const report: StillReport = { slug: moment.slug, still: stillOf(stagedRun(moment)) };
  postMessage(report);
}
close();
