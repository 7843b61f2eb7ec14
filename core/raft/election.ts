// Elections: asking for votes and casting them (paper §5.2, §5.4.1; pre-vote: thesis §9.6; votes refused while a
// leader lives: thesis §4.2.3).

import { equalBytes, utf8 } from "../base/bytes.ts";
import type { Message } from "./message.ts";
import type { RaftCore } from "./raft_core.ts";

/** "transfer": told to by the leader, so neither pre-vote nor leases stand in the way. (Thesis §3.10) */
export type CampaignKind = "preElection" | "election" | "transfer";

/** A vote request with this context comes from a transfer of leadership. */
const TRANSFER_CONTEXT = utf8("CampaignTransfer");

/** Campaigns, unless this member leads already or must not. */
export function startCampaign(core: RaftCore, kind: CampaignKind): void {
  if (core.role === "leader") return;
  if (!core.isPromotable()) {
    core.refuse("campaign", "not a voter, or a snapshot is being installed");
    return;
  }
  // A committed conf change may make another majority necessary than the one we would count.
  if (core.log.hasUnappliedConfChange()) {
    core.refuse("campaign", "a committed configuration change is not applied yet");
    return;
  }
  campaign(core, kind);
}

/** Asks every voter of both halves, itself included. */
export function campaign(core: RaftCore, kind: CampaignKind): void {
  const pre = kind === "preElection";
  if (pre) core.becomePreCandidate();
  else core.becomeCandidate();
  const term = pre ? core.term + 1 : core.term;
  const last = core.log.last();
  for (const id of core.tracker.voters()) {
    if (id === core.id) {
      core.ownVote = { term, pre };
      continue;
    }
    core.send({
      kind: pre ? "preVote" : "vote",
      to: id,
      term,
      index: last.index,
      logTerm: last.term,
      ...(kind === "transfer" ? { context: TRANSFER_CONTEXT } : {}),
    });
  }
}

/** True when a request must not even be looked at, because a leader was heard from within an election timeout. */
export function isHeldOffByLease(core: RaftCore, request: Message): boolean {
  return core.isInLease() && !equalBytes(request.context, TRANSFER_CONTEXT);
}

/**
 * Answers a request for a vote. Learners vote as well: one that was made a voter may not have heard of it, and its
 * vote may be the one that is missing.
 */
export function castVote(core: RaftCore, request: Message): void {
  const pre = request.kind === "preVote";
  const candidate = { index: request.index, term: request.logTerm };
  const mayVote = core.rules.voteIsFree(core.vote, request.from, core.leader) ||
    (pre && request.term > core.term); // promises nothing
  const upToDate = core.log.isUpToDate(candidate);
  const granted = mayVote && upToDate;
  const reason = granted
    ? "log is up to date"
    : !mayVote
    ? core.vote !== null ? `voted for ${core.vote}` : `follows ${core.leader}`
    : `log ends at ${core.log.last().term}/${core.log.last().index}, candidate's at ${candidate.term}/${candidate.index}`;
  core.emit({ kind: "voteCast", for: request.from, term: request.term, pre, granted, reason });
  // The grant bears the term asked for: a pre-candidate asks for a term nobody is in yet, and would take an answer
  // of ours for an old one.
  core.send({
    kind: pre ? "preVoteReply" : "voteReply",
    to: request.from,
    term: granted ? request.term : core.term,
    reject: !granted,
  });
  if (granted && !pre) {
    core.electionElapsed = 0;
    core.vote = request.from;
  }
}
