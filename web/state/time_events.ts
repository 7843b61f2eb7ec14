// Which events are a stop on the way through time, which deserve a mark, what each is called, and where two runs part.

import type { MemberId, Term } from "../../core/base/ids.ts";
import type { Role } from "../../core/raft/types.ts";
import { describeEvent } from "../../core/script/describe_event.ts";
import type { ClusterEvent, ClusterFrame } from "../../workers/browser/cluster_api.ts";
import type { TrackMark } from "../geometry/time_track.ts";
import type { Strings } from "../text/en.ts";
import { plain } from "../text/rich.ts";
import { operatorVerb } from "./facts.ts";
import type { Lane } from "./time_machine.svelte.ts";

/** Bookkeeping that no step should stop at. */
const PASSED_OVER: ReadonlySet<string> = new Set([
  "writeIssued",
  "promised",
  "progress",
  "electionTimer",
  "responded",
  "config",
]);

export function isStop({ event }: ClusterEvent): boolean {
  return !PASSED_OVER.has(event.kind);
}

export function isInteresting(event: ClusterEvent): boolean {
  const mark = markOf(event);
  return mark !== null && mark !== "commit" && mark !== "voteYes";
}

/** The mark of an event on the track; null for none. A follower's commit is old news. */
export function markOf({ event }: ClusterEvent, byLeader = true): TrackMark | null {
  switch (event.kind) {
    case "role":
      return ROLE_MARKS[event.role] ?? null;
    case "voteCast":
      return event.granted && !event.pre ? "voteYes" : null;
    case "committed":
      return byLeader ? "commit" : null;
    case "requested":
      return "request";
    case "snapshot":
      return event.what === "sent" ? null : "snapshot";
    case "operator":
      return VERB_MARKS[event.verb] ?? null;
    default:
      return null;
  }
}

const ROLE_MARKS: Readonly<Partial<Record<Role, TrackMark>>> = {
  leader: "leader",
  candidate: "candidate",
  preCandidate: "preVote",
};

const VERB_MARKS: Readonly<Record<string, TrackMark>> = {
  crash: "crash",
  restart: "back",
  cut: "cut",
  "cut one way": "cut",
  partition: "cut",
  heal: "back",
};

/** An event in a few words: its sentence without the full stop. */
export function eventName(told: ClusterEvent, frame: ClusterFrame, text: Strings): string {
  const { event, member } = told;
  if (event.kind === "operator") {
    const verb = operatorVerb(event.verb);
    const said = verb === null
      ? `${event.verb} ${event.names.join(" ")}`
      : plain(text.caption({ kind: "operator", verb, names: event.names }));
    return firstClause(said);
  }
  const before = roleBefore(told, frame);
  const description = describeEvent(event, {
    member: member ?? ("" as MemberId),
    nameOf: (id) => frame.members.find((one) => one.id === id)?.name ?? id.slice(0, 4),
    roleBefore: before.role,
    termBefore: before.term,
    cause: "timer",
  });
  return firstClause(text.sentence(description));
}

function firstClause(sentence: string): string {
  return sentence.split(/[.。](?:\s|$)|。/u)[0] ?? sentence;
}

function roleBefore(
  told: ClusterEvent,
  frame: ClusterFrame,
): { readonly role: Role | null; readonly term: Term } {
  for (const { member, event, number } of frame.events.toReversed()) {
    if (member !== told.member || number >= told.number) continue;
    if (event.kind === "recovered") return { role: null, term: event.term };
    if (event.kind === "role") return { role: event.role, term: event.term };
  }
  return { role: null, term: 0 };
}

/** Where two runs that share a past go apart. */
export interface Parting {
  readonly atMs: number;
  readonly mine: ClusterEvent | null;
  readonly other: ClusterEvent | null;
}

/** The first event of each that the other does not have. Null while neither has said anything the other has not. */
export function partingOf(mine: Lane, other: Lane): Parting | null {
  const mineStops = mine.cluster.archive.filter(isStop);
  const otherStops = other.cluster.archive.filter(isStop);
  const count = Math.min(mineStops.length, otherStops.length);
  for (let at = 0; at <= count; at++) {
    const [a, b] = [mineStops[at] ?? null, otherStops[at] ?? null];
    if (a === null && b === null) return null;
    if (a !== null && b !== null && sameEvent(a, b)) continue;
    const atMs = Math.min(a?.atMs ?? Infinity, b?.atMs ?? Infinity);
    return { atMs, mine: a, other: b };
  }
  return null;
}

function sameEvent(a: ClusterEvent, b: ClusterEvent): boolean {
  return a.atMs === b.atMs && a.member === b.member && JSON.stringify(a.event) === JSON.stringify(b.event);
}
