// "v1 v3 l4 r5 u6": voter, learner, remove, update; and a codec of this runner's own for conf change entries.

import { fromUtf8, utf8 } from "../../core/base/bytes.ts";
import { memberIdOf } from "../../core/base/ids.ts";
import type { ConfChange, ConfChangeCodec, ConfChangeKind, ConfChangeSingle } from "../../core/raft/mod.ts";

const KINDS: Readonly<Record<string, ConfChangeKind>> = {
  v: "addVoter",
  l: "addLearner",
  r: "remove",
  u: "update",
};

/** The reference's host strikes a change out by making its id 0; ours leaves it away. */
const STRUCK_OUT = /^.0$/;

/** @throws Error on a token that is none of these. */
export function parseChanges(text: string): readonly ConfChangeSingle[] {
  return text.split(/\s+/).filter((token) => token !== "" && !STRUCK_OUT.test(token)).map((token) => {
    const kind = KINDS[token[0]!];
    if (kind === undefined || !/^.\d+$/.test(token)) throw new Error(`unknown change ${token}`);
    return { kind, member: memberIdOf(Number(token.slice(1))) };
  });
}

export const textCodec: ConfChangeCodec = {
  encode: (change) => utf8(JSON.stringify([change.transition, change.changes])),
  decode: (_kind, data): ConfChange => {
    const [transition, changes] = JSON.parse(fromUtf8(data));
    return { transition, changes, context: new Uint8Array(0), requestId: 0n };
  },
};
