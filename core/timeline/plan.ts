// What a visitor chooses of a cluster, and the simulated cluster that comes of it: the same clocks, links and limits
// that a cluster of workers in a tab has, so that a run looks alike in both.

import { ETCD_RULES, ETCD_TIMING, TEACHING_TIMING, TEXTBOOK_RULES } from "../member/options.ts";
import type { ClusterPlan } from "../sim/cluster_plan.ts";

export interface RunPlan {
  /** 1 to 9 members, named infra1 … infraN. */
  readonly size: number;
  readonly profile: "teaching" | "etcd";
  readonly rules: "etcd" | "textbook";
  /** Safe integer >= 0: draws election deadlines and delays. */
  readonly seed: number;
}

export const RUN_SIZE_MAX = 9;

export function isRunPlan(value: unknown): value is RunPlan {
  const { size, profile, rules, seed } = (value ?? {}) as Partial<RunPlan>;
  return Number.isInteger(size) && size! >= 1 && size! <= RUN_SIZE_MAX &&
    (profile === "teaching" || profile === "etcd") && (rules === "etcd" || rules === "textbook") &&
    Number.isSafeInteger(seed) && seed! >= 0;
}

export function simPlanOf({ size, profile, rules, seed }: RunPlan): ClusterPlan {
  const isTeaching = profile === "teaching";
  return {
    seed,
    size,
    timing: isTeaching ? TEACHING_TIMING : ETCD_TIMING,
    rules: rules === "etcd" ? ETCD_RULES : TEXTBOOK_RULES,
    // Teaching: 12 ± 3 ms, a second to the eye at 1/80.
    link: {
      delayMsMin: isTeaching ? 9 : 1,
      delayMsMax: isTeaching ? 15 : 2,
      lossPerMille: 0,
      duplicatePerMille: 0,
    },
    diskDelayMsMin: 1,
    diskDelayMsMax: isTeaching ? 3 : 2,
    clockDriftPerMille: 0,
    snapshotCount: 1_000,
    catchUpEntries: 500,
    segmentBytesMax: 1024 * 1024,
  };
}
