// Independence is the lie in the formula: members share racks, and racks share zones. Here every cause of failure is
// named: a member of its own, its rack with all that stand in it, its zone with all its racks. A member is up when all
// three are. The share of time with a quorum is still a finite sum, so that this too has an exact answer.

import { MINUTES_PER_YEAR, quorumOf } from "./formulas.ts";
import { type LabRefusal, refusalOfAvailability, refusalOfSize } from "./sizes.ts";

/** Where a member stands. Racks are numbered within their zone. */
export interface Stand {
  readonly zone: number;
  readonly rack: number;
}

export interface FailurePlan {
  /** One stand for each member: their number is the size of the cluster. */
  readonly stands: readonly Stand[];
  /** Share of time that a member is up, whatever brings it down: shared causes are a part of it, not on top. */
  readonly memberAvailability: number;
  /** 1 when racks never fail as a whole. */
  readonly rackAvailability: number;
  readonly zoneAvailability: number;
  /** Mean hours until a failed member, rack or zone is back. */
  readonly repairHours: {
    readonly member: number;
    readonly rack: number;
    readonly zone: number;
  };
}

/** Members, racks and zones that fail one by one: the world of the formula. */
export function independentPlan(size: number, memberAvailability: number): FailurePlan {
  return {
    stands: Array.from({ length: size }, (_, i): Stand => ({ zone: i, rack: 0 })),
    memberAvailability,
    rackAvailability: 1,
    zoneAvailability: 1,
    repairHours: { member: 12, rack: 12, zone: 12 },
  };
}

/** Members dealt to zones, `counts[z]` to zone z, each in a rack of its own. */
export function standsOf(counts: readonly number[]): readonly Stand[] {
  return counts.flatMap((count, zone) => Array.from({ length: count }, (_, rack): Stand => ({ zone, rack })));
}

/** Members dealt in turn to zones, and within each zone in turn to its racks. */
export function standsDealt(
  { size, zoneCount, racksPerZone }: {
    readonly size: number;
    readonly zoneCount: number;
    readonly racksPerZone: number;
  },
): readonly Stand[] {
  return Array.from({ length: size }, (_, i): Stand => ({
    zone: i % zoneCount,
    rack: Math.floor(i / zoneCount) % racksPerZone,
  }));
}

/** @returns why nothing can be computed for this plan, null when it can. */
export function refusalOfPlan(plan: FailurePlan): LabRefusal | null {
  const { memberAvailability, rackAvailability, zoneAvailability, repairHours } = plan;
  const refusal = refusalOfSize(plan.stands.length) ?? refusalOfAvailability(memberAvailability) ??
    refusalOfAvailability(rackAvailability) ?? refusalOfAvailability(zoneAvailability);
  if (refusal) return refusal;
  const shared = rackAvailability * zoneAvailability;
  if (memberAvailability > shared) {
    return { kind: "refused", why: { key: "refused.shared", values: { memberAvailability, shared } } };
  }
  for (const hours of Object.values(repairHours)) {
    if (!(hours > 0 && hours <= HOURS_MAX)) {
      return { kind: "refused", why: { key: "refused.repair", values: { hours, hoursMax: HOURS_MAX } } };
    }
  }
  return null;
}

/** A repair that takes ten years is none. */
const HOURS_MAX = 87_600;

/** What is left to the member itself: up this share of time while its rack and zone are up. */
export function ownAvailability(plan: FailurePlan): number {
  const shared = plan.rackAvailability * plan.zoneAvailability;
  return shared === 0 ? 0 : plan.memberAvailability / shared;
}

export interface SharedFigures {
  readonly kind: "figures";
  readonly availability: number;
  readonly unavailability: number;
  readonly downMinutesPerYear: number;
}

/** The share of time with a quorum under shared failures, exactly. */
export function sharedFigures(plan: FailurePlan): SharedFigures | LabRefusal {
  const refusal = refusalOfPlan(plan);
  if (refusal) return refusal;
  const own = ownAvailability(plan);
  let cluster: readonly number[] = [1];
  for (const zone of groupBy(plan.stands, (stand) => stand.zone)) {
    let inZone: readonly number[] = [1];
    for (const rack of groupBy(zone, (stand) => stand.rack)) {
      let inRack: readonly number[] = [1];
      for (let i = 0; i < rack.length; i++) inRack = convolve(inRack, [1 - own, own]);
      inZone = convolve(inZone, unlessDown(inRack, plan.rackAvailability));
    }
    cluster = convolve(cluster, unlessDown(inZone, plan.zoneAvailability));
  }
  const quorum = quorumOf(plan.stands.length);
  const sum = (part: readonly number[]) => part.reduce((total, p) => total + p, 0);
  const unavailability = sum(cluster.slice(0, quorum));
  return {
    kind: "figures",
    availability: sum(cluster.slice(quorum)),
    unavailability,
    downMinutesPerYear: unavailability * MINUTES_PER_YEAR,
  };
}

/** Distribution of how many are up, when all of them go down together for a share of the time. */
function unlessDown(upCounts: readonly number[], availability: number): readonly number[] {
  return upCounts.map((p, count) => p * availability + (count === 0 ? 1 - availability : 0));
}

function convolve(a: readonly number[], b: readonly number[]): readonly number[] {
  const sums = new Array<number>(a.length + b.length - 1).fill(0);
  a.forEach((p, i) => b.forEach((q, j) => sums[i + j]! += p * q));
  return sums;
}

/** Lists of those that share a key, in order of first appearance. */
export function groupBy<T>(items: readonly T[], keyOf: (item: T) => number): readonly (readonly T[])[] {
  const groups = new Map<number, T[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group) group.push(item);
    else groups.set(keyOf(item), [item]);
  }
  return [...groups.values()];
}
