// Formula against measurement, cell by cell.

import { type LatencyDistribution, quantile } from "./commit_latency.ts";
import { type Units, UNITS_PER_MS } from "./links.ts";

/** One cell of the table: `measured` and `agrees` are null while it has not been measured. */
export interface Cell {
  readonly formula: number;
  readonly measured: number | null;
  readonly agrees: boolean | null;
}

/** A figure that must be met exactly, up to the rounding of a sum of fractions. */
export function exactCell(formula: number, measured: number | null): Cell {
  if (measured === null) return { formula, measured, agrees: null };
  const tolerance = 1e-12 * Math.max(Math.abs(formula), Math.abs(measured));
  return { formula, measured, agrees: Math.abs(formula - measured) <= tolerance };
}

/**
 * A point of a distribution, in milliseconds, beside the same point of a sample. They agree when the true one lies
 * between two samples so far apart that chance alone would put it outside once in 15,000 times: the number of samples
 * below it is binomial, and four deviations of that are allowed to either side.
 * @param samples in any order; empty while nothing was measured.
 * @param share 0.5 for the median.
 */
export function quantileCell(
  distribution: LatencyDistribution,
  samples: readonly Units[],
  share: number,
): Cell {
  const truth = quantile(distribution, share);
  const formula = truth / UNITS_PER_MS;
  if (samples.length === 0) return { formula, measured: null, agrees: null };
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length * share;
  const reach = DEVIATIONS * Math.sqrt(sorted.length * share * (1 - share));
  const low = sorted[Math.floor(middle - reach) - 1] ?? 0;
  const high = sorted[Math.ceil(middle + reach)] ?? Infinity;
  return {
    formula,
    measured: sorted[Math.ceil(middle) - 1]! / UNITS_PER_MS,
    agrees: low <= truth && truth <= high,
  };
}

const DEVIATIONS = 4;
