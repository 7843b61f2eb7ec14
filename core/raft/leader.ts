// A leader takes proposals and reads, keeps the others up to date, commits what a quorum holds, and steps down when
// it no longer hears one. (Paper §5.3, §5.4.2, §6; thesis §3.10, §6.2, §6.4)

import type { MemberId } from "../base/ids.ts";
import { confChangeOf, LEAVE_JOINT_PROPOSAL, type Proposal, unplaced } from "./conf_change_codec.ts";
import { isJoint, leavesJoint } from "./membership.ts";
import type { Message } from "./message.ts";
import type { Progress } from "./progress.ts";
import type { RaftCore } from "./raft_core.ts";
import type { ReadRequest } from "./read_index.ts";
import { broadcastAppend, broadcastHeartbeat, maybeSendAppend, noteProgress } from "./replication.ts";
import type { ConfChange } from "./types.ts";

export function stepLeader(core: RaftCore, message: Message): void {
  switch (message.kind) {
    case "propose": {
      const dropped = proposeAsLeader(core, message.entries);
      if (dropped !== null) core.refuse("propose", dropped);
      return;
    }
    case "readIndex": {
      const named = message.entries[0];
      const dropped = named === undefined ? "names no read" : readAsLeader(core, {
        from: message.from,
        context: named.data,
      });
      if (dropped !== null) core.refuse("readIndex", dropped);
      return;
    }
    case "transferLeader":
      transferLeadership(core, message.from);
      return;
    case "appendReply":
    case "heartbeatReply": {
      const progress = core.tracker.progress.get(message.from);
      if (progress === undefined) return;
      progress.recentActive = true;
      if (message.kind === "heartbeatReply") handleHeartbeatReply(core, message, progress);
      else if (message.reject) handleRejection(core, message, progress);
      else handleAcknowledgement(core, message.from, message.index, progress);
      noteProgress(core, message.from);
      return;
    }
    default:
      return;
  }
}

/** One tick of a leader: heartbeats, the check of the quorum, the end of a transfer that did not succeed. */
export function tickLeader(core: RaftCore): void {
  core.heartbeatElapsed += 1;
  core.electionElapsed += 1;
  if (core.electionElapsed >= core.options.electionTicks) {
    core.electionElapsed = 0;
    if (core.options.checkQuorum) checkQuorum(core);
    if (core.transferee !== null) {
      core.transferee = null;
      maybeLeaveJoint(core);
    }
  }
  if (core.role === "leader" && core.heartbeatElapsed >= core.options.heartbeatTicks) {
    core.heartbeatElapsed = 0;
    broadcastHeartbeat(core);
  }
}

/** Steps down when no quorum was heard from for an election timeout: clients shall look elsewhere. (Thesis §6.2) */
function checkQuorum(core: RaftCore): void {
  if (!core.tracker.isQuorumActive()) {
    core.refuse("lead", "no quorum was heard from for an election timeout");
    core.becomeFollower(core.term, null);
  }
  for (const [id, progress] of core.tracker.progress) {
    if (id !== core.id) progress.recentActive = false;
  }
}

// ── proposals ──────────────────────────────────────────────────────────────────────────────────────────────────

/** Appends and sends; returns why not, when it does not. A conf change that may not be made becomes an empty entry. */
export function proposeAsLeader(core: RaftCore, proposals: readonly Proposal[]): string | null {
  if (proposals.length === 0) return "nothing is proposed";
  if (!core.tracker.progress.has(core.id)) return "this leader is no longer a member";
  if (core.transferee !== null) return `leadership is being transferred to ${core.transferee}`;

  let pendingConfIndex = core.pendingConfIndex;
  const entries = proposals.map((proposal, i): Proposal => {
    const change = confChangeOf(core.host.codec, proposal);
    if (change === null) return proposal;
    const why = objectionTo(core, change, pendingConfIndex);
    if (why !== null && !core.options.disableConfChangeValidation) {
      core.refuse("confChange", why);
      return { kind: "normal", data: new Uint8Array(0) };
    }
    pendingConfIndex = core.log.lastIndex + 1 + i;
    return proposal;
  });
  if (!core.appendOwn(entries)) {
    return `${core.uncommittedBytes} bytes of proposals are waiting to be committed already`;
  }
  core.pendingConfIndex = pendingConfIndex;
  broadcastAppend(core);
  return null;
}

/** Configurations follow one another: the next change must wait until the last is in force. (Thesis §4.1) */
function objectionTo(core: RaftCore, change: ConfChange, pendingConfIndex: number): string | null {
  if (!core.rules.mayChangeMembers(pendingConfIndex, core.log.applied)) {
    return `a change at or below ${pendingConfIndex} may not be applied yet, applied is ${core.log.applied}`;
  }
  if (isJoint(core.config) && !leavesJoint(change)) return "the joint configuration must be left first";
  if (!isJoint(core.config) && leavesJoint(change)) return "the configuration is not joint";
  return null;
}

// ── answers ────────────────────────────────────────────────────────────────────────────────────────────────────

/**
 * The member does not hold the entry before the append; find out where its log and ours agree.
 *
 *   index         1 2 3 4 5 6 7 8 9
 *   leader term   1 3 3 3 5 5 5 5 5
 *   member term   1 1 1 1 2 2
 *
 * Probed at 9 it answers "6, of term 2". All of our entries 2 to 6 are of later terms, so none of them can be there:
 * the next probe goes to 1. The member does likewise before it answers.
 */
function handleRejection(core: RaftCore, reply: Message, progress: Progress): void {
  const hint = reply.logTerm > 0
    ? core.log.findConflictByTerm(reply.rejectHint, reply.logTerm).index
    : reply.rejectHint;
  if (!progress.maybeDecrease(reply.index, hint)) return;
  if (progress.state === "replicate") progress.becomeProbe();
  maybeSendAppend(core, reply.from, true);
}

/** A member (or this leader's own disk) holds our log up to `index`. */
export function handleAcknowledgement(
  core: RaftCore,
  from: MemberId,
  index: number,
  progress: Progress,
): void {
  // An old match still ends a probe: a member that was reported unreachable and has everything says just that.
  const endsProbe = progress.state === "probe" && progress.match === index;
  if (!progress.maybeUpdate(index) && !endsProbe) return;
  if (progress.state === "probe") {
    progress.becomeReplicate();
  } else if (progress.state === "snapshot") {
    // Whatever snapshot it got, and from whomever: if our log continues from there, it is back.
    if (progress.match + 1 >= core.log.firstIndex) {
      progress.becomeProbe();
      progress.becomeReplicate();
    }
  } else {
    progress.inflights.freeUpTo(index);
  }

  if (core.maybeCommit()) {
    releasePostponedReads(core);
    broadcastAppend(core);
  } else if (from !== core.id && progress.canBumpCommit(core.log.commit)) {
    maybeSendAppend(core, from, true);
  }
  if (from === core.id) return;
  // There may be room in the window for several more.
  while (maybeSendAppend(core, from, false));
  if (from === core.transferee && progress.match === core.log.lastIndex) {
    core.send({ kind: "timeoutNow", to: from });
  }
}

function handleHeartbeatReply(core: RaftCore, reply: Message, progress: Progress): void {
  progress.flowPaused = false;
  // It lives; if it lags, or was lost sight of, try it again.
  if (progress.match < core.log.lastIndex || progress.state === "probe") {
    maybeSendAppend(core, reply.from, true);
  }
  if (core.options.readOnly !== "safe" || reply.context.length === 0) return;
  core.reads.acknowledge(reply.from, reply.context);
  grantConfirmedReads(core);
}

/** The host's word on a snapshot it was to send. */
export function snapshotReported(core: RaftCore, peer: MemberId, ok: boolean): void {
  const progress = core.tracker.progress.get(peer);
  if (core.role !== "leader" || progress?.state !== "snapshot") return;
  // After a failure nothing is known about the peer beyond its last match.
  if (!ok) progress.pendingSnapshot = 0;
  progress.becomeProbe();
  // Arrived: its own acknowledgement follows. Failed: the next heartbeat is soon enough to try again.
  progress.flowPaused = true;
  noteProgress(core, peer);
}

/** The host could not reach a peer: appends in flight are probably lost. */
export function unreachableReported(core: RaftCore, peer: MemberId): void {
  const progress = core.tracker.progress.get(peer);
  if (core.role !== "leader" || progress?.state !== "replicate") return;
  progress.becomeProbe();
  noteProgress(core, peer);
}

/** Proposes to leave a joint configuration that is applied and says so itself. Not during a transfer; after it, again. */
export function maybeLeaveJoint(core: RaftCore): void {
  if (!core.config.autoLeave || core.role !== "leader" || core.log.applied < core.pendingConfIndex) return;
  const why = proposeAsLeader(core, [LEAVE_JOINT_PROPOSAL]);
  if (why !== null) core.refuse("confChange", why);
}

/** A new configuration is in force: this leader may be out of it, a smaller quorum may have all it needs. */
export function reconfigured(core: RaftCore): void {
  if (!core.tracker.isVoter(core.id)) {
    if (core.options.stepDownOnRemoval) core.becomeFollower(core.term, null);
    return;
  }
  if (core.maybeCommit()) {
    releasePostponedReads(core);
    broadcastAppend(core);
  } else {
    // Newcomers need not wait for the next heartbeat.
    for (const id of core.tracker.progress.keys()) {
      if (id !== core.id) maybeSendAppend(core, id, false);
    }
  }
  // So may the reads: those that left have nothing more to confirm.
  grantConfirmedReads(core);
  if (core.transferee !== null && !core.tracker.isVoter(core.transferee)) core.transferee = null;
}

// ── reads ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** Takes a read; returns why not, when it does not. */
export function readAsLeader(core: RaftCore, request: ReadRequest): string | null {
  if (core.reads.isFull()) return "too many reads are waiting";
  if (!core.hasCommittedInTerm()) core.reads.postpone(request);
  else beginRead(core, request);
  return null;
}

function releasePostponedReads(core: RaftCore): void {
  if (!core.hasCommittedInTerm()) return;
  for (const request of core.reads.takePostponed()) beginRead(core, request);
}

function beginRead(core: RaftCore, request: ReadRequest): void {
  if (core.options.readOnly === "leaseBased" || !core.rules.readAsksQuorum()) {
    grantRead(core, request, core.log.commit);
    return;
  }
  core.reads.add(request, core.log.commit);
  core.reads.acknowledge(core.id, core.reads.heartbeatContext());
  grantConfirmedReads(core);
  if (core.reads.waitingCount > 0) broadcastHeartbeat(core);
}

function grantConfirmedReads(core: RaftCore): void {
  for (const grant of core.reads.takeConfirmed(core.config, core.rules.quorumOf)) {
    grantRead(core, grant, grant.index);
  }
}

function grantRead(core: RaftCore, request: ReadRequest, index: number): void {
  if (request.from === core.id) {
    core.readStates.push({ context: request.context, index });
  } else {
    const entries = [unplaced({ kind: "normal", data: request.context })];
    core.send({ kind: "readIndexReply", to: request.from, index, entries });
  }
}

// ── transfer ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Brings `to` up to date and has it campaign at once; given up after an election timeout. (Thesis §3.10) */
export function transferLeadership(core: RaftCore, to: MemberId): void {
  const progress = core.tracker.progress.get(to);
  if (progress === undefined || core.tracker.isLearner(to)) {
    core.refuse("transferLeader", `${to} is no voter`);
    return;
  }
  if (core.transferee === to) return;
  core.transferee = null;
  if (to === core.id) return;
  core.electionElapsed = 0;
  core.transferee = to;
  if (progress.match === core.log.lastIndex) core.send({ kind: "timeoutNow", to });
  else maybeSendAppend(core, to, true);
}
