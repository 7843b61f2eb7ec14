// What an event means, in values: one function for each kind of trace event. The same description serves captions,
// event lists, narration, scenario output and logs, in whatever language (sentences_en.ts, sentences_zh.ts).

import type { MemberId, Term } from "../base/ids.ts";
import type { TraceEvent } from "../member/trace.ts";
import type { Role } from "../raft/types.ts";
import type { CampaignCause, Description, VoteReason } from "./sentences.ts";

/** What must be known besides the event: whose it is, and what that member was before it. */
export interface EventContext {
  readonly member: MemberId;
  readonly nameOf: (id: MemberId) => string;
  /** Its role and term before this event; null right after a start. */
  readonly roleBefore: Role | null;
  readonly termBefore: Term;
  /** What makes it campaign, should this event be a campaign. */
  readonly cause: CampaignCause;
}

type EventOf<K extends TraceEvent["kind"]> = Extract<TraceEvent, { readonly kind: K }>;

export function describeEvent(event: TraceEvent, context: EventContext): Description {
  const member = context.nameOf(context.member);
  switch (event.kind) {
    case "role":
      return describeRole(event, context);
    case "electionTimer":
      return { key: "timer.set", values: { member, ticks: event.deadlineTicks } };
    case "voteCast":
      return describeVoteCast(event, context);
    case "voteCounted":
      return describeVoteCounted(event, context);
    case "appended":
      return {
        key: "log.appended",
        values: { member, first: event.first, last: event.last, term: event.term },
      };
    case "overwritten":
      return { key: "log.overwritten", values: { member, first: event.first, last: event.last } };
    case "progress":
      return describeProgress(event, context);
    case "committed":
      return { key: "log.committed", values: { member, index: event.index } };
    case "config":
      return describeConfig(event, context);
    case "refused":
      return describeRefused(event, context);
    case "recovered":
      return describeRecovered(event, context);
    case "writeIssued":
      return { key: "disk.writing", values: { member, bytes: event.bytes } };
    case "writeDurable":
      return { key: "disk.durable", values: { member, index: event.lastIndex } };
    case "promised":
      return describePromised(event, context);
    case "applied":
      return { key: "log.applied", values: { member, index: event.index, revision: event.revision } };
    case "snapshot":
      return describeSnapshot(event, context);
    case "requested":
      return { key: "client.asked", values: { member, what: event.what } };
    case "responded":
      return { key: "client.answered", values: { member, outcome: event.outcome } };
    case "stopped":
      return { key: "stopped", values: { member, why: event.why } };
  }
}

function describeRole({ role, term, leader }: EventOf<"role">, context: EventContext): Description {
  const member = context.nameOf(context.member);
  const { roleBefore, termBefore, cause } = context;
  switch (role) {
    case "leader":
      return { key: "role.leads", values: { member, term } };
    case "preCandidate":
      return { key: "role.asksFirst", values: { member, term: term + 1, cause } };
    case "candidate": {
      const again = roleBefore === "candidate";
      const values = {
        member,
        term,
        again,
        cause: roleBefore === "preCandidate" ? "preVote" as const : cause,
      };
      return { key: "role.asks", values };
    }
    case "follower":
      if (roleBefore === null) return { key: "role.starts", values: { member, term } };
      if (leader !== null) {
        return { key: "role.follows", values: { member, term, leader: context.nameOf(leader) } };
      }
      if (term > termBefore) {
        return { key: "role.seesTerm", values: { member, term, led: roleBefore === "leader" } };
      }
      if (roleBefore === "leader") return { key: "role.stepsDown", values: { member, term } };
      if (roleBefore === "follower") return { key: "role.leaderless", values: { member, term } };
      return { key: "role.gaveUp", values: { member, term } };
  }
}

function describeVoteCast(event: EventOf<"voteCast">, context: EventContext): Description {
  const { pre, granted, term } = event;
  const member = context.nameOf(context.member);
  const candidate = context.nameOf(event.for);
  if (granted) return { key: pre ? "preVote.yes" : "vote.yes", values: { member, candidate, term } };
  const reason = voteReason(event.reason, context);
  return { key: pre ? "preVote.no" : "vote.no", values: { member, candidate, term, reason } };
}

/** The reason as Raft gives it, in text; taken apart here so that each language can say it. */
function voteReason(text: string, { nameOf, ...context }: EventContext): VoteReason {
  const [, verb, id] = /^(voted for|follows) ([0-9a-f]{16})$/.exec(text) ?? [];
  if (verb === "voted for") return { kind: "votedFor", other: nameOf(id as MemberId) };
  if (verb === "follows") return { kind: "follows", leader: nameOf(id as MemberId) };
  const [, own, candidate] = /^log ends at (\d+\/\d+), candidate's at (\d+\/\d+)$/.exec(text) ?? [];
  if (own !== undefined && candidate !== undefined) return { kind: "logBehind", own, candidate };
  const [, term] = /^is in term (\d+)$/.exec(text) ?? [];
  if (term !== undefined) return { kind: "newerTerm", term: Number(term) };
  return { kind: "other", text: namesIn(text, { ...context, nameOf }) };
}

function describeRefused({ what, why }: EventOf<"refused">, context: EventContext): Description {
  const member = context.nameOf(context.member);
  if (what === "lead") return { key: "quorum.lost", values: { member } };
  const [, leader, ticks] = /^([0-9a-f]{16}) was heard from (\d+) ticks ago$/.exec(why) ?? [];
  if (leader !== undefined && (what === "vote" || what === "preVote")) {
    const values = { member, leader: context.nameOf(leader as MemberId), ticks: Number(ticks) };
    return { key: "vote.ignored", values };
  }
  return { key: "refused", values: { member, what, why: namesIn(why, context) } };
}

function describeVoteCounted(event: EventOf<"voteCounted">, context: EventContext): Description {
  const values = {
    member: context.nameOf(context.member),
    voter: context.nameOf(event.from),
    have: event.granteds,
    needed: event.needed,
    pre: context.roleBefore === "preCandidate",
  };
  if (event.from === context.member) return { key: "tally.own", values };
  return { key: event.granted ? "tally.yes" : "tally.no", values };
}

function describeProgress(event: EventOf<"progress">, context: EventContext): Description {
  const { match, next } = event;
  const values = { member: context.nameOf(context.member), peer: context.nameOf(event.peer), match, next };
  switch (event.state) {
    case "probe":
      return { key: "peer.probed", values };
    case "replicate":
      return { key: "peer.replicated", values };
    case "snapshot":
      return { key: "peer.snapshot", values };
  }
}

function describeConfig({ config }: EventOf<"config">, context: EventContext): Description {
  const member = context.nameOf(context.member);
  const names = (ids: readonly MemberId[]) => ids.map(context.nameOf).sort();
  if (config.votersOutgoing.length > 0) {
    const outgoing = names(config.votersOutgoing);
    return { key: "config.joint", values: { member, voters: names(config.voters), outgoing } };
  }
  if (config.voters.length === 0) return { key: "config.empty", values: { member } };
  return {
    key: "config",
    values: { member, voters: names(config.voters), learners: names(config.learners) },
  };
}

function describeRecovered(event: EventOf<"recovered">, context: EventContext): Description {
  const member = context.nameOf(context.member);
  const { term, entryCount, snapshotIndex, tornBytes } = event;
  if (entryCount === 0 && snapshotIndex === 0 && tornBytes === 0) {
    return { key: "disk.empty", values: { member } };
  }
  return { key: "disk.recovered", values: { member, term, entryCount, snapshotIndex, tornBytes } };
}

function describePromised(event: EventOf<"promised">, context: EventContext): Description {
  const member = context.nameOf(context.member);
  const { term, vote, acknowledged } = event;
  if (acknowledged) return { key: "promise.entries", values: { member, index: acknowledged.index } };
  if (vote) return { key: "promise.vote", values: { member, term, candidate: context.nameOf(vote) } };
  return { key: "promise.term", values: { member, term } };
}

function describeSnapshot({ what, index, peer }: EventOf<"snapshot">, context: EventContext): Description {
  const member = context.nameOf(context.member);
  if (what === "taken") return { key: "snapshot.taken", values: { member, index } };
  if (what === "installed") return { key: "snapshot.installed", values: { member, index } };
  return {
    key: "snapshot.sent",
    values: { member, index, peer: peer === null ? "?" : context.nameOf(peer) },
  };
}

function namesIn(text: string, { nameOf }: EventContext): string {
  return text.replace(/\b[0-9a-f]{16}\b/g, (id) => nameOf(id as MemberId));
}
