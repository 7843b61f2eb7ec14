// Years of failures and repairs. Members, racks and zones each go up and down by themselves, for exponential times
// around their means; what is counted is the time without a quorum. Years come in blocks that know nothing of each
// other, each from a seed of its own, so that they may be dealt to any number of workers.

import { Prng } from "../base/prng.ts";
import { nextExponential } from "./exponential.ts";
import { MINUTES_PER_YEAR, quorumOf, toleratedFailures } from "./formulas.ts";
import { downShareInterval, type Interval, type OutageSums, Z_95 } from "./interval.ts";
import type { LabRun } from "./progress.ts";
import { type FailurePlan, groupBy, ownAvailability } from "./shared_failures.ts";

export const HOURS_PER_YEAR = 8_760;
/** Long against any repair, so that few outages are cut in two; short enough to stop within. */
export const YEARS_PER_BLOCK = 100;

/** What one block of years saw. */
export interface BlockOfYears extends OutageSums {
  readonly block: number;
  /** Failures and repairs. */
  readonly eventCount: number;
}

export interface YearsFigures {
  readonly years: number;
  readonly eventCount: number;
  readonly outageCount: number;
  readonly availability: number;
  readonly unavailability: number;
  readonly downMinutesPerYear: number;
  /** Of `unavailability`: see interval.ts for the method. */
  readonly interval: Interval;
  /** Two-sided confidence of the interval. */
  readonly confidencePercent: 95;
}

/** Lives through the blocks `from` to `to - 1`. @param plan one that is not refused. */
export function* liveYears(
  plan: FailurePlan,
  { seed, from, to }: { readonly seed: number; readonly from: number; readonly to: number },
): LabRun<readonly BlockOfYears[]> {
  const blocks: BlockOfYears[] = [];
  for (let block = from; block < to; block++) {
    blocks.push(liveBlock(plan, seed, block));
    yield { doneCount: block + 1 - from, totalCount: to - from };
  }
  return blocks;
}

/** The figures of all blocks; the same whichever worker lived through which. */
export function yearsFigures(plan: FailurePlan, blocks: readonly BlockOfYears[]): YearsFigures {
  const sums = { hours: 0, outageCount: 0, downHours: 0, downHoursSquared: 0, eventCount: 0 };
  for (const block of [...blocks].sort((a, b) => a.block - b.block)) {
    sums.hours += block.hours;
    sums.outageCount += block.outageCount;
    sums.downHours += block.downHours;
    sums.downHoursSquared += block.downHoursSquared;
    sums.eventCount += block.eventCount;
  }
  const unavailability = sums.hours === 0 ? 0 : sums.downHours / sums.hours;
  return {
    years: sums.hours / HOURS_PER_YEAR,
    eventCount: sums.eventCount,
    outageCount: sums.outageCount,
    availability: 1 - unavailability,
    unavailability,
    downMinutesPerYear: unavailability * MINUTES_PER_YEAR,
    interval: downShareInterval(sums, Z_95, outageHoursOf(plan)),
    confidencePercent: 95,
  };
}

/**
 * How long an outage lasts at the mean, no shorter than it may be. When members fail alone, the first repair among the
 * quorum's worth that is down ends it; when something shared is down, that one's repair.
 */
function outageHoursOf({ stands, rackAvailability, zoneAvailability, repairHours }: FailurePlan): number {
  const { member, rack, zone } = repairHours;
  if (rackAvailability < 1 || zoneAvailability < 1) return Math.max(member, rack, zone);
  return member / (toleratedFailures(stands.length) + 1);
}

/** Something that fails as one: the members it takes down, and its two mean times. */
interface Cause {
  readonly members: readonly number[];
  readonly availability: number;
  readonly upHours: number;
  readonly downHours: number;
}

function causesOf(plan: FailurePlan): readonly Cause[] {
  const { stands, repairHours } = plan;
  const places = stands.map((stand, member) => ({ ...stand, member }));
  const zones = groupBy(places, (place) => place.zone);
  const racks = zones.flatMap((zone) => groupBy(zone, (place) => place.rack));
  const cause = (group: readonly { readonly member: number }[], availability: number, downHours: number) => ({
    members: group.map(({ member }) => member),
    availability,
    upHours: availability === 1 ? Infinity : (downHours * availability) / (1 - availability),
    // Never up: there is nothing to come back to.
    downHours: availability === 0 ? Infinity : downHours,
  });
  return [
    ...places.map((place) => cause([place], ownAvailability(plan), repairHours.member)),
    ...racks.map((rack) => cause(rack, plan.rackAvailability, repairHours.rack)),
    ...zones.map((zone) => cause(zone, plan.zoneAvailability, repairHours.zone)),
  ].filter(({ availability }) => availability < 1);
}

function liveBlock(plan: FailurePlan, seed: number, block: number): BlockOfYears {
  const prng = prngOf(seed, block);
  const causes = causesOf(plan);
  const size = plan.stands.length;
  const quorum = quorumOf(size);
  const endHours = YEARS_PER_BLOCK * HOURS_PER_YEAR;
  /** How many causes keep each member down. */
  const downCauses = new Uint8Array(size);
  const isDown = new Uint8Array(causes.length);
  const nextAt = new Float64Array(causes.length);
  let upCount = size;

  const turn = (c: number) => {
    isDown[c]! ^= 1;
    for (const member of causes[c]!.members) {
      if (isDown[c]) upCount -= downCauses[member]!++ === 0 ? 1 : 0;
      else upCount += --downCauses[member]! === 0 ? 1 : 0;
    }
  };
  const planNext = (c: number, nowHours: number) => {
    const { upHours, downHours } = causes[c]!;
    const meanHours = isDown[c] ? downHours : upHours;
    nextAt[c] = meanHours === Infinity ? Infinity : nowHours + meanHours * nextExponential(prng);
  };

  // Begin in the middle of life: each cause up or down in its share, and a rest of time to go that, having no
  // memory, is as long as a whole one.
  causes.forEach(({ availability }, c) => {
    if (prng.nextUint32() >= availability * 0x1_0000_0000) turn(c);
    planNext(c, 0);
  });

  let outageSince = upCount < quorum ? 0 : -1;
  let outageCount = 0;
  let downHours = 0;
  let downHoursSquared = 0;
  let eventCount = 0;
  const endOutage = (nowHours: number) => {
    const hours = nowHours - outageSince;
    outageCount += 1;
    downHours += hours;
    downHoursSquared += hours * hours;
    outageSince = -1;
  };
  for (;;) {
    let c = -1;
    let atHours = endHours;
    for (let i = 0; i < nextAt.length; i++) {
      if (nextAt[i]! < atHours) {
        atHours = nextAt[i]!;
        c = i;
      }
    }
    if (c < 0) break;
    eventCount += 1;
    turn(c);
    planNext(c, atHours);
    if (upCount < quorum && outageSince < 0) outageSince = atHours;
    else if (upCount >= quorum && outageSince >= 0) endOutage(atHours);
  }
  if (outageSince >= 0) endOutage(endHours);
  return { block, hours: endHours, outageCount, downHours, downHoursSquared, eventCount };
}

/** A generator for each block, far apart even where seeds are neighbours. */
function prngOf(seed: number, block: number): Prng {
  const own = new Prng(seed).state();
  return new Prng([own[0], own[1], (own[2] ^ Math.imul(block + 1, 0x9e3779b1)) >>> 0, 1]).fork();
}
