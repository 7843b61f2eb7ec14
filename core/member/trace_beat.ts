// What a member tells those who watch it live over a wire: a picture of itself, what was said between it and its peers
// since the last beat, and what rarely happens. One beat is small whatever the load: messages are counted, not listed,
// the picture holds the newest entries only, and what happens too often to be told one by one is in the picture.

import { type LogIndex, type MemberId, shortId, type Term } from "../base/ids.ts";
import type { MessageKind } from "../raft/message.ts";
import type { Input, Output } from "./io.ts";
import type { TraceEvent } from "./trace.ts";
import type { LogCell, MemberView, PeerProgress, ShownRole } from "./view.ts";

/** Ids are short here, as etcd's own answers and tools write them: hex without leading zeros. */
export interface Glance {
  readonly id: string;
  readonly name: string;
  readonly role: ShownRole;
  readonly term: Term;
  readonly leader: string | null;
  readonly commit: LogIndex;
  readonly applied: LogIndex;
  readonly firstIndex: LogIndex;
  readonly lastIndex: LogIndex;
  readonly durableIndex: LogIndex;
  readonly timer: MemberView["timer"];
  readonly votes: readonly { readonly voter: string; readonly granted: boolean }[];
  /** Of a leader: ticks since each peer was heard, null for never. */
  readonly heard: readonly { readonly peer: string; readonly ticksAgo: PeerProgress["heardTicksAgo"] }[];
  /** Oldest first, at most `GLANCE_CELLS_MAX`. */
  readonly log: readonly LogCell[];
}

export interface MessageCount {
  readonly from: string;
  readonly to: string;
  readonly kind: MessageKind;
  readonly reject: boolean;
  readonly count: number;
}

/** Told one by one. Whatever else a trace knows happens with every write, or is in the glance. */
export type RareEvent =
  | { readonly kind: "role"; readonly role: string; readonly term: Term; readonly leader: string | null }
  | {
    readonly kind: "vote";
    readonly for: string;
    readonly term: Term;
    readonly pre: boolean;
    readonly granted: boolean;
  }
  | { readonly kind: "overwritten"; readonly first: LogIndex; readonly last: LogIndex };

export interface TraceBeat {
  readonly glance: Glance;
  readonly messages: readonly MessageCount[];
  readonly events: readonly RareEvent[];
  /** Events of this beat that were too many to tell. */
  readonly untold: number;
}

export const GLANCE_CELLS_MAX = 16;
const EVENT_COUNT_MAX = 64;

/** Listens to one member's steps and sums them up. */
export class TraceDesk {
  readonly #self: MemberId;
  readonly #counts = new Map<string, MessageCount>();
  #events: RareEvent[] = [];
  #untold = 0;

  constructor(self: MemberId) {
    this.#self = self;
  }

  /** One step of the member. */
  see(inputs: readonly Input[], outputs: readonly Output[]): void {
    for (const input of inputs) if (input.kind === "receive") this.#count(input.message);
    for (const output of outputs) {
      if (output.kind === "send") this.#count(output.message);
      else if (output.kind === "trace") this.#note(output.event);
    }
  }

  /** What there was since the last beat; it begins anew. */
  beat(view: MemberView): TraceBeat {
    const beat = {
      glance: glanceOf(view),
      messages: [...this.#counts.values()],
      events: this.#events,
      untold: this.#untold,
    };
    this.clear();
    return beat;
  }

  /** Forgets what there was: nobody watches. */
  clear(): void {
    this.#counts.clear();
    this.#events = [];
    this.#untold = 0;
  }

  #count(message: { from: MemberId; to: MemberId; kind: MessageKind; reject: boolean }): void {
    const { from, to, kind, reject } = message;
    // A proposal or a read that never left this member is no message.
    if (from === to || (from !== this.#self && to !== this.#self)) return;
    const key = `${from}/${to}/${kind}/${reject}`;
    const count = (this.#counts.get(key)?.count ?? 0) + 1;
    this.#counts.set(key, { from: shortId(from), to: shortId(to), kind, reject, count });
  }

  #note(event: TraceEvent): void {
    const rare = rareOf(event);
    if (rare === null) return;
    if (this.#events.length < EVENT_COUNT_MAX) this.#events.push(rare);
    else this.#untold += 1;
  }
}

function rareOf(event: TraceEvent): RareEvent | null {
  switch (event.kind) {
    case "role":
      return {
        kind: "role",
        role: event.role,
        term: event.term,
        leader: event.leader === null ? null : shortId(event.leader),
      };
    case "voteCast":
      return {
        kind: "vote",
        for: shortId(event.for),
        term: event.term,
        pre: event.pre,
        granted: event.granted,
      };
    case "overwritten":
      return { kind: "overwritten", first: event.first, last: event.last };
    default:
      return null;
  }
}

export function glanceOf(view: MemberView): Glance {
  return {
    id: shortId(view.id),
    name: view.name,
    role: view.role,
    term: view.term,
    leader: view.leader === null ? null : shortId(view.leader),
    commit: view.commit,
    applied: view.applied,
    firstIndex: view.firstIndex,
    lastIndex: view.lastIndex,
    durableIndex: view.durableIndex,
    timer: view.timer,
    votes: view.votes.map(({ voter, granted }) => ({ voter: shortId(voter), granted })),
    heard: view.progress.map(({ peer, heardTicksAgo }) => ({ peer: shortId(peer), ticksAgo: heardTicksAgo })),
    log: view.log.slice(-GLANCE_CELLS_MAX),
  };
}
