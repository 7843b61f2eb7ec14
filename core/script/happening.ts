// What can happen to a cluster under a lesson, one moment at a time, and the cluster as it is right then. This is all a
// lesson's conditions may look at: the simulator offers it through `Stage`, a live cluster through its frames.

import type { LogIndex, MemberId, Revision, Term } from "../base/ids.ts";
import type { ClientOperation } from "../check/history.ts";
import type { TraceEvent } from "../member/trace.ts";
import type { ShownRole } from "../member/view.ts";
import type { OperatorAction } from "../sim/actions.ts";
import type { StartOutcome } from "./start_model.ts";

export type Happening =
  /** A cluster of its own stands, in place of any before. */
  | { readonly kind: "cluster" }
  /** Nothing happened: this is how things stand when somebody begins to look. */
  | { readonly kind: "look" }
  | { readonly kind: "trace"; readonly member: MemberId; readonly event: TraceEvent }
  | { readonly kind: "act"; readonly action: OperatorAction }
  | { readonly kind: "asked"; readonly operation: ClientOperation }
  | { readonly kind: "answered"; readonly operation: ClientOperation }
  /** A client's watch was created, has told of changes, or has ended. */
  | WatchTold
  /** Something the reader did on the page that no member hears of: a card opened, a mark set. */
  | { readonly kind: "deed"; readonly words: readonly string[] }
  /** Somebody tried to start a member with flags. */
  | StartOutcome
  /** Years of failures were lived through (core/lab). Shares are of time, 0 to 1. */
  | {
    readonly kind: "years";
    readonly size: number;
    readonly memberAvailability: number;
    readonly hours: number;
    readonly measuredDown: number;
    readonly formulaDown: number;
  }
  /** A run of writes was measured, one at a time. */
  | {
    readonly kind: "stress";
    readonly size: number;
    readonly writeCount: number;
    readonly messagesPerWrite: number;
    readonly medianMs: number;
  };

export interface WatchTold {
  readonly kind: "watch";
  readonly name: string;
  readonly what: "created" | "events" | "compacted" | "broken";
  /** First revision asked for; 0 for "from now on". */
  readonly fromRevision: Revision;
  readonly events: readonly {
    readonly kind: "put" | "delete";
    readonly key: string;
    readonly value: string;
    readonly revision: Revision;
  }[];
}

/** One member as it is now. Of one that does not run, only the first three lines mean anything. */
export interface MemberNow {
  readonly id: MemberId;
  readonly name: string;
  readonly state: "running" | "paused" | "stopped" | "refused" | "removed";
  readonly role: ShownRole;
  readonly term: Term;
  readonly votedFor: MemberId | null;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  readonly lastIndex: LogIndex;
  readonly durableIndex: LogIndex;
  readonly firstIndex: LogIndex;
  readonly revision: Revision;
  readonly voters: readonly MemberId[];
  /** Term of the entry at this index; null when the member does not show it. */
  termAt(index: LogIndex): Term | null;
}

export interface ClusterNow {
  /** Counts the clusters of a lesson from 1: a later one has nothing to do with an earlier one. */
  readonly number: number;
  readonly rules: "etcd" | "textbook";
  /** Least and, excluded, most patience of a follower: [T, 2T). */
  readonly electionMs: number;
  /** In order of name; members that were removed are left out. */
  readonly members: readonly MemberNow[];
  isCut(from: MemberId, to: MemberId): boolean;
}

export interface Moment {
  /** The number of the newest trace event: what "the deciding event" is called by. */
  readonly number: number;
  readonly atMs: number;
  /** Null while no cluster stands, and for what happens beside one. */
  readonly cluster: ClusterNow | null;
  readonly what: Happening;
}

/** The member that leads the highest term among those that run. */
export function leaderIn(cluster: ClusterNow): MemberNow | null {
  let best: MemberNow | null = null;
  for (const member of cluster.members) {
    if (member.state !== "running" || member.role !== "leader") continue;
    if (!best || member.term > best.term) best = member;
  }
  return best;
}

export function memberIn(cluster: ClusterNow, id: MemberId): MemberNow | null {
  return cluster.members.find((member) => member.id === id) ?? null;
}

/** The sides of a wall: members that reach each other over links that are open both ways, if need be through others. */
export function sidesOf(cluster: ClusterNow): readonly (readonly MemberNow[])[] {
  const sides: MemberNow[][] = [];
  for (const member of cluster.members) {
    const isOpen = (other: MemberNow) =>
      !cluster.isCut(member.id, other.id) && !cluster.isCut(other.id, member.id);
    // A member may join what looked like two sides so far.
    const near = sides.filter((side) => side.some(isOpen));
    const rest = sides.filter((side) => !near.includes(side));
    sides.splice(0, sides.length, ...rest, [...near.flat(), member]);
  }
  return sides;
}

/** A majority of the members that vote, as the one who has applied most of the log knows them. */
export function quorumIn(cluster: ClusterNow): number {
  let best: MemberNow | null = null;
  for (const member of cluster.members) {
    if (member.state === "running" && (!best || member.applied > best.applied)) best = member;
  }
  return Math.floor((best?.voters.length ?? cluster.members.length) / 2) + 1;
}
