// Every way to have members of a small cluster down, each as a ring: columns of rings for 0, 1, 2 … down, and the line
// between those that still have a quorum and those that have not.

import { failureSubsets } from "../../../core/lab/mod.ts";
import { countIn, quorumOf, toleratedFailures } from "../../../core/lab/mod.ts";
import { pointAt, TWELVE_O_CLOCK } from "../../geometry/angles.ts";

export interface SubsetRing {
  readonly down: number;
  readonly x: number;
  readonly y: number;
  readonly works: boolean;
  readonly members: readonly { readonly x: number; readonly y: number; readonly isDown: boolean }[];
}

export interface SubsetRings {
  readonly rings: readonly SubsetRing[];
  readonly stairX: number;
  readonly width: number;
  readonly height: number;
}

export const RING_RADIUS = 13;
const PITCH = 45;
const GROUP_GAP = 12;

/** @param columnsMax rings of one count stand in so many rows that no row is longer. */
export function subsetRings(size: number, rowCount: number): SubsetRings {
  const rings: SubsetRing[] = [];
  let x = RING_RADIUS + 6;
  let stairX = 0;
  for (let downCount = 0; downCount <= size; downCount++) {
    const sets = failureSubsets(size).filter((down) => countIn(down) === downCount);
    const rows = Math.min(rowCount, sets.length);
    const columns = Math.ceil(sets.length / rows);
    sets.forEach((down, i) => {
      const place = {
        x: x + (i % columns) * PITCH,
        y: RING_RADIUS + 7 + (Math.floor(i / columns) + (rowCount - rows) / 2) * PITCH,
      };
      rings.push({
        down,
        ...place,
        works: size - downCount >= quorumOf(size),
        members: ringPlaces(size, place, RING_RADIUS, down),
      });
    });
    x += columns * PITCH;
    if (downCount === toleratedFailures(size)) stairX = x - PITCH + RING_RADIUS + 14;
    x += GROUP_GAP;
  }
  return { rings, stairX, width: x - PITCH + RING_RADIUS, height: rowCount * PITCH + 4 };
}

/** Members on a ring, the first at 12 o'clock, clockwise. */
export function ringPlaces(
  size: number,
  centre: { readonly x: number; readonly y: number },
  radius: number,
  down: number,
): readonly { readonly x: number; readonly y: number; readonly isDown: boolean }[] {
  return Array.from({ length: size }, (_, i) => ({
    // One member alone stands in the middle.
    ...pointAt(centre, size === 1 ? 0 : radius, TWELVE_O_CLOCK + (i * 360) / size),
    isDown: (down >> i & 1) === 1,
  }));
}
