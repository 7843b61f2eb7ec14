// Proposals on both sides of the network. On this side they wait until somebody can take them, and are withdrawn when
// their client gives up. On the leader's side a forwarded proposal is taken once: networks may deliver a message
// twice, and a put carried out twice is two revisions for one answer.

import type { Message } from "../raft/message.ts";
import type { Entry } from "../raft/types.ts";
import { decodeLogCommand } from "../wire/request_codec.ts";

/** Payloads held while nobody leads; beyond it clients hear "too many requests". (etcd's maxGapBetweenApplyAndCommitIndex) */
const WAITING_COUNT_MAX = 5_000;
/** Entry ids remembered: far more than can arrive while one frame is late. */
const SEEN_COUNT_MAX = 16_384;

export interface WaitingProposal {
  readonly entryId: string;
  readonly payload: Uint8Array;
}

export interface ProposalsState {
  readonly waiting: readonly WaitingProposal[];
  /** Oldest first. */
  readonly seen: readonly string[];
}

export class Proposals {
  #waiting: WaitingProposal[] = [];
  /** In order of arrival, as Sets keep it. */
  #seen = new Set<string>();

  static restore(state: ProposalsState): Proposals {
    const proposals = new Proposals();
    proposals.#waiting = [...state.waiting];
    proposals.#seen = new Set(state.seen);
    return proposals;
  }

  capture(): ProposalsState {
    return { waiting: [...this.#waiting], seen: [...this.#seen] };
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  /** False when too many wait already. */
  add(proposal: WaitingProposal): boolean {
    if (this.#waiting.length >= WAITING_COUNT_MAX) return false;
    this.#waiting.push(proposal);
    return true;
  }

  /** Whoever asked has been told that it did not happen in time: what still waits here never will. */
  withdraw(entryId: string): void {
    if (this.#waiting.length > 0) {
      this.#waiting = this.#waiting.filter((waiting) => waiting.entryId !== entryId);
    }
  }

  /** Payloads in order of arrival. They stay until `handedOver`. */
  payloads(): readonly Uint8Array[] {
    return this.#waiting.map((waiting) => waiting.payload);
  }

  handedOver(): void {
    this.#waiting = [];
  }

  /** An entry of this id is in the log: applied, or inherited by a new leader in its tail. */
  saw(entryId: string): void {
    this.#seen.add(entryId);
    if (this.#seen.size > SEEN_COUNT_MAX) this.#seen.delete(this.#seen.values().next().value!);
  }

  /** Learns the ids of entries that are in the log but not applied yet. */
  sawAll(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const entryId = entryIdIn(entry);
      if (entryId !== null) this.saw(entryId);
    }
  }

  /** A forwarded proposal without what was taken before; null when nothing new is in it. */
  withoutRepeats(message: Message): Message | null {
    const entries = message.entries.filter((entry) => {
      const entryId = entryIdIn(entry);
      if (entryId === null) return true;
      if (this.#seen.has(entryId)) return false;
      this.saw(entryId);
      return true;
    });
    if (entries.length === message.entries.length) return message;
    return entries.length > 0 ? { ...message, entries } : null;
  }
}

/** Null for changes of members, which the list of members refuses the second time, and for entries without a name. */
function entryIdIn(entry: Entry): string | null {
  if (entry.kind !== "normal" || entry.data.length === 0) return null;
  const command = decodeLogCommand(entry.data);
  return command.kind === "malformed" ? null : command.id;
}
