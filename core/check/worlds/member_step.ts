// One member of a small world, between two moves: the real `RaftNode` as a keyframe, its disk, and the write that is under
// way. A step wakes the node, tells it one thing, does for it what a host owes (core/raft/ready.ts; the real host is
// core/member/consensus.ts), and puts it to sleep again. Time never passes by itself: timers strike when a move says so.

import { InvariantViolation } from "../../base/assert.ts";
import { utf8 } from "../../base/bytes.ts";
import type { LogIndex, MemberId } from "../../base/ids.ts";
import { Prng } from "../../base/prng.ts";
import {
  type ConfState,
  type Entry,
  type HardState,
  type Message,
  message,
  NOTHING_RECOVERED,
  RaftNode,
  type RaftNodeCapture,
  type RaftOptions,
  type RaftRules,
  type Ready,
  type Snapshot,
  type SnapshotMeta,
} from "../../raft/mod.ts";
import type { InvariantName } from "../violation.ts";
import { canonicalText } from "./relabel.ts";

export interface WorldDisk {
  readonly hardState: HardState;
  readonly snapshot: Snapshot | null;
  /** What follows the snapshot. */
  readonly entries: readonly Entry[];
}

/** A write under way, and what is owed once it is durable. */
interface Writing {
  readonly ready: Ready;
  readonly hardState: HardState;
}

export interface MemberState {
  readonly id: MemberId;
  readonly node: RaftNodeCapture;
  readonly disk: WorldDisk;
  readonly writing: Writing | null;
  /** A commit index that the next write takes along. */
  readonly hardStateToSave: HardState | null;
  /** The state machine: every entry applied, as `entryText` has it, from index 1 on. */
  readonly machine: readonly string[];
}

export type Input =
  | { readonly kind: "campaign" | "beat" | "written" | "crash" | "compact" }
  | { readonly kind: "propose"; readonly number: number }
  | { readonly kind: "receive"; readonly message: Message };

export type StepOutcome =
  | {
    readonly kind: "done";
    readonly state: MemberState;
    readonly sent: readonly Message[];
    /** A promise of this member's own that the step broke. */
    readonly broke: { readonly invariant: InvariantName; readonly message: string } | null;
  }
  /** It noticed itself that something is wrong, and runs no more. */
  | { readonly kind: "stopped"; readonly why: string };

export interface StepSettings {
  readonly ids: readonly MemberId[];
  readonly rules: RaftRules;
  readonly slowWrites: boolean;
}

/** An entry in a few letters: "2.a" is the first proposal, in term 2; "2." an empty entry. */
export function entryText({ term, data }: Pick<Entry, "term" | "data">): string {
  return `${term}.${[...data].map((byte) => String.fromCharCode(97 + byte)).join("")}`;
}

export function firstState(id: MemberId, settings: StepSettings): MemberState {
  const disk: WorldDisk = { hardState: NOTHING_RECOVERED.hardState, snapshot: null, entries: [] };
  return new Host(id, settings, { disk, hardStateToSave: null, writing: null, machine: [] }).started();
}

export function stepMember(state: MemberState, input: Input, settings: StepSettings): StepOutcome {
  const host = new Host(state.id, settings, state);
  try {
    return host.told(state, input);
  } catch (error) {
    if (error instanceof InvariantViolation) return { kind: "stopped", why: error.message };
    throw error;
  }
}

type HostState = Omit<MemberState, "id" | "node">;

class Host {
  readonly #id: MemberId;
  readonly #settings: StepSettings;
  readonly #confState: ConfState;
  #node!: RaftNode;
  #disk: WorldDisk;
  #writing: Writing | null;
  #hardStateToSave: HardState | null;
  #machine: readonly string[];
  #sent: Message[] = [];
  #broke: (StepOutcome & { kind: "done" })["broke"] = null;

  constructor(id: MemberId, settings: StepSettings, state: HostState) {
    this.#id = id;
    this.#settings = settings;
    this.#confState = { ...NOTHING_RECOVERED.snapshot.confState, voters: settings.ids };
    this.#disk = state.disk;
    this.#writing = state.writing;
    this.#hardStateToSave = state.hardStateToSave;
    this.#machine = state.machine;
  }

  started(): MemberState {
    this.#restart();
    this.#advance();
    return this.#asleep();
  }

  told(state: MemberState, input: Input): StepOutcome {
    if (input.kind === "crash") this.#restart();
    else {
      this.#node = RaftNode.restore(this.#options(), state.node, this.#raftHost());
      this.#tell(input);
    }
    this.#advance();
    return { kind: "done", state: this.#asleep(), sent: this.#sent, broke: this.#broke };
  }

  #tell(input: Exclude<Input, { kind: "crash" }>): void {
    const node = this.#node;
    switch (input.kind) {
      case "campaign":
        return node.campaign();
      case "beat":
        return node.tick();
      case "propose":
        node.propose([Uint8Array.of(input.number)]);
        return;
      case "receive":
        return node.step(input.message);
      case "written":
        return this.#written();
      case "compact":
        return this.#compact();
    }
  }

  // --- What a host owes ----------------------------------------------------------------------------------------

  #advance(): void {
    for (;;) {
      const writable = this.#writing === null;
      if (!this.#node.hasReady(writable)) return;
      const ready = this.#node.takeReady(writable);
      this.#send(ready.messages);
      if (writable) this.#save(ready);
      else this.#apply(ready.committed);
    }
  }

  #save(ready: Ready): void {
    const { hardState, entries, snapshot } = ready;
    const saved = this.#disk.hardState;
    const mustWrite = entries.length > 0 || snapshot !== null ||
      (hardState !== null && (hardState.term !== saved.term || hardState.vote !== saved.vote));
    if (!mustWrite) {
      this.#hardStateToSave = hardState ?? this.#hardStateToSave;
      if (ready.receipt) this.#node.written(ready.receipt);
      return this.#release(ready);
    }
    this.#writing = { ready, hardState: hardState ?? this.#hardStateToSave ?? saved };
    this.#hardStateToSave = null;
    if (!this.#settings.slowWrites) this.#written();
  }

  #written(): void {
    const { ready, hardState } = this.#writing!;
    const { entries, snapshot } = ready;
    this.#writing = null;
    const kept = snapshot !== null ? [] : this.#disk.entries;
    const first = entries[0]?.index ?? Infinity;
    this.#disk = {
      hardState,
      snapshot: snapshot ?? this.#disk.snapshot,
      entries: [...kept.filter(({ index }) => index < first), ...entries],
    };
    if (snapshot !== null) this.#machine = machineOf(snapshot);
    if (ready.receipt) this.#node.written(ready.receipt);
    this.#release(ready);
  }

  #release({ messagesAfterWrite, committed }: Ready): void {
    this.#send(messagesAfterWrite);
    this.#apply(committed);
  }

  #apply(committed: readonly Entry[]): void {
    const last = committed[committed.length - 1];
    if (last === undefined) return;
    this.#machine = [...this.#machine, ...committed.map(entryText)];
    this.#node.applied(last.index);
  }

  #send(messages: readonly Message[]): void {
    for (const one of messages) {
      this.#checkPromise(one);
      this.#sent.push(message({ ...one }));
    }
  }

  /** What is said about the disk must be on it by now. */
  #checkPromise({ kind, to, term, reject, index }: Message): void {
    const { hardState, snapshot, entries } = this.#disk;
    if (kind === "vote" || (kind === "voteReply" && !reject)) {
      const vote = kind === "vote" ? this.#id : to;
      const isKept = hardState.term > term || (hardState.term === term && hardState.vote === vote);
      if (!isKept) {
        this.#breaks(`votes for ${vote} in term ${term}, its disk has ${canonicalText(hardState)}`);
      }
    } else if (kind === "appendReply" && !reject && term === this.#node.term && index > 0) {
      const base = snapshot?.meta.index ?? 0;
      const onDisk = index <= base || entries[index - base - 1]?.term === this.#node.termAt(index);
      if (!onDisk) this.#breaks(`acknowledges entry ${index}, which is not on its disk`);
    }
  }

  #breaks(message: string): void {
    this.#broke ??= { invariant: "durableBeforeAnswer", message: `${this.#id} ${message}` };
  }

  // --- Snapshots, power ----------------------------------------------------------------------------------------

  #compact(): void {
    const index = this.#machine.length;
    const snapshot: Snapshot = { meta: this.#metaAt(index), data: utf8(this.#machine.join()) };
    this.#disk = {
      ...this.#disk,
      snapshot,
      entries: this.#disk.entries.filter((entry) => entry.index > index),
    };
    this.#node.compact(index);
  }

  #metaAt(index: LogIndex): SnapshotMeta {
    return { index, term: this.#node.termAt(index)!, confState: this.#confState };
  }

  /** The write under way is lost as a whole: what was torn, recovery cuts. */
  #restart(): void {
    const { hardState, snapshot, entries } = this.#disk;
    this.#writing = null;
    this.#hardStateToSave = null;
    this.#machine = snapshot === null ? [] : machineOf(snapshot);
    this.#node = new RaftNode(this.#options(), {
      hardState,
      snapshot: snapshot?.meta ?? { index: 0, term: 0, confState: this.#confState },
      entries,
      applied: snapshot?.meta.index ?? 0,
    }, this.#raftHost());
  }

  #asleep(): MemberState {
    return inCanonicalOrder({
      id: this.#id,
      node: timeless(this.#node.capture()),
      disk: this.#disk,
      writing: this.#writing,
      hardStateToSave: this.#hardStateToSave,
      machine: this.#machine,
    });
  }

  #options(): RaftOptions {
    return {
      id: this.#id,
      electionTicks: ELECTION_TICKS,
      heartbeatTicks: 1,
      preVote: false,
      checkQuorum: false,
      readOnly: "safe",
      messageBytesMax: Infinity,
      inflightMessagesMax: 8,
      uncommittedBytesMax: Infinity,
      committedBytesMax: Infinity,
      disableConfChangeValidation: false,
      stepDownOnRemoval: false,
      prng: new Prng(0),
      onEvent: () => {},
      rules: this.#settings.rules,
    };
  }

  #raftHost() {
    return {
      codec: NO_CONF_CHANGES,
      latestSnapshot: () => this.#disk.snapshot,
    };
  }
}

/** Far more ticks than beats there are in any world: no deadline ever strikes by itself. */
const ELECTION_TICKS = 1_000;

const NO_CONF_CHANGES = {
  encode: () => new Uint8Array(0),
  decode: () => {
    throw new Error("no small world changes its members");
  },
};

function machineOf({ data }: Snapshot): readonly string[] {
  return data.length === 0 ? [] : String.fromCharCode(...data).split(",");
}

/** Timers are no part of a world: they strike when a move says so, at any time. */
function timeless(node: RaftNodeCapture): RaftNodeCapture {
  const still = { electionElapsed: 0, heartbeatElapsed: 0, electionDeadline: ELECTION_TICKS };
  return { ...node, core: { ...node.core, ...still } };
}

/** Messages that leave together reach the network in no order at all, so the order they wait in says nothing. */
export function inCanonicalOrder(state: MemberState): MemberState {
  const { node, writing } = state;
  const { voteRequests, replies } = node.core;
  return {
    ...state,
    node: { ...node, core: { ...node.core, voteRequests: sorted(voteRequests), replies: sorted(replies) } },
    writing: writing && {
      ...writing,
      ready: {
        ...writing.ready,
        messages: [],
        messagesAfterWrite: sorted(writing.ready.messagesAfterWrite),
      },
    },
  };
}

function sorted(messages: readonly Message[]): readonly Message[] {
  if (messages.length < 2) return messages;
  return messages.map((one) => ({ one, text: canonicalText(one) }))
    .sort((a, b) => a.text < b.text ? -1 : a.text > b.text ? 1 : 0)
    .map(({ one }) => one);
}
