// How far members are from each other, and how fast their disks are: the one thing that commit latency depends on.
// Times are whole numbers of 10 microseconds, because the simulator's draws and clock are whole numbers.

import type { LabSentence } from "./sentences.ts";
import { SIZE_MAX } from "./sizes.ts";

/** A time in units of 10 microseconds. */
export type Units = number;
export const UNITS_PER_MS = 100;

/** Any whole number of units from `min` to `max`, each as likely as the others. */
export interface Span {
  readonly min: Units;
  readonly max: Units;
}

export interface LinkPlan {
  readonly name: LinkName | "custom";
  /** One way between two members of one place. */
  readonly within: Span;
  /**
   * One way between two places, for the pairs (0,1), (0,2), (1,2), … in this order: `pairOf` finds them. Pairs
   * beyond the list are as far apart as its last.
   */
  readonly between: readonly Span[];
  /** Places that the members are dealt to in turn: 1 when distance plays no part. */
  readonly placeCount: number;
  /** One write with its fsync. */
  readonly disk: Span;
  /** The last member's disk takes exactly this long; null when it is as the others'. */
  readonly stragglerDisk: Units | null;
}

export type LinkName = "lan" | "zones" | "regions" | "straggler";

const ms = (min: number, max: number): Span => ({ min: min * UNITS_PER_MS, max: max * UNITS_PER_MS });

/** An SSD behind fsync: etcd's documentation wants the 99th percentile below 10 ms, good ones stay near 1 ms. */
const DISK = ms(0.5, 2);
const RACK = ms(0.2, 0.4);

/** Examples in the right order of magnitude, not a promise about anyone's cloud. */
export const LINK_PLANS: Readonly<Record<LinkName, LinkPlan>> = {
  lan: { name: "lan", within: RACK, between: [RACK], placeCount: 1, disk: DISK, stragglerDisk: null },
  zones: {
    name: "zones",
    within: RACK,
    between: [ms(0.5, 0.9)],
    placeCount: 3,
    disk: DISK,
    stragglerDisk: null,
  },
  regions: {
    name: "regions",
    within: RACK,
    between: [ms(32, 38), ms(66, 75), ms(40, 46)],
    placeCount: 3,
    disk: DISK,
    stragglerDisk: null,
  },
  straggler: {
    name: "straggler",
    within: RACK,
    between: [RACK],
    placeCount: 1,
    disk: DISK,
    stragglerDisk: 40 * UNITS_PER_MS,
  },
};

/** Links drawn by a reader may be this slow one way; half way around the earth in fibre takes a tenth of it. */
const SPAN_UNITS_MAX = 1_000 * UNITS_PER_MS;

/** @returns why these links cannot be computed with; null when they can. */
export function refusalOfLinks(links: LinkPlan): LabSentence | null {
  const spans = [links.within, ...links.between, links.disk];
  if (links.stragglerDisk !== null) spans.push({ min: links.stragglerDisk, max: links.stragglerDisk });
  for (const { min, max } of spans) {
    const whole = Number.isInteger(min) && Number.isInteger(max);
    if (!whole || min < 0 || max < min || max > SPAN_UNITS_MAX) {
      return { key: "refused.span", values: { minMs: min / UNITS_PER_MS, maxMs: max / UNITS_PER_MS } };
    }
  }
  const { placeCount } = links;
  const placed = Number.isInteger(placeCount) && placeCount >= 1 && placeCount <= SIZE_MAX;
  if (!placed || links.between.length === 0) return { key: "refused.places", values: { placeCount } };
  return null;
}

/** The place of each member, dealt in turn: the first one's place is the first. */
export function placesOf(size: number, { placeCount }: LinkPlan): readonly number[] {
  return Array.from({ length: size }, (_, i) => i % placeCount);
}

/** One way between members of two places, in either direction. */
export function spanBetween(links: LinkPlan, a: number, b: number): Span {
  if (a === b) return links.within;
  const pair = pairOf(Math.min(a, b), Math.max(a, b));
  return links.between[Math.min(pair, links.between.length - 1)]!;
}

/** The disk of the member at `place` of `size`. The leader is never the straggler: a cluster of one has none. */
export function diskSpanOf(links: LinkPlan, member: number, size: number): Span {
  const straggles = links.stragglerDisk !== null && member === size - 1 && member > 0;
  return straggles ? { min: links.stragglerDisk!, max: links.stragglerDisk! } : links.disk;
}

/** (0,1) is 0, (0,2) is 1, (1,2) is 2, (0,3) is 3, …: a list of pairs grows at its end when a place is added. */
function pairOf(lower: number, higher: number): number {
  return (higher * (higher - 1)) / 2 + lower;
}
