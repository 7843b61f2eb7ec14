// What has been measured so far: results of tasks in any order, put back into their places. A page draws from it while
// workers are still busy; what is missing is null.

import { binomial, cutCount } from "./formulas.ts";
import type { Units } from "./links.ts";
import type { CutVerdict } from "./measured/cuts.ts";
import type { Verdict } from "./measured/probe.ts";
import type { BlockOfWrites, MessageCounts } from "./measured/writes.ts";
import type { BlockOfYears } from "./monte_carlo.ts";
import { countIn, failureSubsets } from "./subsets.ts";
import type { LabResult, LabTask } from "./work.ts";

/** One set of members that were down, and whether a write still committed. */
export interface FailureFinding {
  /** Bit i: the i-th member was down. */
  readonly down: number;
  /** Null while this set has not been tried. */
  readonly works: boolean | null;
  /** Milliseconds of the simulated clock (etcd's divided by ten) until a write was answered. */
  readonly afterMs: number | null;
}

export class Findings {
  readonly #failures = new Map<number, (Verdict | undefined)[]>();
  readonly #cuts = new Map<number, (CutVerdict | undefined)[]>();
  readonly #writes = new Map<number, BlockOfWrites[]>();
  readonly #years = new Map<number, BlockOfYears[]>();

  /** Takes in a result. A range that is there already is replaced by the same. */
  add(result: LabResult): void {
    const { task } = result;
    switch (result.kind) {
      case "failures":
        return place(this.#failures, task, result.verdicts);
      case "cuts":
        return place(this.#cuts, task, result.verdicts);
      case "writes":
        return addBlocks(this.#writes, task, result.blocks);
      case "years":
        return addBlocks(this.#years, task, result.blocks);
    }
  }

  /** Every set of failures in the order of drawing: fewest first, then lexicographic. */
  failures(size: number): readonly FailureFinding[] {
    const verdicts = this.#failures.get(size) ?? [];
    return failureSubsets(size).map((down, i) => {
      const verdict = verdicts[i];
      return { down, works: verdict === undefined ? null : verdict !== null, afterMs: verdict ?? null };
    });
  }

  /** For 0, 1, … `size` members down: in how many of the sets a write committed; null until all were tried. */
  workingSubsets(size: number): readonly number[] | null {
    const working = new Array<number>(size + 1).fill(0);
    for (const { down, works } of this.failures(size)) {
      if (works === null) return null;
      if (works) working[countIn(down)]! += 1;
    }
    return working;
  }

  /** The largest count such that a write committed whichever so many were down; null until all were tried. */
  toleratedFailures(size: number): number | null {
    const working = this.workingSubsets(size);
    if (!working) return null;
    let count = -1;
    while (count + 1 <= size && working[count + 1] === binomial(size, count + 1)) count += 1;
    return count;
  }

  /** The smallest number of members that suffice, whichever they are; null until all were tried. */
  quorum(size: number): number | null {
    const tolerated = this.toleratedFailures(size);
    return tolerated === null ? null : size - tolerated;
  }

  /** In the order of `twoWayCuts`; null for a cut that was not tried yet. */
  cuts(size: number): readonly (CutVerdict | null)[] {
    const verdicts = this.#cuts.get(size) ?? [];
    return Array.from({ length: cutCount(size) }, (_, i) => verdicts[i] ?? null);
  }

  /** Cuts after which a write committed on neither side, and on both (which must not be); null until all were tried. */
  cutCounts(size: number): { readonly neither: number; readonly both: number } | null {
    let neither = 0;
    let both = 0;
    for (const cut of this.cuts(size)) {
      if (cut === null) return null;
      if (cut.smaller === null && cut.larger === null) neither += 1;
      if (cut.smaller !== null && cut.larger !== null) both += 1;
    }
    return { neither, both };
  }

  /** Every timed write of this size. */
  latencies(size: number): readonly Units[] {
    return this.#blocksOfWrites(size).flatMap((block) => block.latencies);
  }

  /** Messages of all these writes together. */
  messageCounts(size: number): MessageCounts & { readonly writes: number } {
    const sums = { writes: 0, appends: 0, acknowledgements: 0, commitNews: 0, others: 0 };
    for (const { latencies, counts } of this.#blocksOfWrites(size)) {
      sums.writes += latencies.length;
      sums.appends += counts.appends;
      sums.acknowledgements += counts.acknowledgements;
      sums.commitNews += counts.commitNews;
      sums.others += counts.others;
    }
    return sums;
  }

  /** For `yearsFigures`. */
  years(size: number): readonly BlockOfYears[] {
    return inOrder(this.#years.get(size) ?? []);
  }

  #blocksOfWrites(size: number): readonly BlockOfWrites[] {
    return inOrder(this.#writes.get(size) ?? []);
  }
}

function sizeOf(task: LabTask): number {
  return task.kind === "years" ? task.plan.stands.length : task.size;
}

function place<T>(bySize: Map<number, (T | undefined)[]>, task: LabTask, verdicts: readonly T[]): void {
  const size = sizeOf(task);
  const all = bySize.get(size) ?? [];
  verdicts.forEach((verdict, i) => all[task.from + i] = verdict);
  bySize.set(size, all);
}

function addBlocks<T extends { readonly block: number }>(
  bySize: Map<number, T[]>,
  task: LabTask,
  blocks: readonly T[],
): void {
  const fresh = new Set(blocks.map(({ block }) => block));
  const kept = (bySize.get(sizeOf(task)) ?? []).filter(({ block }) => !fresh.has(block));
  bySize.set(sizeOf(task), [...kept, ...blocks]);
}

function inOrder<T extends { readonly block: number }>(blocks: readonly T[]): readonly T[] {
  return [...blocks].sort((a, b) => a.block - b.block);
}
