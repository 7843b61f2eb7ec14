// How a leader brings its log to the others: appends, heartbeats, snapshots, each within the flow that the member's
// `Progress` allows (paper §5.3; flow control is etcd's).

import type { LogIndex, MemberId } from "../base/ids.ts";
import type { Entry } from "./types.ts";
import type { RaftCore } from "./raft_core.ts";

/** Sends the commit index and whatever entries come next to every other member that may be sent to. */
export function broadcastAppend(core: RaftCore): void {
  for (const id of core.tracker.progress.keys()) {
    if (id !== core.id) maybeSendAppend(core, id, true);
  }
}

/**
 * Sends the next entries to one member, or a snapshot if they are compacted away. False when nothing was sent.
 * @param evenEmpty send without entries too, to tell the commit index or to probe.
 */
export function maybeSendAppend(core: RaftCore, to: MemberId, evenEmpty: boolean): boolean {
  const progress = core.tracker.progress.get(to);
  if (progress === undefined || progress.isPaused()) return false;
  const previousIndex = progress.next - 1;
  const previousTerm = core.log.termAt(previousIndex);
  if (previousTerm === null) return maybeSendSnapshot(core, to);

  // A full window takes appends without entries only: if all in flight were lost, one of these gets an answer that
  // clears the window.
  const windowIsFull = progress.state === "replicate" && progress.inflights.isFull();
  const entries: readonly Entry[] = windowIsFull
    ? []
    : core.log.slice(progress.next, core.log.lastIndex, core.options.messageBytesMax);
  if (entries.length === 0 && !evenEmpty) return false;
  core.send({
    kind: "append",
    to,
    index: previousIndex,
    logTerm: previousTerm,
    entries,
    commit: core.log.commit,
  });
  progress.sentEntries(entries.length);
  progress.sentCommit = core.log.commit;
  noteProgress(core, to);
  return true;
}

function maybeSendSnapshot(core: RaftCore, to: MemberId): boolean {
  const progress = core.tracker.progress.get(to)!;
  // A snapshot is large; a member that is down shall ask first.
  if (!progress.recentActive) return false;
  const snapshot = core.host.latestSnapshot();
  if (snapshot === null) return false;
  progress.becomeSnapshot(snapshot.meta.index);
  core.send({ kind: "snapshot", to, snapshot });
  noteProgress(core, to);
  return true;
}

/** Tells every other member that this leader lives, and has them confirm the reads that wait. */
export function broadcastHeartbeat(core: RaftCore): void {
  const context = core.reads.heartbeatContext();
  for (const [id, progress] of core.tracker.progress) {
    if (id === core.id) continue;
    // Never beyond what is known to match: the member may hold something else there.
    const commit: LogIndex = core.rules.commitUpTo(core.log.commit, progress.match, core.log.lastIndex);
    core.send({ kind: "heartbeat", to: id, commit, context });
    progress.sentCommit = commit;
  }
}

export function noteProgress(core: RaftCore, peer: MemberId): void {
  const progress = core.tracker.progress.get(peer);
  if (progress === undefined) return;
  const { state, match, next } = progress;
  core.emit({ kind: "progress", peer, state, match, next });
}
