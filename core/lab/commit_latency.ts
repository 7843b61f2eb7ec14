// How long a write waits, exactly. The leader writes to its own disk and sends to all followers at once; the answer
// leaves when its own disk is done and enough followers have acknowledged to make a majority with it, that is at the
// (q-1)-th fastest of them. All delays are uniform over whole units, so the distribution of that moment is a finite
// sum: no sampling, no error. The client sits beside the leader, nothing else is under way, and a processor takes no
// time.

import { quorumOf } from "./formulas.ts";
import {
  diskSpanOf,
  type LinkPlan,
  placesOf,
  type Span,
  spanBetween,
  type Units,
  UNITS_PER_MS,
} from "./links.ts";

export interface CommitLatency {
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The moment an answer leaves, as a distribution over units: `atMost[t]` is P(latency <= t). */
export interface LatencyDistribution {
  readonly atMost: Float64Array;
}

/**
 * The latency of a commit for `size` members dealt in turn to the places of `links`, the first of them leading.
 * @param size 1 to 9.
 * @param places of each member instead, the leader's first.
 */
export function commitLatency(
  links: LinkPlan,
  size: number,
  places: readonly number[] = placesOf(size, links),
): LatencyDistribution {
  const followers = Array.from({ length: size - 1 }, (_, i) => {
    const flight = spanBetween(links, places[0]!, places[i + 1]!);
    return atMost([flight, diskSpanOf(links, i + 1, size), flight]);
  });
  const leaderDisk = atMost([diskSpanOf(links, 0, size)]);
  const neededCount = quorumOf(size) - 1;
  const length = Math.max(leaderDisk.length, ...followers.map((cdf) => cdf.length));
  const distribution = new Float64Array(length);
  for (let t = 0; t < length; t++) {
    distribution[t] = at(leaderDisk, t) * atLeast(neededCount, followers.map((cdf) => at(cdf, t)));
  }
  return { atMost: distribution };
}

/** The usual two points of it, in milliseconds. */
export function latencyPoints(distribution: LatencyDistribution): CommitLatency {
  return {
    p50Ms: quantile(distribution, 0.5) / UNITS_PER_MS,
    p99Ms: quantile(distribution, 0.99) / UNITS_PER_MS,
  };
}

/** The smallest time by which at least `share` of the writes are answered. */
export function quantile({ atMost }: LatencyDistribution, share: number): Units {
  const t = atMost.findIndex((probability) => probability >= share);
  // The last probability is 1 up to rounding.
  return t < 0 ? atMost.length - 1 : t;
}

/** P(sum of independent spans <= t) for t from 0 to their largest sum. */
function atMost(spans: readonly Span[]): Float64Array {
  let weights: Float64Array = Float64Array.of(1);
  for (const span of spans) weights = plusUniform(weights, span);
  let sum = 0;
  return weights.map((weight) => sum += weight);
}

/** The distribution of a sum with one more uniform span: a sliding window over the one before. */
function plusUniform(weights: Float64Array, { min, max }: Span): Float64Array {
  const width = max - min + 1;
  const sums = new Float64Array(weights.length + max);
  let window = 0;
  for (let t = min; t < sums.length; t++) {
    window += weights[t - min] ?? 0;
    window -= weights[t - min - width] ?? 0;
    sums[t] = Math.max(0, window) / width;
  }
  return sums;
}

function at(cdf: Float64Array, t: number): number {
  return t < cdf.length ? cdf[t]! : 1;
}

/** P(at least `count` of independent events), each with its own probability. */
function atLeast(count: number, probabilities: readonly number[]): number {
  // reached[k]: k of the events so far; the last one stands for `count` or more.
  const reached = new Float64Array(count + 1);
  reached[0] = 1;
  for (const p of probabilities) {
    for (let k = count; k >= 0; k--) {
      const stays = k === count ? reached[k]! : reached[k]! * (1 - p);
      reached[k] = stays + (k > 0 ? reached[k - 1]! * p : 0);
    }
  }
  return reached[count]!;
}
