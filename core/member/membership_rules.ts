// Whether a change of members should even be proposed here and now. The log has the last word when it is applied; these
// rules keep an operator from locking a cluster by accident. (etcd's strict reconfiguration check)

import { ETCD_ERRORS, type EtcdError } from "../base/etcd_error.ts";
import type { LogIndex, MemberId } from "../base/ids.ts";
import type { ClusterMembers, MembershipChange } from "./cluster_members.ts";

/** A learner may vote once it holds this share of the leader's log. (etcd's readyPercent) */
const LEARNER_READY_SHARE = 0.9;

/** What the member that was asked knows. */
export interface MembershipSituation {
  readonly self: MemberId;
  readonly members: ClusterMembers;
  readonly strict: boolean;
  readonly leads: boolean;
  readonly lastIndex: LogIndex;
  /** How far a peer's log agrees with this leader's. */
  readonly matchOf: (id: MemberId) => LogIndex;
  /** Whether anything was heard from a peer lately. Only a leader hears everybody. */
  readonly hears: (id: MemberId) => boolean;
}

/** In etcd's words, why the change is refused; null when it may be proposed. */
export function refusalOfMembershipChange(
  change: MembershipChange,
  situation: MembershipSituation,
): EtcdError | null {
  const trouble = situation.members.check(change);
  if (trouble) return trouble;
  switch (change.kind) {
    case "promote":
      return refusalOfPromotion(change.id, situation);
    case "add":
      return situation.strict && !change.member.isLearner ? refusalOfNewVoter(situation) : null;
    case "remove":
      return situation.strict ? refusalOfRemoval(change.id, situation) : null;
    case "update":
      return null;
  }
}

function refusalOfPromotion(
  id: MemberId,
  { leads, matchOf, lastIndex }: MembershipSituation,
): EtcdError | null {
  if (!leads) return ETCD_ERRORS.notLeader;
  return matchOf(id) >= lastIndex * LEARNER_READY_SHARE ? null : ETCD_ERRORS.learnerNotReady;
}

/** A new voter raises the quorum at once and helps only later: those who run now must be able to carry it alone. */
function refusalOfNewVoter({ members, leads, hears, self }: MembershipSituation): EtcdError | null {
  const voters = members.list().filter((member) => !member.isLearner);
  const started = voters.filter((member) => member.name !== "");
  // One voter may double itself, or a single member could never grow. (etcd's own exception)
  const isSingle = voters.length === 1 && started.length === 1;
  if (!isSingle && started.length < quorumOf(voters.length + 1)) return ETCD_ERRORS.memberNotEnoughStarted;
  const isDeaf = leads && started.some((member) => member.id !== self && !hears(member.id));
  return isDeaf ? ETCD_ERRORS.unhealthy : null;
}

/** Removing one that runs must leave a quorum that runs; removing one that never started hurts nobody. */
function refusalOfRemoval(id: MemberId, { members }: MembershipSituation): EtcdError | null {
  const voters = members.list().filter((member) => !member.isLearner);
  const started = voters.filter((member) => member.name !== "");
  if (!started.some((member) => member.id === id)) return null;
  return started.length - 1 < quorumOf(voters.length - 1) ? ETCD_ERRORS.memberNotEnoughStarted : null;
}

function quorumOf(voterCount: number): number {
  return Math.floor(voterCount / 2) + 1;
}
