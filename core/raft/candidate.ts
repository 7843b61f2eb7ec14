// A candidate, or pre-candidate, counts votes and gives way to any leader of its term. (Paper §5.2, thesis §9.6)

import type { MemberId } from "../base/ids.ts";
import { campaign } from "./election.ts";
import type { Message } from "./message.ts";
import type { RaftCore } from "./raft_core.ts";
import { handleAppend, handleHeartbeat, handleSnapshot } from "./receive_log.ts";
import { broadcastAppend } from "./replication.ts";

export function stepCandidate(core: RaftCore, message: Message): void {
  switch (message.kind) {
    case "append":
      core.becomeFollower(message.term, message.from);
      handleAppend(core, message);
      return;
    case "heartbeat":
      core.becomeFollower(message.term, message.from);
      handleHeartbeat(core, message);
      return;
    case "snapshot":
      core.becomeFollower(message.term, message.from);
      handleSnapshot(core, message);
      return;
    case "voteReply":
    case "preVoteReply":
      countVote(core, { from: message.from, granted: !message.reject, pre: message.kind === "preVoteReply" });
      return;
    case "propose":
    case "readIndex":
      core.refuse(message.kind, "no leader");
      return;
    default:
      return;
  }
}

/** Takes one answer into the tally and draws the conclusion. Answers to another kind of campaign do not count. */
export function countVote(
  core: RaftCore,
  vote: { readonly from: MemberId; readonly granted: boolean; readonly pre: boolean },
): void {
  if (core.role !== (vote.pre ? "preCandidate" : "candidate")) return;
  core.tracker.recordVote(vote.from, vote.granted);
  const tally = core.tracker.tally();
  core.emit({
    kind: "voteCounted",
    from: vote.from,
    granted: vote.granted,
    granteds: tally.granted,
    needed: core.rules.quorumOf(core.tracker.voters().length),
  });
  if (tally.result === "won") {
    if (vote.pre) {
      campaign(core, "election");
    } else {
      core.becomeLeader();
      broadcastAppend(core);
    }
  } else if (tally.result === "lost") {
    core.becomeFollower(core.term, null);
  }
}
