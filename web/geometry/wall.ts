// Walls and water. A wall passes through the gaps of the ring at both ends of a run of neighbours and bends inward; the
// water is the padded hull of the members that hold a quorum together.

import { polygonHull } from "d3";
import { type Point, pointAt, round } from "./angles.ts";
import type { Place, RingLayout } from "./ring_layout.ts";

export interface WallCurve {
  /** SVG path. */
  readonly path: string;
  /** The same curve as a polyline, for crossings. */
  readonly points: readonly Point[];
  /** Its two ends, outside the ring; the mend button sits at the second. */
  readonly ends: readonly [Point, Point];
}

const OUTER_SHARE = 1.46;
const INNER_SHARE = 0.36;
const CURVE_STEPS = 80;

/** The curve through the gaps at `startAngle` and `endAngle` (degrees), out to 1.46 of the ring's radius. */
export function wallCurve(layout: RingLayout, startAngle: number, endAngle: number): WallCurve {
  const { centre, ringRadius } = layout;
  const outer = Math.max(ringRadius * OUTER_SHARE, ringRadius + layout.discRadius + 44 * layout.scale);
  const controls = [
    pointAt(centre, outer, startAngle),
    pointAt(centre, ringRadius * INNER_SHARE, startAngle),
    pointAt(centre, ringRadius * INNER_SHARE, endAngle),
    pointAt(centre, outer, endAngle),
  ] as const;
  const points = Array.from({ length: CURVE_STEPS + 1 }, (_, step) => bezier(controls, step / CURVE_STEPS));
  const [a, b, c, d] = controls.map((point) => `${round(point.x)} ${round(point.y)}`);
  return { path: `M${a}C${b} ${c} ${d}`, points, ends: [controls[0], controls[3]] };
}

/**
 * One wall around each run of neighbours that is cut off from the rest. Groups are lists of places in the ring, each
 * member in exactly one; the largest group needs no wall of its own. A group whose members are not neighbours gets
 * none: its cut links are drawn one by one.
 */
export function wallsBetween(layout: RingLayout, groups: readonly (readonly number[])[]): WallCurve[] {
  const memberCount = layout.places.length;
  if (groups.length < 2 || memberCount < 2) return [];
  const largest = groups.reduce((best, group) => (group.length > best.length ? group : best));
  const walls: WallCurve[] = [];
  const step = 360 / memberCount;
  for (const group of groups) {
    if (group === largest) continue;
    const run = ringRun(group, memberCount);
    if (run === null) continue;
    const first = layout.places[run.first]!.angle;
    walls.push(wallCurve(layout, first - step / 2, first + step * (run.length - 1) + step / 2));
  }
  return walls;
}

/** The run of neighbours on the ring that `group` forms, or null when it has gaps. */
export function ringRun(
  group: readonly number[],
  memberCount: number,
): { readonly first: number; readonly length: number } | null {
  const inside = new Set(group);
  const starts = group.filter((index) => !inside.has((index - 1 + memberCount) % memberCount));
  return starts.length === 1 ? { first: starts[0]!, length: group.length } : null;
}

/** Outline of a group of members, to be stroked with twice its padding. A point or a line for fewer than three. */
export function groupOutline(places: readonly Place[]): string {
  const points = places.map((place): [number, number] => [place.x, place.y]);
  const hull = points.length < 3 ? points : polygonHull(points) ?? points;
  if (hull.length === 0) return "";
  // A lone point needs a line of no length: only then does a round cap draw a disc.
  const corners = hull.length === 1 ? [hull[0]!, hull[0]!] : hull;
  return "M" + corners.map(([x, y]) => `${round(x)} ${round(y)}`).join("L") + "Z";
}

function bezier(controls: readonly [Point, Point, Point, Point], share: number): Point {
  const rest = 1 - share;
  const weights = [rest ** 3, 3 * rest * rest * share, 3 * rest * share * share, share ** 3];
  let x = 0;
  let y = 0;
  controls.forEach((point, index) => {
    x += weights[index]! * point.x;
    y += weights[index]! * point.y;
  });
  return { x: round(x), y: round(y) };
}
