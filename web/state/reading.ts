// What a frame says beyond its numbers: who leads, who can talk to whom, which group holds a quorum. Pure functions
// of one ClusterFrame, so that every part of the page and every test reads the cluster in the same way.

import type { MemberId, Term } from "../../core/base/ids.ts";
import type { ClusterFrame, Flight, HostedMember, LinkCut } from "../../workers/browser/cluster_api.ts";
import { ETCD_TIMING, TEACHING_TIMING, type Timing } from "../../core/member/options.ts";

/** The word a member's element carries, and the mark it is drawn with. */
export type ShownRole =
  | "leader"
  | "follower"
  | "candidate"
  | "pre-candidate"
  | "learner"
  | "stopped"
  | "paused";

/** Milliseconds of virtual time after which a leader that heard no quorum is called stale, in election timeouts. */
const STALE_TIMEOUTS = 1;

export function shownRole(member: HostedMember): ShownRole {
  if (member.state === "paused") return "paused";
  if (member.state !== "running" || member.view === null) return "stopped";
  return raftRole(member);
}

/** The role its last view had, whatever became of the member since. */
export function raftRole(member: HostedMember): Exclude<ShownRole, "stopped" | "paused"> {
  const role = member.view?.role ?? "follower";
  return role === "preCandidate" ? "pre-candidate" : role;
}

export function timingOf(frame: ClusterFrame): Timing {
  return frame.plan.profile === "teaching" ? TEACHING_TIMING : ETCD_TIMING;
}

export function isUp(member: HostedMember): boolean {
  return member.state === "running" && member.view !== null;
}

export function isVoter(member: HostedMember): boolean {
  return member.view?.role !== "learner";
}

/** Votes needed to lead or to commit. */
export function quorumSize(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}

export function isCut(cuts: readonly LinkCut[], from: MemberId, to: MemberId): boolean {
  return cuts.some((cut) => cut.from === from && cut.to === to);
}

/** How two members are connected, seen from the first. */
export type LinkState = "open" | "cutOut" | "cutIn" | "cut";

export function linkState(cuts: readonly LinkCut[], a: MemberId, b: MemberId): LinkState {
  const out = isCut(cuts, a, b);
  const back = isCut(cuts, b, a);
  if (out && back) return "cut";
  return out ? "cutOut" : back ? "cutIn" : "open";
}

export interface Group {
  /** Places in member order. */
  readonly indexes: readonly number[];
  /** Those of them that are up and vote. */
  readonly upCount: number;
  readonly quorum: boolean;
}

export interface Connectivity {
  /** Members that can reach each other, directly or through one another, both ways; in member order. */
  readonly groups: readonly Group[];
  readonly voterCount: number;
  readonly needed: number;
  /** The group with a quorum, if there is one. */
  readonly quorumGroup: Group | null;
}

export function connectivity(frame: ClusterFrame): Connectivity {
  const { members, cuts } = frame;
  const groupOf = members.map((_, index) => index);
  const find = (index: number): number => {
    let root = index;
    while (groupOf[root] !== root) root = groupOf[root]!;
    return root;
  };
  for (let a = 0; a < members.length; a++) {
    for (let b = a + 1; b < members.length; b++) {
      if (linkState(cuts, members[a]!.id, members[b]!.id) === "open") {
        const [low, high] = [find(a), find(b)].sort((x, y) => x - y) as [number, number];
        groupOf[high] = low;
      }
    }
  }
  const voterCount = members.filter(isVoter).length;
  const needed = quorumSize(voterCount);
  const byRoot = new Map<number, number[]>();
  members.forEach((_, index) => {
    const root = find(index);
    byRoot.set(root, [...(byRoot.get(root) ?? []), index]);
  });
  const groups = [...byRoot.values()].map((indexes): Group => {
    const upCount = indexes.filter((index) => isUp(members[index]!) && isVoter(members[index]!)).length;
    return { indexes, upCount, quorum: upCount >= needed };
  });
  return { groups, voterCount, needed, quorumGroup: groups.find((group) => group.quorum) ?? null };
}

/** The running leader of the highest term, whether or not it still has a quorum. */
export function leaderOf(frame: ClusterFrame): HostedMember | null {
  let best: HostedMember | null = null;
  for (const member of frame.members) {
    if (isUp(member) && member.view!.role === "leader" && member.view!.term > (best?.view?.term ?? -1)) {
      best = member;
    }
  }
  return best;
}

/** The leader that a quorum follows: nobody else knows a later term's leader and it hears enough peers. */
export function workingLeader(frame: ClusterFrame): HostedMember | null {
  const leader = leaderOf(frame);
  return leader !== null && !isStale(frame, leader) ? leader : null;
}

/** Peers a leader has heard from within an election timeout, itself not counted. */
export function heardCount(frame: ClusterFrame, leader: HostedMember): number {
  const { electionTicks } = timingOf(frame);
  return (leader.view?.progress ?? [])
    .filter((peer) =>
      peer.peer !== leader.id && peer.heardTicksAgo !== null &&
      peer.heardTicksAgo <= electionTicks * STALE_TIMEOUTS
    ).length;
}

/** A leader that a later term has replaced, or that no longer hears a quorum. */
export function isStale(frame: ClusterFrame, member: HostedMember): boolean {
  const view = member.view;
  if (!isUp(member) || view === null || view.role !== "leader") return false;
  if (
    frame.members.some((other) =>
      isUp(other) && other.view!.role === "leader" && other.view!.term > view.term
    )
  ) {
    return true;
  }
  const voters = frame.members.filter(isVoter).length;
  const cutOff = frame.members.filter((other) =>
    other.id !== member.id && isUp(other) && isVoter(other) &&
    linkState(frame.cuts, member.id, other.id) === "open"
  ).length + 1;
  return heardCount(frame, member) + 1 < quorumSize(voters) && cutOff < quorumSize(voters);
}

/** The follower whose timer has least left. Null when somebody campaigns already, or nobody waits. */
export function nextToStrike(frame: ClusterFrame): { member: HostedMember; ticksLeft: number } | null {
  let best: { member: HostedMember; ticksLeft: number } | null = null;
  for (const member of frame.members) {
    const view = member.view;
    if (!isUp(member) || view === null) continue;
    if (view.role === "candidate" || view.role === "preCandidate") return null;
    if (view.role !== "follower") continue;
    const ticksLeft = view.timer.deadlineTicks - view.timer.elapsedTicks;
    if (best === null || ticksLeft < best.ticksLeft) best = { member, ticksLeft };
  }
  return best;
}

export type VoteMark = "yes" | "coming" | "none" | "no" | "cut";

/** What a candidate has from each member, in member order. */
export function voteMarks(
  frame: ClusterFrame,
  candidate: HostedMember,
  flights: readonly Flight[],
): VoteMark[] {
  return frame.members.map((voter) => {
    const vote = candidate.view?.votes.find((heard) => heard.voter === voter.id);
    if (vote) return vote.granted ? "yes" : "no";
    if (voter.id === candidate.id) return "coming";
    const answers = flights.some((flight) =>
      flight.from === voter.id && flight.to === candidate.id && !flight.dropped && !flight.reject &&
      (flight.kind === "voteReply" || flight.kind === "preVoteReply")
    );
    if (answers) return "coming";
    return isUp(voter) && linkState(frame.cuts, candidate.id, voter.id) === "open" ? "none" : "cut";
  });
}

/**
 * An entry's label as a reader knows the cluster: a membership change names its member by id, because a log knows no
 * names; here the name is put in its place.
 */
export function entryLabel(frame: ClusterFrame, label: string): string {
  const change = /^(\+L |[+−~])([0-9a-f]{4})$/u.exec(label);
  const known = change === null
    ? undefined
    : frame.members.find((member) => member.id.startsWith(change[2]!));
  return known === undefined ? label : `${change![1]}${known.name}`;
}

export function highestTerm(frame: ClusterFrame): Term {
  return Math.max(0, ...frame.members.map((member) => member.view?.term ?? 0));
}

export function memberByName(frame: ClusterFrame, name: string): HostedMember | undefined {
  return frame.members.find((member) => member.name === name);
}

export function nameOf(frame: ClusterFrame, id: MemberId | null): string {
  return frame.members.find((member) => member.id === id)?.name ?? "?";
}
