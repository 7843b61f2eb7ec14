// Facts are what the page tells: an event of the cluster, or how it stands, without words. A language file turns a
// fact into a sentence, so both languages tell the same things and a caption never says more than its event did.

import type { LogIndex, MemberId, Term } from "../../core/base/ids.ts";
import type { Role } from "../../core/raft/types.ts";
import type { ClusterEvent, ClusterFrame } from "../../workers/browser/cluster_api.ts";
import {
  connectivity,
  heardCount,
  isStale,
  isUp,
  leaderOf,
  nameOf,
  nextToStrike,
  quorumSize,
  workingLeader,
} from "./reading.ts";

export type Fact =
  | {
    readonly kind: "asks";
    readonly name: string;
    readonly term: Term;
    readonly pre: boolean;
    readonly needed: number;
  }
  | { readonly kind: "leads"; readonly name: string; readonly term: Term }
  | { readonly kind: "stepsDown"; readonly name: string; readonly term: Term }
  | { readonly kind: "laterTerm"; readonly name: string; readonly term: Term; readonly leader: string | null }
  | {
    readonly kind: "votes";
    readonly voter: string;
    readonly candidate: string;
    readonly term: Term;
    readonly pre: boolean;
    readonly granted: boolean;
  }
  | {
    readonly kind: "counts";
    readonly voter: string;
    readonly candidate: string;
    readonly granted: boolean;
    readonly have: number;
    readonly needed: number;
  }
  | {
    readonly kind: "committed";
    readonly index: LogIndex;
    readonly label: string;
    readonly disks: number;
    readonly size: number;
  }
  | { readonly kind: "overwritten"; readonly name: string; readonly first: LogIndex; readonly last: LogIndex }
  | {
    readonly kind: "recovered";
    readonly name: string;
    readonly entryCount: number;
    readonly term: Term;
    readonly torn: boolean;
  }
  | {
    readonly kind: "snapshot";
    readonly name: string;
    readonly what: "taken" | "sent" | "installed";
    readonly index: LogIndex;
  }
  | { readonly kind: "stopped"; readonly name: string; readonly why: string }
  | { readonly kind: "operator"; readonly verb: OperatorVerb; readonly names: readonly string[] };

export type OperatorVerb =
  | "crash"
  | "restart"
  | "pause"
  | "resume"
  | "elect"
  | "cut"
  | "cutOneWay"
  | "mend"
  | "mendOneWay"
  | "heal"
  | "put"
  | "del";

const VERBS: Readonly<Record<string, OperatorVerb>> = {
  crash: "crash",
  restart: "restart",
  pause: "pause",
  resume: "resume",
  elect: "elect",
  cut: "cut",
  "cut one way": "cutOneWay",
  mend: "mend",
  "mend one way": "mendOneWay",
  heal: "heal",
  put: "put",
  del: "del",
};

/** The page's word for a verb in an event; null for one that it has no sentence for. */
export function operatorVerb(verb: string): OperatorVerb | null {
  return VERBS[verb] ?? null;
}

/** How much a fact deserves the one caption: a higher one is not displaced at once by a lower one. */
export function weightOf(fact: Fact): number {
  switch (fact.kind) {
    case "operator":
      // What somebody just did is what they want to see told.
      return 6;
    case "leads":
    case "stopped":
      return 5;
    case "stepsDown":
    case "overwritten":
    case "recovered":
      return 4;
    case "asks":
    case "laterTerm":
      return 3;
    case "counts":
    case "snapshot":
      return 2;
    case "committed":
    case "votes":
      return 1;
  }
}

/** Turns events into facts in order. It remembers each member's last role, because a step down is a change. */
export class FactTeller {
  readonly #roles = new Map<string, { role: Role; term: Term }>();

  /** The fact in an event, or null when it deserves no caption. */
  tell(event: ClusterEvent, frame: ClusterFrame): Fact | null {
    const name = event.member === null ? "" : nameOf(frame, event.member);
    const told = event.event;
    switch (told.kind) {
      case "operator": {
        const verb = VERBS[told.verb];
        return verb === undefined ? null : { kind: "operator", verb, names: told.names };
      }
      case "role": {
        const before = this.#roles.get(name);
        this.#roles.set(name, { role: told.role, term: told.term });
        const needed = connectivity(frame).needed;
        // Workers report on their own time: a candidacy may be heard of when its election is over.
        if (told.role !== "leader" && told.role !== "follower" && isSettled(frame, told)) return null;
        switch (told.role) {
          case "preCandidate":
            return { kind: "asks", name, term: told.term + 1, pre: true, needed };
          case "candidate":
            return { kind: "asks", name, term: told.term, pre: false, needed };
          case "leader":
            return { kind: "leads", name, term: told.term };
          case "follower":
            if (before?.role !== "leader") return null;
            return told.term > before.term
              ? {
                kind: "laterTerm",
                name,
                term: told.term,
                leader: told.leader ? nameOf(frame, told.leader) : null,
              }
              : { kind: "stepsDown", name, term: told.term };
        }
        return null;
      }
      case "voteCast":
        // An answer to a question that is settled already is no news.
        if (!campaigns(frame, told.for)) return null;
        return {
          kind: "votes",
          voter: name,
          candidate: nameOf(frame, told.for),
          term: told.term,
          pre: told.pre,
          granted: told.granted,
        };
      case "voteCounted":
        if (told.from === event.member || !campaigns(frame, event.member)) return null;
        return {
          kind: "counts",
          voter: nameOf(frame, told.from),
          candidate: name,
          granted: told.granted,
          have: told.granteds,
          needed: told.needed,
        };
      case "committed":
        return committedFact(event, frame, told.index);
      case "overwritten":
        return { kind: "overwritten", name, first: told.first, last: told.last };
      case "recovered":
        this.#roles.delete(name);
        if (told.entryCount === 0) return null;
        return {
          kind: "recovered",
          name,
          entryCount: told.entryCount,
          term: told.term,
          torn: told.tornBytes > 0,
        };
      case "snapshot":
        return { kind: "snapshot", name, what: told.what, index: told.index };
      case "stopped":
        return { kind: "stopped", name, why: told.why };
      default:
        return null;
    }
  }
}

/** A leader of the term that a candidate asks for, or of a later one, is known already. */
function isSettled(frame: ClusterFrame, asked: { readonly role: Role; readonly term: Term }): boolean {
  const term = asked.role === "preCandidate" ? asked.term + 1 : asked.term;
  return (leaderOf(frame)?.view?.term ?? 0) >= term;
}

function campaigns(frame: ClusterFrame, id: MemberId | null): boolean {
  const role = frame.members.find((member) => member.id === id)?.view?.role;
  return role === "candidate" || role === "preCandidate";
}

const CLIENT_WRITE = /=|^(del|compact) |^txn$/;

/** Only the leader's commit is news: followers hear of it later. */
function committedFact(event: ClusterEvent, frame: ClusterFrame, index: LogIndex): Fact | null {
  const member = frame.members.find((one) => one.id === event.member);
  if (member?.view?.role !== "leader") return null;
  const cell = member.view.log.find((one) => one.index === index);
  // Entries that the members write for themselves (no-op, names, cluster version) are no client's news.
  if (cell === undefined || cell.kind !== "normal" || !CLIENT_WRITE.test(cell.label)) return null;
  const disks = frame.members.filter((one) =>
    one.view !== null && one.view.durableIndex >= index &&
    one.view.log.some((held) => held.index === index && held.term === cell.term)
  ).length;
  // Only what the picture shows already: the leader counts answers that a frame may bring a moment later.
  const needed = quorumSize(connectivity(frame).voterCount);
  return {
    kind: "committed",
    index,
    label: cell.label,
    disks: Math.max(disks, needed),
    size: frame.members.length,
  };
}

/** How the cluster stands: the quieter line under the caption. */
export type Situation =
  | { readonly kind: "leads"; readonly name: string; readonly term: Term; readonly size: number }
  | {
    readonly kind: "stale";
    readonly name: string;
    readonly term: Term;
    readonly heard: number;
    readonly peers: number;
  }
  | { readonly kind: "waiting"; readonly next: string }
  | { readonly kind: "campaign" }
  | { readonly kind: "noQuorum"; readonly missing: number; readonly needed: number; readonly size: number }
  | { readonly kind: "starting" }
  | { readonly kind: "elsewhere" };

export function situationOf(frame: ClusterFrame): Situation {
  const { members } = frame;
  if (members.some((member) => member.state === "elsewhere")) return { kind: "elsewhere" };
  const stale = members.find((member) => isStale(frame, member));
  if (stale?.view) {
    return {
      kind: "stale",
      name: stale.name,
      term: stale.view.term,
      heard: heardCount(frame, stale),
      peers: members.length - 1,
    };
  }
  const leader = workingLeader(frame) ?? leaderOf(frame);
  const { quorumGroup, needed, groups } = connectivity(frame);
  if (quorumGroup === null) {
    if (members.every((member) => member.view === null)) return { kind: "starting" };
    const most = Math.max(...groups.map((group) => group.upCount));
    return { kind: "noQuorum", missing: needed - most, needed, size: members.length };
  }
  if (leader?.view) return { kind: "leads", name: leader.name, term: leader.view.term, size: members.length };
  const next = nextToStrike(frame);
  return next === null ? { kind: "campaign" } : { kind: "waiting", next: next.member.name };
}

/** The quorum in words, for the top bar. */
export type QuorumFact = {
  readonly needed: number;
  readonly size: number;
  /** Names in the group that has it, in member order; empty when nobody has. */
  readonly holders: readonly string[];
  /** All members are up and in one group. */
  readonly whole: boolean;
  /** How many of the holders may still fail. */
  readonly spare: number;
  readonly upCount: number;
  readonly led: boolean;
};

export function quorumFact(frame: ClusterFrame): QuorumFact {
  const { members } = frame;
  const { groups, needed, quorumGroup } = connectivity(frame);
  const holders = (quorumGroup?.indexes ?? []).map((index) => members[index]!).filter(isUp);
  return {
    needed,
    size: members.length,
    holders: holders.map((member) => member.name),
    whole: holders.length === members.length && groups.length === 1,
    spare: quorumGroup === null ? 0 : quorumGroup.upCount - needed,
    upCount: members.filter(isUp).length,
    led: workingLeader(frame) !== null,
  };
}
