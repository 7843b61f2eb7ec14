// Draws the picture of a member from its parts. Nothing here changes anything.

import { isEtcdError } from "../base/etcd_error.ts";
import type { LogIndex, MemberId } from "../base/ids.ts";
import type { RaftNode } from "../raft/raft_node.ts";
import type { Entry } from "../raft/types.ts";
import { entryLabel } from "./labels.ts";
import type { MemberOptions } from "./options.ts";
import type { StateMachine } from "./state_machine.ts";
import { type EntrySafety, LOG_CELLS_MAX, type LogCell, type MemberView, type ShownRole } from "./view.ts";

export interface ViewParts {
  /** Whether `kvHash` is worked out. */
  readonly hashed: boolean;
  readonly options: MemberOptions;
  readonly raft: RaftNode;
  readonly machine: StateMachine;
  readonly heardTicksAgo: (peer: MemberId) => number | null;
  readonly snapshotIndex: LogIndex;
  readonly recovered: MemberView["recovered"];
  readonly written: { readonly count: number; readonly bytes: number };
  readonly writeInFlight: boolean;
}

export function viewOf(parts: ViewParts): MemberView {
  const { options, raft, machine } = parts;
  const status = raft.status();
  const isLearner = machine.members.get(options.id)?.isLearner ?? false;
  const role: ShownRole = status.role === "follower" && isLearner ? "learner" : status.role;
  return {
    id: options.id,
    name: options.name,
    clusterId: options.clusterId,
    role,
    term: status.term,
    votedFor: status.vote,
    leader: status.leader,
    commit: status.commit,
    applied: machine.applied,
    firstIndex: status.firstIndex,
    lastIndex: status.lastIndex,
    durableIndex: status.durable,
    snapshotIndex: parts.snapshotIndex,
    timer: {
      elapsedTicks: status.electionElapsed,
      deadlineTicks: status.randomizedElectionTimeout,
      electionTicks: options.timing.electionTicks,
      heartbeatElapsedTicks: status.heartbeatElapsed,
      heartbeatTicks: options.timing.heartbeatTicks,
    },
    votes: [...status.votes].map(([voter, granted]) => ({ voter, granted })),
    progress: [...status.progress]
      .filter(([peer]) => peer !== options.id)
      .map(([peer, { state, match, next, paused, recentActive }]) => ({
        peer,
        state,
        match,
        next,
        paused,
        recentActive,
        heardTicksAgo: parts.heardTicksAgo(peer),
      })),
    config: status.config,
    members: machine.members.list(),
    log: newestCells(parts, status.durable, status.commit),
    revision: machine.kv.revision,
    compactRevision: machine.kv.compactRevision,
    keyCount: machine.kv.keyCount,
    kvHash: parts.hashed ? kvHashOf(machine) : "",
    recovered: parts.recovered,
    disk: {
      writeCount: parts.written.count,
      writtenBytes: parts.written.bytes,
      writeInFlight: parts.writeInFlight,
    },
  };
}

function newestCells({ raft, machine }: ViewParts, durable: LogIndex, commit: LogIndex): readonly LogCell[] {
  const { firstIndex, lastIndex } = raft;
  const from = Math.max(firstIndex, lastIndex - LOG_CELLS_MAX + 1);
  return raft.entries(from, lastIndex).map((entry) => ({
    index: entry.index,
    term: entry.term,
    kind: entry.kind,
    label: labelOf(entry, machine),
    safety: safetyOf(entry.index, { applied: machine.applied, commit, durable }),
  }));
}

/** Entries never change, so a label is made once; but those of conf changes tell names that may be learnt later. */
const labels = new WeakMap<Entry, string>();

function labelOf(entry: Entry, machine: StateMachine): string {
  if (entry.kind !== "normal") return entryLabel(entry, machine.members.list());
  let label = labels.get(entry);
  if (label === undefined) labels.set(entry, label = entryLabel(entry, machine.members.list()));
  return label;
}

function safetyOf(
  index: LogIndex,
  at: { applied: LogIndex; commit: LogIndex; durable: LogIndex },
): EntrySafety {
  if (index <= at.applied) return "applied";
  // An entry may be known committed while this member's own write of it still flies: its own copy is not safe yet.
  if (index > at.durable) return "memory";
  return index <= at.commit ? "committed" : "disk";
}

/** Hashing walks every key, so it is done once per change of the store. */
const hashes = new WeakMap<StateMachine["kv"], { readonly at: string; readonly hash: string }>();

export function kvHashOf({ kv }: StateMachine): string {
  const at = `${kv.revision}/${kv.compactRevision}`;
  const known = hashes.get(kv);
  if (known?.at === at) return known.hash;
  const answer = kv.hashKv(0);
  const hash = isEtcdError(answer) ? "00000000" : answer.hash.toString(16).padStart(8, "0");
  hashes.set(kv, { at, hash });
  return hash;
}
