// The lab's long computations as tasks: plain data that may be posted to a worker, each a range of units that know
// nothing of each other. A host splits them, deals them out in any order to any number of workers, and hands whatever
// comes back to `Findings`; the outcome is the same.

import { unreachable } from "../base/assert.ts";
import { cutCount } from "./formulas.ts";
import type { LinkPlan } from "./links.ts";
import { type CutVerdict, tryCuts } from "./measured/cuts.ts";
import { tryFailures } from "./measured/failures.ts";
import type { Verdict } from "./measured/probe.ts";
import { type BlockOfWrites, tryWrites } from "./measured/writes.ts";
import { type BlockOfYears, liveYears, YEARS_PER_BLOCK } from "./monte_carlo.ts";
import type { LabProgress, LabRun } from "./progress.ts";
import { type FailurePlan, refusalOfPlan } from "./shared_failures.ts";
import { type LabRefusal, SIZES } from "./sizes.ts";

interface Range {
  /** Units `from` to `to - 1`. */
  readonly from: number;
  readonly to: number;
  /** Safe integer >= 0, below 2^32. */
  readonly seed: number;
}

export type LabTask =
  /** A unit is one set of members down, in the order of `failureSubsets`. */
  | (Range & { readonly kind: "failures"; readonly size: number })
  /** A unit is one cut, in the order of `twoWayCuts`. */
  | (Range & { readonly kind: "cuts"; readonly size: number })
  /** A unit is a block of `WRITES_PER_BLOCK` writes. */
  | (Range & { readonly kind: "writes"; readonly size: number; readonly links: LinkPlan })
  /** A unit is a block of `YEARS_PER_BLOCK` years; the size of the cluster is in its plan. */
  | (Range & { readonly kind: "years"; readonly plan: FailurePlan });

export type LabResult =
  | { readonly kind: "failures"; readonly task: LabTask; readonly verdicts: readonly Verdict[] }
  | { readonly kind: "cuts"; readonly task: LabTask; readonly verdicts: readonly CutVerdict[] }
  | { readonly kind: "writes"; readonly task: LabTask; readonly blocks: readonly BlockOfWrites[] }
  | { readonly kind: "years"; readonly task: LabTask; readonly blocks: readonly BlockOfYears[] };

/** Carries out a task, yielding after each unit. To cancel, stop asking. */
export function* runTask(task: LabTask): LabRun<LabResult> {
  switch (task.kind) {
    case "failures":
      return { kind: "failures", task, verdicts: yield* tryFailures(task) };
    case "cuts":
      return { kind: "cuts", task, verdicts: yield* tryCuts(task) };
    case "writes":
      return { kind: "writes", task, blocks: yield* tryWrites(task) };
    case "years":
      return { kind: "years", task, blocks: yield* liveYears(task.plan, task) };
    default:
      return unreachable(task);
  }
}

/** Every set of failures and every cut of every size: what marks the table's cells. */
export function tableTasks(seed: number, sizes: readonly number[] = SIZES): readonly LabTask[] {
  return sizes.flatMap((size): LabTask[] => [
    { kind: "failures", size, seed, from: 0, to: 2 ** size },
    ...(size === 1 ? [] : [{ kind: "cuts" as const, size, seed, from: 0, to: cutCount(size) }]),
  ]);
}

/** Writes over chosen links, for messages and latency. Eight blocks are 400 writes a size. */
export function writeTasks(
  { links, seed, blockCount = 8, sizes = SIZES }: {
    readonly links: LinkPlan;
    readonly seed: number;
    readonly blockCount?: number;
    readonly sizes?: readonly number[];
  },
): readonly LabTask[] {
  return sizes.map((size): LabTask => ({ kind: "writes", size, seed, links, from: 0, to: blockCount }));
}

/** Years of one plan, at least as many as asked for; refused as `refusalOfPlan` refuses. */
export function yearsTask(
  { plan, seed, years }: { readonly plan: FailurePlan; readonly seed: number; readonly years: number },
): LabTask | LabRefusal {
  const blockCount = Math.max(1, Math.ceil(years / YEARS_PER_BLOCK));
  return refusalOfPlan(plan) ?? { kind: "years", plan, seed, from: 0, to: blockCount };
}

/**
 * The same tasks in pieces of about equal work, the largest clusters first, so that no worker is left alone with a
 * long one at the end. Parts of one task stay in order.
 * @param pieceCount roughly how many pieces all tasks together shall make, at least 1.
 */
export function splitTasks(tasks: readonly LabTask[], pieceCount: number): readonly LabTask[] {
  const total = tasks.reduce((sum, task) => sum + (task.to - task.from) * unitCost(task), 0);
  const pieceCost = total / Math.max(1, pieceCount);
  const pieces: LabTask[] = [];
  for (const task of tasks) {
    const unitsPerPiece = Math.max(1, Math.ceil(pieceCost / unitCost(task)));
    for (let from = task.from; from < task.to; from += unitsPerPiece) {
      pieces.push({ ...task, from, to: Math.min(task.to, from + unitsPerPiece) });
    }
  }
  const costOf = (task: LabTask) => (task.to - task.from) * unitCost(task);
  return pieces.map((task, i) => ({ task, i }))
    .sort((a, b) => costOf(b.task) - costOf(a.task) || a.i - b.i)
    .map(({ task }) => task);
}

/** Work per unit, roughly, in tenths of a millisecond of a laptop of 2024. */
function unitCost(task: LabTask): number {
  switch (task.kind) {
    case "failures":
      return 2 + 4 * task.size;
    case "cuts":
      return 2 + 14 * task.size;
    case "writes":
      return 20 + 30 * task.size;
    case "years":
      return 1 + 3 * task.plan.stands.length;
    default:
      return unreachable(task);
  }
}

/** How far several tasks have come together, in units of work rather than of their own. */
export function overallProgress(
  tasks: readonly { readonly task: LabTask; readonly progress: LabProgress | null }[],
): LabProgress {
  let doneCount = 0;
  let totalCount = 0;
  for (const { task, progress } of tasks) {
    totalCount += (task.to - task.from) * unitCost(task);
    doneCount += (progress?.doneCount ?? 0) * unitCost(task);
  }
  return { doneCount, totalCount };
}
