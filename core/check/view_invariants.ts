// The rules of Raft held over what a page can see of a live cluster: views of its members, one after the other, and
// their traces. Weaker than `ClusterInvariants`, which sees every step: a rule broken and mended between two views is
// not seen, nor what scrolled out of a view. What it does report has happened.

import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import type { TraceEvent } from "../member/trace.ts";
import type { MemberView } from "../member/view.ts";
import type { InvariantName } from "./violation.ts";

/** The six that are always on show, in their order. */
export const SHOWN_INVARIANTS = [
  "oneLeaderPerTerm",
  "logMatching",
  "leaderCompleteness",
  "committedNeverChanges",
  "statesAgree",
  "monotone",
] as const satisfies readonly InvariantName[];
export type ShownInvariant = typeof SHOWN_INVARIANTS[number];

export interface ViewViolation {
  readonly invariant: ShownInvariant;
  readonly members: readonly MemberId[];
  /** The log index in question, where there is one. */
  readonly index: LogIndex | null;
  readonly message: string;
}

interface Committed {
  readonly term: Term;
  readonly label: string;
  readonly by: MemberId;
}

type Seen = Pick<MemberView, "term" | "votedFor" | "commit" | "applied" | "role" | "lastIndex">;

/** Committed entries remembered; older ones are out of every view. */
const COMMITTED_COUNT_MAX = 4_000;
const HASH_COUNT_MAX = 200;

export class ViewInvariants {
  #seen = new Map<MemberId, Seen>();
  #leaders = new Map<Term, MemberId>();
  #committed = new Map<LogIndex, Committed>();
  #lastCommitted: LogIndex = 0;
  #hashes = new Map<LogIndex, { readonly hash: string; readonly by: MemberId }>();
  #checkCount = 0;
  #violation: ViewViolation | null = null;

  /** How many times a member was held against the rules. */
  get checkCount(): number {
    return this.#checkCount;
  }

  /** The first rule that was seen broken. */
  get violation(): ViewViolation | null {
    return this.#violation;
  }

  /** Events need not come in the order in which they happened: only what they say for good is used. */
  takeEvent(member: MemberId, event: TraceEvent): void {
    if (event.kind === "recovered") this.#seen.delete(member);
    if (event.kind === "role" && event.role === "leader") this.#lead(member, event.term);
  }

  /** Looks at a member that runs. */
  takeView(view: MemberView): void {
    const before = this.#seen.get(view.id);
    if (
      before !== undefined && before.term === view.term && before.commit === view.commit &&
      before.applied === view.applied && before.role === view.role && before.lastIndex === view.lastIndex &&
      before.votedFor === view.votedFor
    ) return;
    this.#checkCount += 1;
    const { term, votedFor, commit, applied, role, lastIndex } = view;
    this.#seen.set(view.id, { term, votedFor, commit, applied, role, lastIndex });
    if (before !== undefined) this.#holdMonotone(view, before);
    if (role === "leader") this.#holdLeader(view);
    this.#holdCommitted(view, before?.commit ?? 0);
    this.#holdHash(view);
  }

  /** A stopped member forgets what only memory held. */
  forget(member: MemberId): void {
    this.#seen.delete(member);
  }

  #lead(member: MemberId, term: Term): void {
    const other = this.#leaders.get(term);
    if (other === undefined) this.#leaders.set(term, member);
    else if (other !== member) {
      this.#convict(
        "oneLeaderPerTerm",
        [other, member],
        null,
        `${other} and ${member} both lead term ${term}`,
      );
    }
  }

  #holdMonotone(view: MemberView, before: Seen): void {
    const { id, term, commit, votedFor } = view;
    if (term < before.term) {
      this.#convict("monotone", [id], null, `${id}'s term fell from ${before.term} to ${term}`);
    }
    if (commit < before.commit) {
      this.#convict("monotone", [id], commit, `${id}'s commit fell from ${before.commit} to ${commit}`);
    }
    if (term === before.term && before.votedFor !== null && votedFor !== before.votedFor) {
      this.#convict("monotone", [id], null, `${id}'s vote in term ${term} changed`);
    }
  }

  #holdLeader(view: MemberView): void {
    this.#lead(view.id, view.term);
    const committed = this.#committed.get(this.#lastCommitted);
    // Committed by a leader of an earlier term: this one must have had it when it was elected.
    if (committed === undefined || committed.term >= view.term) return;
    if (this.#lastCommitted < view.firstIndex) return;
    const own = view.log.find(({ index }) => index === this.#lastCommitted);
    const isOutOfSight = own === undefined && this.#lastCommitted <= view.lastIndex;
    if (isOutOfSight || own?.term === committed.term) return;
    this.#convict(
      "leaderCompleteness",
      [view.id],
      this.#lastCommitted,
      `${view.id} leads term ${view.term} without entry ${this.#lastCommitted} of term ${committed.term}`,
    );
  }

  #holdCommitted(view: MemberView, from: LogIndex): void {
    for (const { index, term, label } of view.log) {
      if (index <= from || index > view.commit) continue;
      const first = this.#committed.get(index);
      if (first === undefined) {
        this.#committed.set(index, { term, label, by: view.id });
        this.#lastCommitted = Math.max(this.#lastCommitted, index);
      } else if (first.term !== term) {
        this.#convict(
          "committedNeverChanges",
          [first.by, view.id],
          index,
          `entry ${index} was committed with term ${first.term}, and with term ${term} at ${view.id}`,
        );
      } else if (first.label !== label && !isMembership(label)) {
        this.#convict(
          "logMatching",
          [first.by, view.id],
          index,
          `entry ${index} of term ${term} is ${first.label} here and ${label} at ${view.id}`,
        );
      }
    }
    dropOldest(this.#committed, COMMITTED_COUNT_MAX);
  }

  #holdHash(view: MemberView): void {
    const known = this.#hashes.get(view.applied);
    if (known === undefined) {
      this.#hashes.set(view.applied, { hash: view.kvHash, by: view.id });
      dropOldest(this.#hashes, HASH_COUNT_MAX);
    } else if (known.hash !== view.kvHash) {
      this.#convict(
        "statesAgree",
        [known.by, view.id],
        view.applied,
        `keys at entry ${view.applied} hash to ${known.hash}, at ${view.id} to ${view.kvHash}`,
      );
    }
  }

  #convict(
    invariant: ShownInvariant,
    members: readonly MemberId[],
    index: LogIndex | null,
    message: string,
  ): void {
    this.#violation ??= { invariant, members, index, message };
  }
}

/** Labels of membership changes name members by what is known of them, which may be learnt later. */
function isMembership(label: string): boolean {
  return /^[+−~]/u.test(label) || label === "leave joint";
}

function dropOldest<V>(map: Map<number, V>, countMax: number): void {
  for (const key of map.keys()) {
    if (map.size <= countMax) return;
    map.delete(key);
  }
}
