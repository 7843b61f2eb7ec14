// A way through small worlds in words. The walk gave every world its smallest name, so members change names from move to
// move; told again from the first world, they keep them.

import type { Message } from "../../raft/mod.ts";
import { type Atlas, FIRST_MESSAGE, INPUT } from "./atlas.ts";
import { name } from "./history.ts";
import { entryText } from "./member_step.ts";
import { after, canonical, firstWorld, type Move } from "./world.ts";

/** @param moves as the walk made them, each in the names of the canonical world it was made in. */
export function retell(atlas: Atlas, moves: readonly Move[], isSymmetric: boolean): readonly string[] {
  let world = firstWorld(atlas);
  return moves.map((move) => {
    const here = canonical(atlas, world, isSymmetric);
    const real = renamed(atlas, move, inverse(atlas, here.renaming));
    const successor = after(atlas, world, real, () => false);
    if (successor.kind === "world") world = successor.world;
    return describeMove(atlas, real);
  });
}

function renamed(atlas: Atlas, { place, input, stays }: Move, renaming: number): Move {
  return {
    place: atlas.renamings[renaming]![place]!,
    input: input < FIRST_MESSAGE
      ? input
      : FIRST_MESSAGE + atlas.renamedMessage(input - FIRST_MESSAGE, renaming),
    stays,
  };
}

function inverse(atlas: Atlas, renaming: number): number {
  const to = atlas.renamings[renaming]!;
  return atlas.renamings.findIndex((back) => to.every((place, from) => back[place] === from));
}

const PLAIN: ReadonlyMap<number, string> = new Map([
  [INPUT.campaign, "campaigns"],
  [INPUT.beat, "sends a heartbeat"],
  [INPUT.written, "has its write on disk"],
  [INPUT.crash, "crashes and starts again"],
  [INPUT.compact, "takes a snapshot and cuts its log"],
]);

function describeMove(atlas: Atlas, { place, input, stays }: Move): string {
  const who = name(place);
  if (input < INPUT.propose) return `${who} ${PLAIN.get(input)}`;
  if (input < FIRST_MESSAGE) {
    return `${who} is asked for "${String.fromCharCode(97 + input - INPUT.propose)}"`;
  }
  const message = atlas.message(input - FIRST_MESSAGE);
  const from = name(atlas.way(input - FIRST_MESSAGE).from);
  return `${who} receives from ${from}: ${describe(message)}${stays ? ", which comes once more" : ""}`;
}

function describe({ kind, term, index, logTerm, entries, commit, reject, snapshot }: Message): string {
  switch (kind) {
    case "vote":
      return `vote in term ${term}, log ends at ${logTerm}/${index}`;
    case "append":
      return `append of term ${term} after ${logTerm}/${index}: [${
        entries.map(entryText).join(" ")
      }], commit ${commit}`;
    case "appendReply":
      return `append of term ${term} ${reject ? `refused at ${index}` : `acknowledged to ${index}`}`;
    case "snapshot":
      return `snapshot at ${snapshot?.meta.index} of term ${term}`;
    case "heartbeat":
      return `heartbeat of term ${term}, commit ${commit}`;
    default:
      return `${kind} of term ${term}${reject ? ", no" : ""}`;
  }
}
