// The failure triangle: one row for each size, in it one small block for each number of members down, in it one square
// for each set of members that may be down so. The staircase runs between what must work and what cannot.

import type { FailureFinding } from "../../../core/lab/mod.ts";
import { countIn, toleratedFailures } from "../../../core/lab/mod.ts";
import { round } from "../../geometry/angles.ts";

export const ROW_HEIGHT = 48;
const BLOCK_WIDTH = 32;
/** Left of the first block, and between a block and the stair before it. */
const MARGIN = 4;
/** Largest side of a block's squares taken together: what is left of its cell is air. */
const BLOCK_MAX = 26;
const SIDE_MAX = 8;

export const TRIANGLE_WIDTH = MARGIN * 2 + BLOCK_WIDTH * 10;

/** Where the block of `downCount` begins. */
export function blockX(downCount: number): number {
  return MARGIN + downCount * BLOCK_WIDTH;
}

/** Squares of one row as SVG paths, by what is known of them. */
export interface TriangleRow {
  readonly worked: string;
  readonly failed: string;
  /** Not tried yet, and expected to work. */
  readonly shouldWork: string;
  /** Not tried yet, and expected not to. */
  readonly shouldFail: string;
  /** Tried, and it went otherwise than expected. */
  readonly surprise: string;
}

/** @param findings every set of failures of the size, fewest down first. */
export function triangleRow(size: number, findings: readonly FailureFinding[]): TriangleRow {
  const row = { worked: "", failed: "", shouldWork: "", shouldFail: "", surprise: "" };
  const blocks: FailureFinding[][] = Array.from({ length: size + 1 }, () => []);
  for (const finding of findings) blocks[countIn(finding.down)]!.push(finding);
  const side = squareSide(size);
  const gap = side > 6 ? 1.6 : side > 4 ? 1.1 : 0.7;
  blocks.forEach((block, downCount) => {
    const columns = columnsOf(block.length, side);
    const rows = Math.ceil(block.length / columns);
    const top = (ROW_HEIGHT - rows * side) / 2;
    const expected = downCount <= toleratedFailures(size);
    block.forEach(({ works }, i) => {
      const x = round(blockX(downCount) + (i % columns) * side);
      const y = round(top + Math.floor(i / columns) * side);
      const edge = round(side - gap);
      const square = `M${x} ${y}h${edge}v${edge}h${-edge}Z`;
      if (works === null) row[expected ? "shouldWork" : "shouldFail"] += square;
      else row[works ? "worked" : "failed"] += square;
      if (works !== null && works !== expected) {
        row.surprise += `M${x} ${y}l${edge} ${edge}m0 ${-edge}l${-edge} ${edge}`;
      }
    });
  });
  return row;
}

/** The largest block of the size, 126 squares for nine, must fit into its cell. */
function squareSide(size: number): number {
  const largest = blockCount(size);
  for (let side = SIDE_MAX;; side -= 0.2) {
    const columns = columnsOf(largest, side);
    if (Math.ceil(largest / columns) * side <= ROW_HEIGHT - 4) return round(side);
  }
}

function columnsOf(count: number, side: number): number {
  const square = Math.ceil(Math.sqrt(count) * 0.98);
  return Math.max(1, Math.min(square, Math.floor(BLOCK_MAX / side)));
}

function blockCount(size: number): number {
  let count = 1;
  for (let i = 1; i <= Math.floor(size / 2); i++) count = (count * (size - i + 1)) / i;
  return count;
}

/** The stair of one row, two pixels wide and wholly within it: a step from where the row above ended, then down. */
export function stairPath(size: number): string {
  const x = stairX(size);
  const from = size === 1 ? x : stairX(size - 1);
  return `M${from} 0V1H${x}V${ROW_HEIGHT}`;
}

function stairX(size: number): number {
  return blockX(toleratedFailures(size) + 1) - 4;
}
