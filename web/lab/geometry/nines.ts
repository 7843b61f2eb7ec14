// The share of time with a quorum on a scale of nines: 99 % are two, 99.9 % are three. The bar is the formula, the dot
// is what was lived through, with the interval it leaves open; where no outage was seen, an arrow begins at what the
// years lived through can vouch for, and leads to where nobody has looked.

import { scaleLinear } from "d3";
import type { YearsFigures } from "../../../core/lab/mod.ts";
import { round } from "../../geometry/angles.ts";

export const NINES_WIDTH = 176;
export const NINES_MAX = 8;
/** A bar goes on to here when there are more nines than the scale has. */
const BEYOND = 8.4;

const scale = scaleLinear().domain([0, BEYOND]).range([4, NINES_WIDTH - 4]).clamp(true);

/** Ticks under the header: whole nines. */
export const NINE_TICKS: readonly number[] = [0, 2, 4, 6, 8];

export function ninesX(nines: number): number {
  return round(scale(nines));
}

/** How many nines a share of downtime leaves; no end of them when it is never down. */
export function ninesOf(unavailability: number): number {
  return unavailability <= 0 ? Infinity : -Math.log10(unavailability);
}

export type Lived =
  | { readonly kind: "dot"; readonly x: number; readonly from: number; readonly to: number }
  | { readonly kind: "arrow"; readonly x: number };

export function livedMark({ outageCount, unavailability, interval }: YearsFigures): Lived {
  if (outageCount === 0) {
    // Room for the arrow's own length.
    return { kind: "arrow", x: Math.min(ninesX(ninesOf(interval.high)), NINES_WIDTH - 20) };
  }
  return {
    kind: "dot",
    x: ninesX(ninesOf(unavailability)),
    from: ninesX(ninesOf(interval.high)),
    to: ninesX(ninesOf(interval.low)),
  };
}
