// English. Present tense; the member, then the cause, then the effect; at most 20 words, digits for counts.

import type { CampaignCause, Sentences, VoteReason } from "./sentences.ts";

export const ENGLISH: Sentences = {
  "role.leads": ({ member, term }) => `${member} leads term ${term}. It starts with an empty entry.`,
  "role.asksFirst": ({ member, term, cause }) =>
    `${campaign(member, cause)} It asks whether it could win term ${term}.`,
  "role.asks": ({ member, term, cause, again }) => {
    if (cause === "preVote") return `A quorum would vote for ${member}. It asks for votes in term ${term}.`;
    if (again) return `Nobody won term ${term - 1}. ${member} asks for votes in term ${term}.`;
    return `${campaign(member, cause)} It asks for votes in term ${term}.`;
  },
  "role.starts": ({ member, term }) => `${member} starts as a follower in term ${term}.`,
  "role.stepsDown": ({ member, term }) => `${member} steps down. It stays in term ${term} as a follower.`,
  "role.seesTerm": ({ member, term, led }) =>
    led ? `${member} sees term ${term} and steps down.` : `${member} sees term ${term} and follows.`,
  "role.gaveUp": ({ member, term }) => `${member} ends its campaign. It is a follower in term ${term}.`,
  "role.follows": ({ member, term, leader }) => `${member} follows ${leader} in term ${term}.`,
  "role.leaderless": ({ member, term }) => `${member} is a follower in term ${term} and knows no leader.`,
  "quorum.lost": ({ member }) => `${member} has heard no quorum for an election timeout.`,
  "vote.ignored": ({ member, leader, ticks }) =>
    member === leader
      ? `${member} leads, so it ignores a request for votes.`
      : `${member} ignores a request for votes: it heard its leader ${leader} ${count(ticks, "tick")} ago.`,
  "timer.set": ({ member, ticks }) => `${member} waits ${count(ticks, "tick")} for a leader.`,
  "vote.yes": ({ member, candidate, term }) => `${member} votes for ${candidate} in term ${term}.`,
  "vote.no": ({ member, candidate, term, reason }) =>
    `${member} says no to ${candidate} in term ${term}: ${because(reason)}.`,
  "preVote.yes": ({ member, candidate, term }) => `${member} would vote for ${candidate} in term ${term}.`,
  "preVote.no": ({ member, candidate, term, reason }) =>
    `${member} would not vote for ${candidate} in term ${term}: ${because(reason)}.`,
  "tally.own": ({ member, have, needed, pre }) =>
    `${member} ${pre ? "would vote for" : "says yes to"} itself. It has ${tally(have, needed, pre)}.`,
  "tally.yes": ({ member, voter, have, needed, pre }) =>
    `${voter} ${pre ? "would say yes" : "says yes"}. ${member} has ${tally(have, needed, pre)}.`,
  "tally.no": ({ member, voter, have, needed, pre }) =>
    `${voter} ${pre ? "would say no" : "says no"}. ${member} has ${tally(have, needed, pre)}.`,
  "log.appended": ({ member, first, last, term }) =>
    `${member} appends ${entries(first, last)} of term ${term}.`,
  "log.overwritten": ({ member, first, last }) =>
    first === last
      ? `${member}'s entry ${first} was never committed. The leader's entry replaces it.`
      : `${member}'s entries ${first} to ${last} were never committed. The leader's entries replace them.`,
  "log.committed": ({ member, index }) =>
    `${member} knows that entry ${index} and all before it are committed.`,
  "log.applied": ({ member, index, revision }) =>
    `${member} has applied entry ${index}. Its store is at revision ${revision}.`,
  "peer.probed": ({ member, peer, match, next }) =>
    `${member} looks for where ${peer}'s log agrees: ${match} matches, ${next} is tried next.`,
  "peer.replicated": ({ member, peer, match, next }) =>
    `${member} knows ${peer} holds entry ${match} and sends ${next} next.`,
  "peer.snapshot": ({ member, peer, next }) =>
    `${member} needs a snapshot to help ${peer}, then entry ${next}.`,
  "config": ({ member, voters, learners }) =>
    learners.length === 0
      ? `${member} counts ${list(voters)} as ${voters.length === 1 ? "the voter" : "voters"}.`
      : `${member} counts ${list(voters)} as voters and ${list(learners)} as ${
        learners.length === 1 ? "a learner" : "learners"
      }.`,
  "config.joint": ({ member, voters, outgoing }) =>
    `${member} needs both quorums: of ${list(voters)}, and of ${list(outgoing)}.`,
  "config.empty": ({ member }) => `${member} knows of no voters yet.`,
  "refused": ({ member, what, why }) => `${member} turns down ${what}: ${why}.`,
  "disk.empty": ({ member }) => `${member} starts with an empty disk.`,
  "disk.recovered": ({ member, term, entryCount, snapshotIndex, tornBytes }) => {
    const snapshot = snapshotIndex > 0 ? `, a snapshot up to entry ${snapshotIndex}` : "";
    const torn = tornBytes > 0 ? ` It cuts off a torn tail of ${count(tornBytes, "byte")}.` : "";
    return `${member} is back. It read term ${term}${snapshot} and ${
      entryCount === 1 ? "1 entry" : `${entryCount} entries`
    } from disk.${torn}`;
  },
  "disk.writing": ({ member, bytes }) => `${member} writes ${count(bytes, "byte")}.`,
  "disk.durable": ({ member, index }) =>
    `${member}'s write is on disk. Its log is safe there up to entry ${index}.`,
  "promise.vote": ({ member, candidate, term }) =>
    `${member} has promised its vote in term ${term} to ${candidate}.`,
  "promise.entries": ({ member, index }) => `${member} has told the leader that it holds entry ${index}.`,
  "promise.term": ({ member, term }) => `${member} has answered in term ${term}.`,
  "snapshot.taken": ({ member, index }) => `${member} takes a snapshot up to entry ${index}.`,
  "snapshot.sent": ({ member, index, peer }) => `${member} sends ${peer} its snapshot up to entry ${index}.`,
  "snapshot.installed": ({ member, index }) =>
    `${member} installs the leader's snapshot up to entry ${index}.`,
  "client.asked": ({ member, what }) => `A client asks ${member}: ${what}.`,
  "client.answered": ({ member, outcome }) => `${member} answers its client: ${outcome}.`,
  "stopped": ({ member, why }) => `${member} stops: ${why}.`,
};

function campaign(member: string, cause: CampaignCause): string {
  switch (cause) {
    case "timer":
      return `${member}'s timer ran out.`;
    case "operator":
      return `We let ${member} campaign.`;
    case "transfer":
      return `The leader hands over to ${member}.`;
  }
}

function because(reason: VoteReason): string {
  switch (reason.kind) {
    case "votedFor":
      return `it voted for ${reason.other}`;
    case "follows":
      return `it follows ${reason.leader}`;
    case "logBehind":
      return `its log ends at ${reason.own}, the candidate's at ${reason.candidate}`;
    case "newerTerm":
      return `it is in term ${reason.term}`;
    case "other":
      return reason.text;
  }
}

function tally(have: number, needed: number, pre: boolean): string {
  return `${have} of the ${count(needed, pre ? "yes answer" : "vote")} it needs`;
}

function entries(first: number, last: number): string {
  return first === last ? `entry ${first}` : `entries ${first} to ${last}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function list(names: readonly string[]): string {
  return names.length < 2 ? names.join() : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}
