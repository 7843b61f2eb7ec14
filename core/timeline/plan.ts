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
  /** What a staged run needs otherwise than a cluster in a tab has it; left out: as there. */
  readonly limits?: RunLimits;
}

export interface RunLimits {
  /** Entries of log before a snapshot is taken, 1 to 100,000. */
  readonly snapshotCount?: number;
  /** Entries kept behind a snapshot for followers that lag, 0 to 100,000. */
  readonly catchUpEntries?: number;
  /** Bytes of entries in one append, 1 to 1 MiB: 1 takes a log across entry by entry. */
  readonly appendBytesMax?: number;
  /** How long a message is on its way, 1 to 1,000 virtual ms. */
  readonly delayMsMin?: number;
  readonly delayMsMax?: number;
  /** How long a write takes, 1 to 10,000 virtual ms. */
  readonly diskDelayMsMin?: number;
  readonly diskDelayMsMax?: number;
}

export const RUN_SIZE_MAX = 9;

const LIMIT_RANGES: Readonly<Record<keyof RunLimits, readonly [number, number]>> = {
  snapshotCount: [1, 100_000],
  catchUpEntries: [0, 100_000],
  appendBytesMax: [1, 1024 * 1024],
  delayMsMin: [1, 1_000],
  delayMsMax: [1, 1_000],
  diskDelayMsMin: [1, 10_000],
  diskDelayMsMax: [1, 10_000],
};

export function isRunPlan(value: unknown): value is RunPlan {
  const { size, profile, rules, seed, limits } = (value ?? {}) as Partial<RunPlan>;
  return Number.isInteger(size) && size! >= 1 && size! <= RUN_SIZE_MAX &&
    (profile === "teaching" || profile === "etcd") && (rules === "etcd" || rules === "textbook") &&
    Number.isSafeInteger(seed) && seed! >= 0 && (limits === undefined || areLimits(limits));
}

function areLimits(value: unknown): value is RunLimits {
  return typeof value === "object" && value !== null &&
    Object.entries(value).every(([name, limit]) => {
      const range = LIMIT_RANGES[name as keyof RunLimits];
      return range !== undefined && Number.isInteger(limit) && limit >= range[0] && limit <= range[1];
    }) && isSpan(value, "delayMsMin", "delayMsMax") && isSpan(value, "diskDelayMsMin", "diskDelayMsMax");
}

/** Both ends or neither, the lower one first. */
function isSpan(limits: RunLimits, min: keyof RunLimits, max: keyof RunLimits): boolean {
  return (limits[min] ?? -1) <= (limits[max] ?? -1) &&
    (limits[min] === undefined) === (limits[max] === undefined);
}

export function simPlanOf({ size, profile, rules, seed, limits = {} }: RunPlan): ClusterPlan {
  const isTeaching = profile === "teaching";
  return {
    seed,
    size,
    timing: isTeaching ? TEACHING_TIMING : ETCD_TIMING,
    rules: rules === "etcd" ? ETCD_RULES : TEXTBOOK_RULES,
    // Teaching: 12 ± 3 ms, a second to the eye at 1/80.
    link: {
      delayMsMin: limits.delayMsMin ?? (isTeaching ? 9 : 1),
      delayMsMax: limits.delayMsMax ?? (isTeaching ? 15 : 2),
      lossPerMille: 0,
      duplicatePerMille: 0,
    },
    diskDelayMsMin: limits.diskDelayMsMin ?? 1,
    diskDelayMsMax: limits.diskDelayMsMax ?? (isTeaching ? 3 : 2),
    clockDriftPerMille: 0,
    snapshotCount: limits.snapshotCount ?? 1_000,
    catchUpEntries: limits.catchUpEntries ?? 500,
    segmentBytesMax: 1024 * 1024,
    ...(limits.appendBytesMax === undefined ? {} : { appendBytesMax: limits.appendBytesMax }),
  };
}

/**
 * The run of a cluster that a scenario plans: the same clocks, delays, chance and limits.
 * @throws RangeError for what a run's plan cannot say: links that lose or double messages, clocks that drift.
 */
export function runPlanOf(plan: ClusterPlan): RunPlan {
  const { link, clockDriftPerMille } = plan;
  if (link.lossPerMille > 0 || link.duplicatePerMille > 0 || clockDriftPerMille > 0) {
    throw new RangeError("a run begins with links that lose nothing and clocks that agree");
  }
  return {
    size: plan.size,
    profile: plan.timing.tickMs === TEACHING_TIMING.tickMs ? "teaching" : "etcd",
    rules: plan.rules.preVote && plan.rules.checkQuorum ? "etcd" : "textbook",
    seed: plan.seed,
    limits: {
      snapshotCount: plan.snapshotCount,
      catchUpEntries: plan.catchUpEntries,
      delayMsMin: link.delayMsMin,
      delayMsMax: link.delayMsMax,
      diskDelayMsMin: plan.diskDelayMsMin,
      diskDelayMsMax: plan.diskDelayMsMax,
    },
  };
}
