// From what somebody needs to how many members, and where: each size from 1 to 9 is placed as well as it can be and
// held against every wish, and the smallest that meets them all is advised. It is never an even one: take any member
// away from an even cluster, and what is left has a majority whenever the whole had one, needs one acknowledgement
// less, and loses as little to any zone.

import { type CommitLatency, commitLatency, latencyPoints } from "./commit_latency.ts";
import { messagesPerWrite, quorumOf, toleratedFailures } from "./formulas.ts";
import { type LinkPlan, refusalOfLinks } from "./links.ts";
import type { LabSentence } from "./sentences.ts";
import { independentPlan, type SharedFigures, sharedFigures, standsOf } from "./shared_failures.ts";
import { type LabRefusal, refusalOfAvailability, SIZE_MAX, SIZES } from "./sizes.ts";

export interface Wishes {
  /** So many members may be down, whichever they are. 0: none need be survived. */
  readonly failures: number;
  /** Any one zone may be lost, and `besides` more members at the same time; null when zones need not be survived. */
  readonly zoneLoss: { readonly besides: number } | null;
  /** Zones there are to place members in, 1 to 9. */
  readonly zoneCount: number;
  /** Share of time with a majority, at least 0 and below 1; null when it does not matter. 0.9999: four nines. */
  readonly availability: number | null;
  /** Share of time that a member is up, the outages of its zone included. */
  readonly memberAvailability: number;
  /** Share of time that a zone is up as a whole; 1 when zones never fail. */
  readonly zoneAvailability: number;
  /** How far zones are apart, in the order of their numbers. */
  readonly links: LinkPlan;
  /** 99 in 100 writes shall commit within this, wherever the leader is; null when it does not matter. */
  readonly commitP99MsMax: number | null;
}

/** What becomes of one size. */
export interface SizeVerdict {
  readonly size: number;
  /** Members in each zone used, fullest first: the first zone gets the first count, and so on. */
  readonly counts: readonly number[];
  readonly works: boolean;
  /** Why it fails; of a size that works but is not advised, why a smaller one is better. */
  readonly reasons: readonly LabSentence[];
  readonly availability: number;
  readonly downMinutesPerYear: number;
}

export type Advice =
  | {
    readonly kind: "advice";
    readonly size: number;
    readonly counts: readonly number[];
    readonly availability: number;
    readonly downMinutesPerYear: number;
    readonly messagesPerWrite: number;
    /** With the leader in the zone where commits take longest. */
    readonly latency: CommitLatency;
    /** Why this meets each wish. */
    readonly reasons: readonly LabSentence[];
    /** What it costs, and what the figures leave out. */
    readonly notes: readonly LabSentence[];
    readonly verdicts: readonly SizeVerdict[];
  }
  /** No size meets all wishes; the reasons are those of the size that comes nearest. */
  | {
    readonly kind: "impossible";
    readonly reasons: readonly LabSentence[];
    readonly verdicts: readonly SizeVerdict[];
  };

/** Sizes and places the cluster, or says why none will do. */
export function adviseSize(wishes: Wishes): Advice | LabRefusal {
  const why = refusalOfWishes(wishes);
  if (why) return why;
  const judged = SIZES.map((size) => judge(size, wishes));
  const advised = judged.find(({ failures }) => failures.length === 0);
  const verdicts = judged.map(({ size, placing, failures }): SizeVerdict => ({
    size,
    counts: placing.counts,
    works: failures.length === 0,
    reasons: failures.length > 0 ? failures : size === advised?.size ? [] : [dispensable(size)],
    availability: placing.figures.availability,
    downMinutesPerYear: placing.figures.downMinutesPerYear,
  }));
  if (!advised) {
    const fewest = Math.min(...judged.map(({ failures }) => failures.length));
    const nearest = judged.find(({ failures }) => failures.length === fewest)!;
    return { kind: "impossible", reasons: nearest.failures, verdicts };
  }
  const { size, placing } = advised;
  const latency = worstLatency(wishes.links, placing.counts);
  return {
    kind: "advice",
    size,
    counts: placing.counts,
    availability: placing.figures.availability,
    downMinutesPerYear: placing.figures.downMinutesPerYear,
    messagesPerWrite: messagesPerWrite(size),
    latency,
    reasons: reasonsFor(size, placing, latency, wishes),
    notes: notesOn(size, placing, latency, wishes),
    verdicts,
  };
}

function refusalOfWishes(wishes: Wishes): LabRefusal | null {
  const { failures, zoneLoss, zoneCount, availability, commitP99MsMax } = wishes;
  const refused = (why: LabSentence): LabRefusal => ({ kind: "refused", why });
  for (const count of [failures, zoneLoss?.besides ?? 0]) {
    if (!Number.isInteger(count) || count < 0) {
      return refused({ key: "refused.failures", values: { failures: count } });
    }
  }
  if (!Number.isInteger(zoneCount) || zoneCount < 1 || zoneCount > SIZE_MAX) {
    return refused({ key: "refused.zones", values: { zoneCount, zoneCountMax: SIZE_MAX } });
  }
  if (availability !== null && !(availability >= 0 && availability < 1)) {
    return refused({ key: "refused.target", values: { target: availability } });
  }
  if (commitP99MsMax !== null && !(commitP99MsMax > 0)) {
    return refused({ key: "refused.latency", values: { limitMs: commitP99MsMax } });
  }
  const links = refusalOfLinks(wishes.links);
  if (links) return refused(links);
  const shares = refusalOfAvailability(wishes.memberAvailability) ??
    refusalOfAvailability(wishes.zoneAvailability);
  if (shares) return shares;
  const figures = figuresOfPlacing([1], wishes);
  return figures.kind === "refused" ? figures : null;
}

/** Members dealt to zones, and what that is worth. */
interface Placing {
  readonly counts: readonly number[];
  readonly figures: SharedFigures;
  /** Members left, at the least, after the loss that was wished to be survived. */
  readonly left: number;
}

interface Judgement {
  readonly size: number;
  readonly placing: Placing;
  readonly failures: readonly LabSentence[];
}

function judge(size: number, wishes: Wishes): Judgement {
  const placing = place(size, wishes);
  const { counts, figures, left } = placing;
  const { failures, zoneLoss, zoneCount, availability, commitP99MsMax } = wishes;
  const quorum = quorumOf(size);
  const why: LabSentence[] = [];
  if (toleratedFailures(size) < failures) {
    why.push({ key: "not.failures", values: { size, tolerated: toleratedFailures(size), failures } });
  }
  if (zoneLoss && left < quorum) {
    const { besides } = zoneLoss;
    if (zoneCount === 1) why.push({ key: "not.oneZone", values: {} });
    else if (zoneCount === 2) {
      const larger = Math.ceil(size / 2);
      why.push({ key: "not.twoZones", values: { size, larger, left: size - larger, quorum } });
    } else if (besides === 0) why.push({ key: "not.zone", values: { size, counts, left, quorum } });
    else why.push({ key: "not.zoneAndFailures", values: { size, counts, failures: besides, left, quorum } });
  }
  if (availability !== null && figures.unavailability > 1 - availability) {
    why.push({
      key: "not.availability",
      values: { size, availability: figures.availability, target: availability },
    });
  }
  if (commitP99MsMax !== null) {
    const { p99Ms } = worstLatency(wishes.links, counts);
    if (p99Ms > commitP99MsMax) {
      why.push({ key: "not.latency", values: { size, p99Ms, limitMs: commitP99MsMax } });
    }
  }
  return { size, placing, failures: why };
}

/**
 * The best way to deal `size` members to the zones: one that survives the loss wished for, if there is any; among
 * those the one that is up most; among equals the one spread widest.
 */
function place(size: number, wishes: Wishes): Placing {
  const quorum = quorumOf(size);
  const besides = wishes.zoneLoss?.besides ?? 0;
  let best: Placing | null = null;
  for (const counts of dealings(size, wishes.zoneCount)) {
    const figures = figuresOfPlacing(counts, wishes);
    if (figures.kind === "refused") continue;
    const placing = { counts, figures, left: Math.max(0, size - counts[0]! - besides) };
    if (best === null || isBetter(placing, best, wishes.zoneLoss ? quorum : 0)) best = placing;
  }
  return best!;
}

function isBetter(a: Placing, b: Placing, quorum: number): boolean {
  if ((a.left >= quorum) !== (b.left >= quorum)) return a.left >= quorum;
  // When none survives a zone, the widest spread shows best why.
  if (a.left < quorum) return a.left > b.left;
  const difference = a.figures.unavailability - b.figures.unavailability;
  const rounding = 1e-9 * Math.max(a.figures.unavailability, b.figures.unavailability);
  if (Math.abs(difference) > rounding) return difference < 0;
  return a.counts[0]! < b.counts[0]!;
}

/** Every way to write `size` as a sum of at most `zoneCount` counts, largest first in each. */
export function dealings(size: number, zoneCount: number): readonly (readonly number[])[] {
  const all: (readonly number[])[] = [];
  const deal = (rest: number, countMax: number, counts: readonly number[]) => {
    if (rest === 0) all.push(counts);
    if (rest === 0 || counts.length === zoneCount) return;
    for (let count = Math.min(rest, countMax); count >= 1; count--) {
      deal(rest - count, count, [...counts, count]);
    }
  };
  deal(size, size, []);
  return all;
}

function figuresOfPlacing(counts: readonly number[], wishes: Wishes): SharedFigures | LabRefusal {
  const { memberAvailability, zoneAvailability } = wishes;
  const plan = independentPlan(1, memberAvailability);
  return sharedFigures({ ...plan, stands: standsOf(counts), zoneAvailability });
}

/** The latency with the leader in the zone where it is longest: leaders go where elections take them. */
function worstLatency(links: LinkPlan, counts: readonly number[]): CommitLatency {
  const places = counts.flatMap((count, zone) => Array.from({ length: count }, () => zone));
  const points = counts.map((_, zone) => {
    const others = places.toSpliced(places.indexOf(zone), 1);
    return latencyPoints(commitLatency(links, places.length, [zone, ...others]));
  });
  return points.reduce((worst, point) => (point.p99Ms > worst.p99Ms ? point : worst));
}

function dispensable(size: number): LabSentence {
  return size % 2 === 0
    ? { key: "not.even", values: { size, tolerated: toleratedFailures(size) } }
    : { key: "not.larger", values: { size, messages: messagesPerWrite(size) } };
}

function reasonsFor(
  size: number,
  { counts, figures, left }: Placing,
  { p99Ms }: CommitLatency,
  { failures, zoneLoss, availability, commitP99MsMax }: Wishes,
): readonly LabSentence[] {
  const quorum = quorumOf(size);
  const reasons: LabSentence[] = [];
  if (failures > 0) reasons.push({ key: "enough.failures", values: { failures, size, quorum } });
  if (zoneLoss) {
    const { besides } = zoneLoss;
    reasons.push(
      besides === 0
        ? { key: "enough.zone", values: { counts, left, size, quorum } }
        : { key: "enough.zoneAndFailures", values: { counts, failures: besides, left, quorum } },
    );
  }
  if (availability !== null) {
    const { downMinutesPerYear } = figures;
    reasons.push({
      key: "enough.availability",
      values: { availability: figures.availability, target: availability, downMinutesPerYear },
    });
  }
  if (commitP99MsMax !== null) {
    reasons.push({ key: "enough.latency", values: { p99Ms, limitMs: commitP99MsMax } });
  }
  return reasons.length > 0 ? reasons : [{ key: "enough.alone", values: {} }];
}

function notesOn(
  size: number,
  { counts }: Placing,
  { p50Ms, p99Ms }: CommitLatency,
  { zoneCount, zoneAvailability }: Wishes,
): readonly LabSentence[] {
  const messages = messagesPerWrite(size);
  const notes: LabSentence[] = [
    { key: "cost.messages", values: { size, messages } },
    { key: "cost.latency", values: { p50Ms, p99Ms } },
  ];
  if (size > ADVISED_SIZE_MAX) notes.push({ key: "cost.overSeven", values: { size, messages } });
  if (zoneAvailability === 1) notes.push({ key: "note.independent", values: {} });
  if (counts.length === 1 && size > 1) {
    notes.push({ key: "note.oneZone", values: { size } });
    if (zoneCount === 2) notes.push({ key: "note.allInOne", values: { zoneCount } });
  }
  return notes;
}

/** etcd advises three, five or seven members. */
const ADVISED_SIZE_MAX = 7;
