// What a member does with a leader's log: entries, commit index, snapshot (AppendEntries and InstallSnapshot, paper
// §5.3 and §7). The sender is known to lead the present term.

import { assert } from "../base/assert.ts";
import { normalizeConfig } from "./membership.ts";
import type { Message } from "./message.ts";
import type { RaftCore } from "./raft_core.ts";
import type { Snapshot } from "./types.ts";

export function handleAppend(core: RaftCore, append: Message): void {
  const previous = { index: append.index, term: append.logTerm };
  if (previous.index < core.log.commit) {
    // Late: everything up to the commit index matches anyway.
    core.send({ kind: "appendReply", to: append.from, index: core.log.commit });
    return;
  }
  if (core.appendReceived(previous, append.entries)) {
    // Our log may go on beyond what this append covers, with entries the leader never saw: neither commit nor
    // acknowledge those. (Paper figure 2, AppendEntries 5)
    const lastCovered = previous.index + append.entries.length;
    core.commitTo(core.rules.commitUpTo(append.commit, lastCovered, core.log.lastIndex));
    core.send({ kind: "appendReply", to: append.from, index: lastCovered });
    return;
  }
  const hint = core.log.findConflictByTerm(Math.min(previous.index, core.log.lastIndex), previous.term);
  core.send({
    kind: "appendReply",
    to: append.from,
    index: previous.index,
    reject: true,
    rejectHint: hint.index,
    logTerm: hint.term,
  });
}

export function handleHeartbeat(core: RaftCore, heartbeat: Message): void {
  // Its sender has compared that far already.
  core.commitTo(core.rules.commitUpTo(heartbeat.commit, heartbeat.commit, core.log.lastIndex));
  core.send({ kind: "heartbeatReply", to: heartbeat.from, context: heartbeat.context });
}

export function handleSnapshot(core: RaftCore, message: Message): void {
  if (message.snapshot === null) {
    core.refuse("snapshot", "the message carries none");
    return;
  }
  const installs = maybeRestore(core, message.snapshot);
  core.send({
    kind: "appendReply",
    to: message.from,
    index: installs ? core.log.lastIndex : core.log.commit,
  });
}

/**
 * Puts the snapshot in the place of the log; false when it brings nothing. Its configuration may lack this member:
 * then the entry that adds it comes after the snapshot, as it would in a log replayed from the start. (etcd refuses
 * such a snapshot; its hosts always make a fresh one.)
 */
function maybeRestore(core: RaftCore, snapshot: Snapshot): boolean {
  assert(core.role === "follower", () => `a ${core.role} was given a snapshot`);
  const { index, term } = snapshot.meta;
  if (index <= core.log.commit) return false;
  const config = normalizeConfig(snapshot.meta.confState);
  if (core.log.holds({ index, term })) {
    // The log has it all; that much of it is known to be committed now.
    core.commitTo(index);
    return false;
  }
  core.log.restoreSnapshot(snapshot);
  core.emit({ kind: "committed", index });
  core.tracker.switchTo(config, new Set(), index);
  core.emit({ kind: "config", config });
  return true;
}
