// How sure one may be of a share of downtime that was counted, not computed. Outages come rarely and one by one, each
// with a length of its own: a compound Poisson process. Its sum is close to a scaled Poisson variable with the same
// mean and variance (Bohm and Zech 2014, "Statistics of weighted Poisson events"), whose interval is known also for
// few events and for none, where an interval of "mean plus or minus two deviations" would claim certainty. A handful
// of outages says little of how long outages are, so one more of an assumed length is counted in for the scale.

/** What was seen in a stretch of time. */
export interface OutageSums {
  readonly hours: number;
  readonly outageCount: number;
  readonly downHours: number;
  /** Sum over outages of the square of their length. */
  readonly downHoursSquared: number;
}

export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Two-sided deviations of the normal distribution: 95 in 100. */
export const Z_95 = 1.959964;

/**
 * The share of time down that is consistent with what was seen.
 * @param z deviations to either side: 1.96 for 95 %, 3.29 for 99.9 %.
 * @param outageHours the mean length of an outage as far as it is known beforehand; too long is on the safe side.
 */
export function downShareInterval(seen: OutageSums, z: number, outageHours: number): Interval {
  const { hours, downHours, downHoursSquared } = seen;
  if (hours === 0) return { low: 0, high: 1 };
  // Down from the first moment to the last: no events to speak of, but nothing uncertain either.
  if (downHours >= hours) return { low: 1, high: 1 };
  // The mean square of an exponential length is twice the square of its mean.
  const scaleHours = (downHoursSquared + 2 * outageHours * outageHours) / (downHours + outageHours);
  const events = poissonInterval(downHours / scaleHours, z);
  return {
    low: Math.min(1, (events.low * scaleHours) / hours),
    high: Math.min(1, (events.high * scaleHours) / hours),
  };
}

/** Means of a Poisson variable consistent with a count, which need not be whole: Byar's approximation. */
function poissonInterval(count: number, z: number): Interval {
  const bound = (x: number, deviations: number) => {
    const root = 1 - 1 / (9 * x) + deviations / (3 * Math.sqrt(x));
    return x * root * root * root;
  };
  return { low: count === 0 ? 0 : Math.max(0, bound(count, -z)), high: bound(count + 1, z) };
}
