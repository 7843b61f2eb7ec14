// Messages on the way. Traffic keeps to the right of its link, so that a message and its answer never meet; a message
// that a wall stops ends short of it and stays hollow until it would have landed.

import { type Point, round } from "./angles.ts";
import type { WallCurve } from "./wall.ts";

export interface FlightPose extends Point {
  /** Unit vector of travel. */
  readonly alongX: number;
  readonly alongY: number;
  /** Pixels travelled since leaving the sender: a tail is never longer than this. */
  readonly travelled: number;
}

/** Pixels between a disc's edge and the point where a message appears. */
export const TAKE_OFF = 13;
const LANE_OFFSET = 7;

/** The place of a message that has covered `progress` (0 to 1) of its way between two discs of `discRadius`. */
export function flightPose(
  from: Point,
  to: Point,
  progress: number,
  options: { readonly discRadius: number; readonly scale: number; readonly laneOffset?: number },
): FlightPose {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const alongX = (to.x - from.x) / length;
  const alongY = (to.y - from.y) / length;
  const gap = options.discRadius + TAKE_OFF * options.scale;
  const offset = options.laneOffset ?? LANE_OFFSET;
  const travelled = Math.max(length - 2 * gap, 0) * Math.min(Math.max(progress, 0), 1);
  return {
    x: round(from.x + alongX * (gap + travelled) - alongY * offset),
    y: round(from.y + alongY * (gap + travelled) + alongX * offset),
    alongX,
    alongY,
    travelled,
  };
}

/** Covered share of the way at virtual time `nowMs`; below 0 before it left, above 1 after it landed. */
export function flightProgress(
  flight: { readonly sentAtMs: number; readonly deliverAtMs: number },
  nowMs: number,
): number {
  const duration = flight.deliverAtMs - flight.sentAtMs;
  return duration <= 0 ? 1 : (nowMs - flight.sentAtMs) / duration;
}

/** How far a stopped message gets, as a share of its way: 24 px short of the wall, or the middle of a cut link. */
export function stopShare(
  from: Point,
  to: Point,
  walls: readonly WallCurve[],
  options: { readonly discRadius: number; readonly scale: number },
): number {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const gap = options.discRadius + TAKE_OFF * options.scale;
  const span = Math.max(length - 2 * gap, 1);
  const shares = walls.map((wall) => crossing(from, to, wall.points)).filter((share) => share !== null);
  if (shares.length === 0) return 0.5;
  const distance = Math.min(...shares) * length - 24 * options.scale - gap;
  return Math.min(Math.max(distance / span, 0.06), 0.94);
}

/** Where the segment from `from` to `to` first meets the polyline, as a share of its length; null if it does not. */
export function crossing(from: Point, to: Point, polyline: readonly Point[]): number | null {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  let first: number | null = null;
  for (let i = 1; i < polyline.length; i++) {
    const a = polyline[i - 1]!;
    const b = polyline[i]!;
    const ex = b.x - a.x;
    const ey = b.y - a.y;
    const area = dx * ey - dy * ex;
    if (area === 0) continue;
    const along = ((a.x - from.x) * ey - (a.y - from.y) * ex) / area;
    const across = ((a.x - from.x) * dy - (a.y - from.y) * dx) / area;
    if (along > 0 && along < 1 && across >= 0 && across <= 1 && (first === null || along < first)) {
      first = along;
    }
  }
  return first;
}

/** The visible part of a link: from disc to disc, leaving room for the rings. Empty when the discs are too close. */
export function linkPath(
  from: Point,
  to: Point,
  options: { readonly discRadius: number; readonly scale: number },
): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y);
  const gap = options.discRadius + TAKE_OFF * options.scale;
  if (length <= 2 * gap) return "";
  const ux = (to.x - from.x) / length;
  const uy = (to.y - from.y) / length;
  return `M${round(from.x + ux * gap)} ${round(from.y + uy * gap)}L${round(to.x - ux * gap)} ${
    round(to.y - uy * gap)
  }`;
}

/** Messages on one link in one direction that are too many to tell apart become one mark with a count. */
export interface FlightBundle<F> {
  /** The one that is drawn: the newest. */
  readonly lead: F;
  readonly count: number;
}

export const LOOSE_FLIGHTS_MAX = 4;

export function bundleFlights<
  F extends { readonly from: string; readonly to: string; readonly dropped: boolean },
>(
  flights: readonly F[],
): FlightBundle<F>[] {
  const lanes = new Map<string, F[]>();
  for (const flight of flights) {
    const lane = `${flight.from} ${flight.to} ${flight.dropped}`;
    const group = lanes.get(lane);
    if (group) group.push(flight);
    else lanes.set(lane, [flight]);
  }
  const bundles: FlightBundle<F>[] = [];
  for (const group of lanes.values()) {
    const last = group[group.length - 1]!;
    if (group.length > LOOSE_FLIGHTS_MAX) bundles.push({ lead: last, count: group.length });
    else for (const flight of group) bundles.push({ lead: flight, count: 1 });
  }
  return bundles;
}
