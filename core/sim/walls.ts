// Partitions of several shapes, as cuts of directed links. Halves are the textbook's; the others are those that have
// brought real systems down: a ring in which nobody sees a majority directly, a bridge that sees both sides, a leader
// alone.

import type { MemberId } from "../base/ids.ts";
import type { Prng } from "../base/prng.ts";
import type { OperatorAction } from "./actions.ts";

export type WallShape = "halves" | "isolate" | "isolateLeader" | "ring" | "bridge";

export const WALL_SHAPES: readonly WallShape[] = ["halves", "isolate", "isolateLeader", "ring", "bridge"];

/** @param leader who is cut off by "isolateLeader"; null: anybody. */
export function drawWall(
  shape: WallShape,
  ids: readonly MemberId[],
  leader: MemberId | null,
  prng: Prng,
): readonly OperatorAction[] {
  switch (shape) {
    case "halves": {
      const left = ids.filter(() => prng.chance(500));
      return [{ kind: "partition", groups: [left, ids.filter((id) => !left.includes(id))] }];
    }
    case "isolate":
      return [alone(prng.pick(ids), ids)];
    case "isolateLeader":
      return [alone(leader !== null && ids.includes(leader) ? leader : prng.pick(ids), ids)];
    case "ring": {
      // Each hears its two neighbours and nobody else.
      const order = shuffled(ids, prng);
      const apart = (i: number, j: number) =>
        i !== j && (i + 1) % order.length !== j && (j + 1) % order.length !== i;
      return cutsWhere(order, apart);
    }
    case "bridge": {
      const order = shuffled(ids, prng);
      const middle = order.length >> 1;
      return cutsWhere(order, (i, j) => (i < middle && j > middle) || (j < middle && i > middle));
    }
  }
}

function alone(member: MemberId, ids: readonly MemberId[]): OperatorAction {
  return { kind: "partition", groups: [[member], ids.filter((id) => id !== member)] };
}

function cutsWhere(
  order: readonly MemberId[],
  isCut: (from: number, to: number) => boolean,
): readonly OperatorAction[] {
  return order.flatMap((from, i) =>
    order.flatMap((to, j): OperatorAction[] => isCut(i, j) ? [{ kind: "cut", from, to }] : [])
  );
}

function shuffled(ids: readonly MemberId[], prng: Prng): readonly MemberId[] {
  const rest = [...ids];
  return ids.map(() => rest.splice(prng.below(rest.length), 1)[0]!);
}
