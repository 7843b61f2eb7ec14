// A message in a few words, for the label of its flight.

import type { Message } from "../../core/raft/message.ts";
import { unreachable } from "../../core/base/assert.ts";

/** "append 17..18, term 3", "vote for term 4". */
export function summarize(message: Message): string {
  const { term, index, entries, commit, reject } = message;
  switch (message.kind) {
    case "append": {
      if (entries.length === 0) return `append nothing new, commit ${commit}, term ${term}`;
      const first = index + 1;
      const last = index + entries.length;
      return `append ${first === last ? first : `${first}..${last}`}, term ${term}`;
    }
    case "appendReply":
      return reject ? `no: nothing matches at ${index}` : `have up to ${index}`;
    case "vote":
      return `vote for term ${term}`;
    case "voteReply":
      return reject ? `no vote in term ${term}` : `a vote in term ${term}`;
    case "preVote":
      return `would you vote in term ${term}?`;
    case "preVoteReply":
      return reject ? `would not vote` : `would vote in term ${term}`;
    case "heartbeat":
      return `heartbeat, commit ${commit}, term ${term}`;
    case "heartbeatReply":
      return `heartbeat heard, term ${term}`;
    case "snapshot":
      return `snapshot up to ${message.snapshot?.meta.index ?? 0}, term ${term}`;
    case "propose":
      return entries.length === 1
        ? "a proposal for the leader"
        : `${entries.length} proposals for the leader`;
    case "readIndex":
      return "may I read?";
    case "readIndexReply":
      return `read at ${index}`;
    case "transferLeader":
      return "a request to hand over the lead";
    case "timeoutNow":
      return `campaign now, term ${term}`;
    default:
      return unreachable(message.kind);
  }
}
