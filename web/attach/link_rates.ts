// How many messages of which kind pass on a link a second, by the word of those that tell of messages. Both ends may tell
// of the same message: the sender's word counts where it is told.

import type { MessageKind } from "../../core/raft/message.ts";
import type { HexId } from "./told.ts";

export interface Rate {
  readonly from: HexId;
  readonly to: HexId;
  readonly kind: MessageKind;
  readonly perSecond: number;
}

/** Requests that are worth a figure, the most telling first; a reply follows each by itself. */
const SHOWN: readonly MessageKind[] = [
  "vote",
  "preVote",
  "snapshot",
  "append",
  "heartbeat",
  "readIndex",
  "propose",
];

/** @param told what each traced member says, with its id. */
export function mergedRates(
  told: readonly { readonly by: HexId; readonly rates: readonly Rate[] }[],
): readonly Rate[] {
  const tellers = new Set(told.map(({ by }) => by));
  return told.flatMap(({ by, rates }) =>
    rates.filter(({ from, kind }) => SHOWN.includes(kind) && (from === by || !tellers.has(from)))
  );
}

/** The figures of one link, at most `count`: both directions, the most telling kinds first. */
export function ratesOn(rates: readonly Rate[], a: HexId, b: HexId, count: number): readonly Rate[] {
  return rates
    .filter(({ from, to }) => (from === a && to === b) || (from === b && to === a))
    .sort((x, y) => SHOWN.indexOf(x.kind) - SHOWN.indexOf(y.kind) || y.perSecond - x.perSecond)
    .slice(0, count);
}
