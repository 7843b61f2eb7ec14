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

/** The moment an answer leaves, as a distribution over units. */
export interface LatencyDistribution {
  /** No write takes longer. */
  readonly unitsMax: Units;
  /** P(latency <= t); never falls as t grows. */
  atMost(t: Units): number;
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
  const known = new Map<string, SumOfSpans>();
  const sumOf = (spans: readonly Span[]): SumOfSpans => {
    const name = spans.map(({ min, max }) => `${min}-${max}`).join();
    const sum = known.get(name) ?? sumOfSpans(spans);
    known.set(name, sum);
    return sum;
  };
  const followers = Array.from({ length: size - 1 }, (_, i) => {
    const flight = spanBetween(links, places[0]!, places[i + 1]!);
    return sumOf([flight, diskSpanOf(links, i + 1, size), flight]);
  });
  const leaderDisk = sumOf([diskSpanOf(links, 0, size)]);
  const neededCount = quorumOf(size) - 1;
  return {
    unitsMax: Math.max(...[leaderDisk, ...followers].map(({ min, atMost }) => min + atMost.length - 1)),
    atMost: (t) => at(leaderDisk, t) * atLeast(neededCount, followers.map((follower) => at(follower, t))),
  };
}

/** The usual two points of it, in milliseconds. */
export function latencyPoints(distribution: LatencyDistribution): CommitLatency {
  return {
    p50Ms: quantile(distribution, 0.5) / UNITS_PER_MS,
    p99Ms: quantile(distribution, 0.99) / UNITS_PER_MS,
  };
}

/** The smallest time by which at least `share` of the writes are answered. */
export function quantile({ unitsMax, atMost }: LatencyDistribution, share: number): Units {
  let low = 0;
  // The last probability is 1 up to rounding, so the search never needs to ask there.
  let high = unitsMax;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (atMost(middle) >= share) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** A sum of independent spans: `atMost[i]` is P(sum <= min + i). */
interface SumOfSpans {
  readonly min: Units;
  readonly atMost: Float64Array;
}

function sumOfSpans(spans: readonly Span[]): SumOfSpans {
  let weights: Float64Array = Float64Array.of(1);
  for (const { min, max } of spans) weights = plusUniform(weights, max - min + 1);
  let sum = 0;
  return {
    min: spans.reduce((total, span) => total + span.min, 0),
    atMost: weights.map((weight) => sum += weight),
  };
}

/** Weights of a sum with one more term of 0 to `width - 1`: a sliding window over those before. */
function plusUniform(weights: Float64Array, width: number): Float64Array {
  const sums = new Float64Array(weights.length + width - 1);
  let window = 0;
  for (let t = 0; t < sums.length; t++) {
    window += weights[t] ?? 0;
    window -= weights[t - width] ?? 0;
    sums[t] = Math.max(0, window) / width;
  }
  return sums;
}

function at({ min, atMost }: SumOfSpans, t: Units): number {
  if (t < min) return 0;
  return atMost[t - min] ?? 1;
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
