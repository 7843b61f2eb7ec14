// What the rules look at in a member of a small world, read from its keyframe once.

import type { LogIndex, Term } from "../../base/ids.ts";
import { entryText, type MemberState } from "./member_step.ts";

export interface Look {
  readonly term: Term;
  readonly leads: boolean;
  readonly follows: boolean;
  readonly writes: boolean;
  /** On disk: what a crash leaves of the term. */
  readonly savedTerm: Term;
  readonly commit: LogIndex;
  /** The last entry that a snapshot has taken the place of. */
  readonly base: LogIndex;
  /** The log by index, as `entryText`; before `base` what the state machine has of it, null where it has nothing yet. */
  readonly log: readonly (string | null)[];
  readonly machine: readonly string[];
}

export function lookAt({ node, disk, writing, machine }: MemberState): Look {
  const { core } = node;
  const base = core.log.base.index;
  const before = Array.from({ length: base + 1 }, (_, index) => machine[index - 1] ?? null);
  return {
    term: core.term,
    leads: core.role === "leader",
    follows: core.role === "follower",
    writes: writing !== null,
    savedTerm: disk.hardState.term,
    commit: core.log.commit,
    base,
    log: [...before, ...core.log.entries.map(entryText)],
    machine,
  };
}
