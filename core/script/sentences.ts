// What can be said of an event: one key for each kind of sentence, with the values it speaks of. Keys are stable, so
// that captions, event lists, narration and lessons can refer to them; each language is one table of these keys.

/** Why a member refused its vote. */
export type VoteReason =
  | { readonly kind: "votedFor"; readonly other: string }
  | { readonly kind: "follows"; readonly leader: string }
  | { readonly kind: "logBehind"; readonly own: string; readonly candidate: string }
  | { readonly kind: "newerTerm"; readonly term: number }
  | { readonly kind: "other"; readonly text: string };

/** What made a member campaign. */
export type CampaignCause = "timer" | "operator" | "transfer";

interface Ofs {
  readonly member: string;
}

interface Tally extends Ofs {
  readonly have: number;
  readonly needed: number;
  /** Answers to the question whether it could win, not votes. */
  readonly pre: boolean;
}

export interface SentenceValues {
  "role.leads": Ofs & { readonly term: number };
  "role.asksFirst": Ofs & { readonly term: number; readonly cause: CampaignCause };
  "role.asks": Ofs & {
    readonly term: number;
    readonly cause: CampaignCause | "preVote";
    readonly again: boolean;
  };
  "role.starts": Ofs & { readonly term: number };
  "role.stepsDown": Ofs & { readonly term: number };
  "role.seesTerm": Ofs & { readonly term: number; readonly led: boolean };
  "role.gaveUp": Ofs & { readonly term: number };
  "role.follows": Ofs & { readonly term: number; readonly leader: string };
  "role.leaderless": Ofs & { readonly term: number };
  "quorum.lost": Ofs;
  /** A request for votes that is not even looked at, because a leader was heard from so lately. */
  "vote.ignored": Ofs & { readonly leader: string; readonly ticks: number };
  "timer.set": Ofs & { readonly ticks: number };
  "vote.yes": Ofs & { readonly candidate: string; readonly term: number };
  "vote.no": Ofs & { readonly candidate: string; readonly term: number; readonly reason: VoteReason };
  "preVote.yes": Ofs & { readonly candidate: string; readonly term: number };
  "preVote.no": Ofs & { readonly candidate: string; readonly term: number; readonly reason: VoteReason };
  "tally.own": Tally;
  "tally.yes": Tally & { readonly voter: string };
  "tally.no": Tally & { readonly voter: string };
  "log.appended": Ofs & { readonly first: number; readonly last: number; readonly term: number };
  "log.overwritten": Ofs & { readonly first: number; readonly last: number };
  "log.committed": Ofs & { readonly index: number };
  "log.applied": Ofs & { readonly index: number; readonly revision: number };
  "peer.probed": Ofs & { readonly peer: string; readonly match: number; readonly next: number };
  "peer.replicated": Ofs & { readonly peer: string; readonly match: number; readonly next: number };
  "peer.snapshot": Ofs & { readonly peer: string; readonly match: number; readonly next: number };
  "config": Ofs & { readonly voters: readonly string[]; readonly learners: readonly string[] };
  "config.joint": Ofs & { readonly voters: readonly string[]; readonly outgoing: readonly string[] };
  "config.empty": Ofs;
  "refused": Ofs & { readonly what: string; readonly why: string };
  "disk.empty": Ofs;
  "disk.recovered": Ofs & {
    readonly term: number;
    readonly entryCount: number;
    readonly snapshotIndex: number;
    readonly tornBytes: number;
  };
  "disk.writing": Ofs & { readonly bytes: number };
  "disk.durable": Ofs & { readonly index: number };
  "promise.vote": Ofs & { readonly candidate: string; readonly term: number };
  "promise.entries": Ofs & { readonly index: number };
  "promise.term": Ofs & { readonly term: number };
  "snapshot.taken": Ofs & { readonly index: number };
  "snapshot.sent": Ofs & { readonly index: number; readonly peer: string };
  "snapshot.installed": Ofs & { readonly index: number };
  "client.asked": Ofs & { readonly what: string };
  "client.answered": Ofs & { readonly outcome: string };
  "stopped": Ofs & { readonly why: string };
}

export type SentenceKey = keyof SentenceValues;

/** A sentence before it is put into words. */
export type Description = {
  readonly [K in SentenceKey]: { readonly key: K; readonly values: SentenceValues[K] };
}[SentenceKey];

/** One language. */
export type Sentences = { readonly [K in SentenceKey]: (values: SentenceValues[K]) => string };

/** Puts a description into the words of a language. */
export function sentenceOf(description: Description, language: Sentences): string {
  // The key picks the line that takes exactly these values; the compiler cannot follow that through the union.
  return (language[description.key] as (values: Description["values"]) => string)(description.values);
}
