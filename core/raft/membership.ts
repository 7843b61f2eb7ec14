// Changing who belongs to the cluster (paper §6, thesis §4): one voter at a time, or many at once through a joint
// configuration in which every decision needs a majority of the old voters and one of the new. Functions from a
// configuration to the next; etcd's package confchange. A configuration is a `ConfState` with sorted lists.
//
//              change of one voter                      enterJoint                 leaveJoint
//   (1 2 3) ─────────────────────▶ (1 2 3 4)   (1 2 3) ───────────▶ (2 3 4)&&(1 2 3) ───────▶ (2 3 4)

import { assert } from "../base/assert.ts";
import type { MemberId } from "../base/ids.ts";
import type { ConfChange, ConfChangeSingle, ConfState } from "./types.ts";

export const EMPTY_CONFIG: ConfState = {
  voters: [],
  learners: [],
  votersOutgoing: [],
  learnersNext: [],
  autoLeave: false,
};

/** The change that leaves a joint configuration. Its entry carries no bytes, so that no size limit can refuse it. */
export const LEAVE_JOINT: ConfChange = {
  transition: "auto",
  changes: [],
  context: new Uint8Array(0),
  requestId: 0n,
};

export type ConfigResult =
  | {
    readonly kind: "changed";
    readonly config: ConfState;
    /** Members that were dropped on the way, even if they came back: what was known of their logs is void. */
    readonly dropped: ReadonlySet<MemberId>;
  }
  | { readonly kind: "impossible"; readonly why: string };

/** True while decisions need two majorities. */
export function isJoint(config: ConfState): boolean {
  return config.votersOutgoing.length > 0;
}

/** True when the change leaves a joint configuration. */
export function leavesJoint(change: ConfChange): boolean {
  return change.transition === "auto" && change.changes.length === 0;
}

/** True when the change goes through a joint configuration: told to, or because one step could not hold it. */
export function entersJoint(change: ConfChange): boolean {
  return change.transition !== "auto" || change.changes.length > 1;
}

/** All members whose logs a leader follows, sorted: voters of both halves and learners. */
export function membersOf(config: ConfState): readonly MemberId[] {
  return sorted(new Set([...config.voters, ...config.votersOutgoing, ...config.learners]));
}

/** The same configuration with sorted lists. */
export function normalizeConfig(config: ConfState): ConfState {
  const normal: ConfState = {
    voters: sorted(new Set(config.voters)),
    learners: sorted(new Set(config.learners)),
    votersOutgoing: sorted(new Set(config.votersOutgoing)),
    learnersNext: sorted(new Set(config.learnersNext)),
    autoLeave: config.autoLeave,
  };
  assertConsistent(normal);
  return normal;
}

/** What `change` makes of `config`, by whichever of the three ways below it asks for. */
export function changeConfig(config: ConfState, change: ConfChange): ConfigResult {
  if (leavesJoint(change)) return leaveJoint(config);
  if (entersJoint(change)) return enterJoint(config, change.transition !== "explicit", change.changes);
  return changeSimply(config, change.changes);
}

/** At most one voter comes or goes: old and new majorities overlap by themselves. (Thesis §4.1) */
export function changeSimply(config: ConfState, changes: readonly ConfChangeSingle[]): ConfigResult {
  if (isJoint(config)) return impossible("can't apply simple config change in joint config");
  const draft = new Draft(config);
  draft.apply(changes);
  if (draft.voters.size === 0) return impossible("removed all voters");
  const before = new Set(config.voters);
  const moved = before.symmetricDifference(draft.voters).size;
  if (moved > 1) return impossible("more than one voter changed without entering joint config");
  return draft.finish(false);
}

/** The present voters become the outgoing half, and the changes shape the incoming one. (Thesis §4.3) */
export function enterJoint(
  config: ConfState,
  autoLeave: boolean,
  changes: readonly ConfChangeSingle[],
): ConfigResult {
  if (isJoint(config)) return impossible("config is already joint");
  if (config.voters.length === 0) return impossible("can't make a zero-voter config joint");
  const draft = new Draft({ ...config, votersOutgoing: config.voters });
  draft.apply(changes);
  if (draft.voters.size === 0) return impossible("removed all voters");
  return draft.finish(autoLeave);
}

/** The outgoing half goes; its voters that were to become learners do so now. */
export function leaveJoint(config: ConfState): ConfigResult {
  if (!isJoint(config)) return impossible("can't leave a non-joint config");
  const left: ConfState = {
    voters: config.voters,
    learners: sorted(new Set([...config.learners, ...config.learnersNext])),
    votersOutgoing: [],
    learnersNext: [],
    autoLeave: false,
  };
  assertConsistent(left);
  const remaining = new Set(membersOf(left));
  return {
    kind: "changed",
    config: left,
    dropped: new Set(membersOf(config).filter((id) => !remaining.has(id))),
  };
}

/** The four sets while changes are applied to them one after the other. */
class Draft {
  readonly voters: Set<MemberId>;
  readonly #outgoing: ReadonlySet<MemberId>;
  readonly #learners: Set<MemberId>;
  readonly #learnersNext: Set<MemberId>;
  readonly #dropped = new Set<MemberId>();

  constructor(config: ConfState) {
    this.voters = new Set(config.voters);
    this.#outgoing = new Set(config.votersOutgoing);
    this.#learners = new Set(config.learners);
    this.#learnersNext = new Set(config.learnersNext);
  }

  apply(changes: readonly ConfChangeSingle[]): void {
    for (const change of changes) {
      switch (change.kind) {
        case "addVoter":
          this.#makeVoter(change.member);
          break;
        case "addLearner":
          this.#makeLearner(change.member);
          break;
        case "remove":
          this.#remove(change.member);
          break;
        case "update":
          break; // concerns the host's address book, not the quorum
      }
    }
  }

  finish(autoLeave: boolean): ConfigResult {
    const config: ConfState = {
      voters: sorted(this.voters),
      learners: sorted(this.#learners),
      votersOutgoing: sorted(this.#outgoing),
      learnersNext: sorted(this.#learnersNext),
      autoLeave,
    };
    assertConsistent(config);
    return { kind: "changed", config, dropped: this.#dropped };
  }

  #makeVoter(id: MemberId): void {
    this.#learners.delete(id);
    this.#learnersNext.delete(id);
    this.voters.add(id);
  }

  #makeLearner(id: MemberId): void {
    if (this.#learners.has(id)) return;
    this.voters.delete(id);
    // A voter of the outgoing half still votes there and cannot be a learner as well: it waits until that half goes.
    if (this.#outgoing.has(id)) this.#learnersNext.add(id);
    else this.#learners.add(id);
  }

  #remove(id: MemberId): void {
    const known = this.voters.delete(id) || this.#learners.delete(id);
    this.#learnersNext.delete(id);
    if (known && !this.#outgoing.has(id)) this.#dropped.add(id);
  }
}

function impossible(why: string): ConfigResult {
  return { kind: "impossible", why };
}

function sorted(ids: ReadonlySet<MemberId>): readonly MemberId[] {
  return [...ids].sort();
}

function assertConsistent(config: ConfState): void {
  for (const id of config.learners) {
    assert(!config.voters.includes(id), () => `${id} is learner and voter`);
    assert(!config.votersOutgoing.includes(id), () => `${id} is learner and outgoing voter`);
  }
  for (const id of config.learnersNext) {
    assert(config.votersOutgoing.includes(id), () => `${id} is to become learner but is no outgoing voter`);
  }
  assert(isJoint(config) || !config.autoLeave, "only a joint configuration can be left by itself");
}
