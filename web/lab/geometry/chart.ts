// A small chart over the nine sizes: one line for each formula, one dot for each measurement.

import { line, scaleLinear } from "d3";
import { round } from "../../geometry/angles.ts";

export interface ChartBox {
  readonly width: number;
  readonly height: number;
}

export interface Chart {
  x(size: number): number;
  y(value: number): number;
  readonly ticks: readonly { readonly value: number; readonly y: number }[];
  /** Path through one value for each size, the first for size 1. */
  path(values: readonly number[]): string;
}

const LEFT = 34;
const RIGHT = 12;
const TOP = 10;
const BOTTOM = 24;

/** @param valueMax the largest value to be drawn; the axis ends at the round number above it. */
export function chartOf({ width, height }: ChartBox, valueMax: number): Chart {
  const across = scaleLinear().domain([1, 9]).range([LEFT + 8, width - RIGHT]);
  const up = scaleLinear().domain([0, Math.max(valueMax, 1e-9)]).nice(4).range([height - BOTTOM, TOP]);
  const x = (size: number) => round(across(size));
  const y = (value: number) => round(up(value));
  const pen = line<number>().x((_, i) => x(i + 1)).y((value) => y(value));
  return {
    x,
    y,
    ticks: up.ticks(4).map((value) => ({ value, y: y(value) })),
    path: (values) => pen(values) ?? "",
  };
}

/** Left end of the grid lines, and where their labels end. */
export const CHART_LEFT = LEFT;
