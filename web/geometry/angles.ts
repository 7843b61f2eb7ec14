// Angles and arcs of the stage. Degrees, 0 points east and -90 to 12 o'clock, clockwise is positive, as SVG's y
// axis points down. Radii and coordinates are CSS pixels.

import { pathRound } from "d3";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** 12 o'clock: where the first member stands, and where every timer hand strikes. */
export const TWELVE_O_CLOCK = -90;

export function pointAt(centre: Point, radius: number, angle: number): Point {
  const radians = (angle * Math.PI) / 180;
  return { x: centre.x + radius * Math.cos(radians), y: centre.y + radius * Math.sin(radians) };
}

/** SVG path of the arc that runs clockwise from `start` to `end`. A full turn is drawn a hair short, so that it shows. */
export function arcPath(centre: Point, radius: number, start: number, end: number): string {
  const turn = Math.min(Math.max(end - start, 0), 359.9);
  if (turn === 0) return "";
  const pen = pathRound(2);
  const from = (start * Math.PI) / 180;
  const first = pointAt(centre, radius, start);
  pen.moveTo(first.x, first.y);
  pen.arc(centre.x, centre.y, radius, from, from + (turn * Math.PI) / 180);
  return pen.toString();
}

/** The straight tick that crosses a ring of `radius` at `angle`, `reach` to either side. */
export function tickPath(centre: Point, radius: number, angle: number, reach: number): string {
  const inner = pointAt(centre, radius - reach, angle);
  const outer = pointAt(centre, radius + reach, angle);
  return `M${round(inner.x)} ${round(inner.y)}L${round(outer.x)} ${round(outer.y)}`;
}

/** Two decimals: finer than any screen, short in the DOM. */
export function round(value: number): number {
  return Math.round(value * 100) / 100;
}
