// Famous moments of Raft, each staged on the simulator and opened as a run. (https://raft.github.io/raft.pdf, thesis)

import { diskRot, halfSwitch, removedLeader, tornWrite } from "./disks.ts";
import { chained, cleanCut, lostTerms, preVote, splitVote, staleLeader, transfer } from "./elections.ts";
import { figure7, figure8, overwritten, snapshotCatchUp, staleRead } from "./logs.ts";
import type { Moment } from "./moment.ts";

export { StagingError } from "./director.ts";
export { type Moment, stagedRun } from "./moment.ts";
export { type Still, STILL_CELLS_MAX, type StillMember, stillOf } from "./still.ts";

/** In the order in which the page shows them. */
export const MOMENTS: readonly Moment[] = [
  splitVote,
  staleLeader,
  cleanCut,
  chained,
  halfSwitch,
  preVote,
  lostTerms,
  transfer,
  overwritten,
  figure7,
  figure8,
  staleRead,
  snapshotCatchUp,
  tornWrite,
  diskRot,
  removedLeader,
];
