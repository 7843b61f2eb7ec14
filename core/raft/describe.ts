// Raft's data as one line of text each, in the notation of etcd-io/raft's logs and scenario files, so that a reader
// can lay the two side by side: `1->2 MsgApp Term:1 Log:1/3 Commit:3 Entries:[1/4 EntryNormal "x"]`.

import { fromUtf8 } from "../base/bytes.ts";
import { type MemberId, shortId } from "../base/ids.ts";
import { type ConfChangeCodec, confChangeOf } from "./conf_change_codec.ts";
import { isJoint } from "./membership.ts";
import type { Message, MessageKind } from "./message.ts";
import type { ProgressStatus } from "./raft_node.ts";
import type {
  ConfChange,
  ConfChangeKind,
  ConfState,
  Entry,
  HardState,
  Role,
  Snapshot,
  SoftState,
} from "./types.ts";

/** raftpb's name of each kind of message. */
export const MESSAGE_NAMES: Readonly<Record<MessageKind, string>> = {
  propose: "MsgProp",
  append: "MsgApp",
  appendReply: "MsgAppResp",
  vote: "MsgVote",
  voteReply: "MsgVoteResp",
  preVote: "MsgPreVote",
  preVoteReply: "MsgPreVoteResp",
  snapshot: "MsgSnap",
  heartbeat: "MsgHeartbeat",
  heartbeatReply: "MsgHeartbeatResp",
  transferLeader: "MsgTransferLeader",
  timeoutNow: "MsgTimeoutNow",
  readIndex: "MsgReadIndex",
  readIndexReply: "MsgReadIndexResp",
};

export const ROLE_NAMES: Readonly<Record<Role, string>> = {
  follower: "StateFollower",
  preCandidate: "StatePreCandidate",
  candidate: "StateCandidate",
  leader: "StateLeader",
};

const ENTRY_NAMES = {
  normal: "EntryNormal",
  confChangeV1: "EntryConfChange",
  confChangeV2: "EntryConfChangeV2",
} as const;

const CHANGE_LETTERS: Readonly<Record<ConfChangeKind, string>> = {
  addVoter: "v",
  addLearner: "l",
  remove: "r",
  update: "u",
};

/** How a host shows a normal entry's bytes; quoted text unless told otherwise. */
export type PayloadFormat = (data: Uint8Array) => string;

function quoted(data: Uint8Array): string {
  return JSON.stringify(fromUtf8(data));
}

/** `2->1 MsgAppResp Term:1 Log:0/4`; entries and snapshots on lines of their own where there are several. */
export function describeMessage(
  message: Message,
  codec: ConfChangeCodec,
  format: PayloadFormat = quoted,
): string {
  let text = `${shortId(message.from)}->${shortId(message.to)} ${MESSAGE_NAMES[message.kind]}` +
    ` Term:${message.term} Log:${message.logTerm}/${message.index}`;
  if (message.reject) text += ` Rejected (Hint: ${message.rejectHint})`;
  if (message.commit !== 0) text += ` Commit:${message.commit}`;
  const entries = message.entries.map((entry) => describeEntry(entry, codec, format));
  if (entries.length === 1) text += ` Entries:[${entries[0]}]`;
  else if (entries.length > 1) text += ` Entries:[\n  ${entries.join("\n  ")}\n]`;
  if (message.snapshot !== null) text += `\n  Snapshot: ${describeSnapshot(message.snapshot)}`;
  return text;
}

/** `1/4 EntryNormal "x"`: term, index, kind, payload. */
export function describeEntry(entry: Entry, codec: ConfChangeCodec, format: PayloadFormat = quoted): string {
  const change = confChangeOf(codec, entry);
  const payload = change === null ? format(entry.data) : describeChanges(change);
  return `${entry.term}/${entry.index} ${ENTRY_NAMES[entry.kind]}${payload === "" ? "" : ` ${payload}`}`;
}

/** `v3 l4 r5`: voter, learner, remove; `u` for update. */
export function describeChanges(change: ConfChange): string {
  return change.changes.map(({ kind, member }) => `${CHANGE_LETTERS[kind]}${shortId(member)}`).join(" ");
}

export function describeHardState(state: HardState): string {
  const vote = state.vote === null ? "" : ` Vote:${shortId(state.vote)}`;
  return `Term:${state.term}${vote} Commit:${state.commit}`;
}

export function describeSoftState(state: SoftState): string {
  return `Lead:${describeLeader(state.leader)} State:${ROLE_NAMES[state.role]}`;
}

/** The leader's id, 0 for none. */
export function describeLeader(leader: MemberId | null): string {
  return leader === null ? "0" : shortId(leader);
}

export function describeSnapshot({ meta }: Snapshot): string {
  return `Index:${meta.index} Term:${meta.term} ConfState:${describeConfState(meta.confState)}`;
}

/** `Voters:[1 2] VotersOutgoing:[] Learners:[3] LearnersNext:[] AutoLeave:false` */
export function describeConfState(state: ConfState): string {
  const list = (ids: readonly MemberId[]) => `[${ids.map(shortId).join(" ")}]`;
  return `Voters:${list(state.voters)} VotersOutgoing:${list(state.votersOutgoing)}` +
    ` Learners:${list(state.learners)} LearnersNext:${list(state.learnersNext)} AutoLeave:${state.autoLeave}`;
}

/** `voters=(2 3 4)&&(1 2 3) learners=(5) autoleave` */
export function describeConfig(config: ConfState): string {
  const list = (ids: readonly MemberId[]) => `(${ids.map(shortId).join(" ")})`;
  let text = `voters=${list(config.voters)}`;
  if (isJoint(config)) text += `&&${list(config.votersOutgoing)}`;
  if (config.learners.length > 0) text += ` learners=${list(config.learners)}`;
  if (config.learnersNext.length > 0) text += ` learners_next=${list(config.learnersNext)}`;
  if (config.autoLeave) text += " autoleave";
  return text;
}

/** `StateReplicate match=11 next=13 inflight=1`, with whatever else is out of the ordinary. */
export function describeProgress(progress: ProgressStatus): string {
  const state =
    { probe: "StateProbe", replicate: "StateReplicate", snapshot: "StateSnapshot" }[progress.state];
  let text = `${state} match=${progress.match} next=${progress.next}`;
  if (progress.learner) text += " learner";
  if (progress.paused) text += " paused";
  if (progress.pendingSnapshot > 0) text += ` pendingSnap=${progress.pendingSnapshot}`;
  if (!progress.recentActive) text += " inactive";
  if (progress.inflightCount > 0) {
    text += ` inflight=${progress.inflightCount}${progress.inflightFull ? "[full]" : ""}`;
  }
  return text;
}
