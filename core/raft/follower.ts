// A follower hears the leader, forwards what clients want to it, and otherwise waits. (Paper §5.1, §5.2)

import { startCampaign } from "./election.ts";
import type { Message } from "./message.ts";
import type { RaftCore } from "./raft_core.ts";
import { handleAppend, handleHeartbeat, handleSnapshot } from "./receive_log.ts";

export function stepFollower(core: RaftCore, message: Message): void {
  switch (message.kind) {
    case "append":
      followLeader(core, message);
      handleAppend(core, message);
      return;
    case "heartbeat":
      followLeader(core, message);
      handleHeartbeat(core, message);
      return;
    case "snapshot":
      followLeader(core, message);
      handleSnapshot(core, message);
      return;
    case "propose":
    case "readIndex":
    case "transferLeader":
      forwardToLeader(core, message);
      return;
    case "timeoutNow":
      // The leader wants it so: no pre-vote, no waiting. (Thesis §3.10)
      startCampaign(core, "transfer");
      return;
    case "readIndexReply": {
      const named = message.entries[0];
      if (named === undefined) core.refuse("readIndexReply", "names no read");
      else core.readStates.push({ index: message.index, context: named.data });
      return;
    }
    default:
      return; // answers to what this member was before
  }
}

/** Only the leader of the present term keeps a follower from campaigning; older ones never get this far. */
function followLeader(core: RaftCore, message: Message): void {
  core.electionElapsed = 0;
  core.leader = message.from;
}

function forwardToLeader(core: RaftCore, message: Message): void {
  if (core.leader === null) core.refuse(message.kind, "no leader");
  else core.send({ ...message, to: core.leader, term: core.term });
}
