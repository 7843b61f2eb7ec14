// A few raft nodes with disks and a bag of messages, for tests: every step is called for by the test, nothing moves by
// itself. A disk either completes its writes at once or holds them until told; a crash loses what was not complete.

import assert from "node:assert/strict";
import { fromUtf8, utf8 } from "../../../core/base/bytes.ts";
import { type MemberId, memberIdOf } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import {
  type ConfChange,
  confChangeOf,
  type ConfState,
  EMPTY_CONFIG,
  type Entry,
  type HardState,
  type Message,
  type RaftEvent,
  RaftNode,
  type RaftOptions,
  type Ready,
  type Snapshot,
} from "../../../core/raft/mod.ts";
import { parseChanges, textCodec } from "../../raft_testdata/changes.ts";

export const ELECTION_TICKS = 10;

/** What survives a crash. */
export interface Disk {
  hardState: HardState;
  snapshot: Snapshot;
  entries: Entry[];
}

export class TestNode {
  readonly id: MemberId;
  readonly disk: Disk;
  readonly events: RaftEvent[] = [];
  raft: RaftNode;
  /** The state machine: every payload applied, by index; snapshots carry it whole. */
  applied = new Map<number, string>();
  appliedIndex = 0;
  reads: { context: string; index: number }[] = [];
  /** The Ready whose write is under way. */
  writing: Ready | null = null;
  slowDisk = false;
  isUp = true;
  /** Told of every entry as it is applied. */
  onApply: (entry: Entry) => void = () => {};
  readonly #options: Omit<RaftOptions, "id" | "onEvent">;

  constructor(id: MemberId, disk: Disk, options: Omit<RaftOptions, "id" | "onEvent">) {
    this.id = id;
    this.disk = disk;
    this.#options = options;
    this.raft = this.#recover();
  }

  get options(): RaftOptions {
    return { ...this.#options, id: this.id, onEvent: (event) => this.events.push(event) };
  }

  /** What the test host offers its raft node. */
  readonly host = {
    codec: textCodec,
    latestSnapshot: (): Snapshot | null => this.disk.snapshot.meta.index > 0 ? this.disk.snapshot : null,
  };

  #recover(): RaftNode {
    this.#install(this.disk.snapshot);
    return new RaftNode(this.options, {
      hardState: this.disk.hardState,
      snapshot: this.disk.snapshot.meta,
      entries: this.disk.entries,
      applied: this.disk.snapshot.meta.index,
    }, this.host);
  }

  /** The process is gone, with it everything but the disk. A write under way leaves what `keeps` says of its entries. */
  crash(keeps: "nothing" | number): void {
    if (this.writing !== null && keeps !== "nothing") {
      const { snapshot, entries, hardState } = this.writing;
      this.#store({ snapshot, hardState, entries: entries.slice(0, keeps) });
    }
    this.writing = null;
    this.isUp = false;
  }

  restart(): void {
    this.isUp = true;
    this.raft = this.#recover();
  }

  /** Carries out whatever is ready. Returns the messages that may leave. */
  work(): readonly Message[] {
    const sent: Message[] = [];
    for (;;) {
      const writable = this.writing === null;
      if (!this.raft.hasReady(writable)) return sent;
      const ready = this.raft.takeReady(writable);
      sent.push(...ready.messages);
      for (const { context, index } of ready.reads) this.reads.push({ context: fromUtf8(context), index });
      if (ready.receipt === null) sent.push(...this.#release(ready));
      else {
        this.writing = ready;
        if (!this.slowDisk) sent.push(...this.completeWrite());
      }
    }
  }

  /** The write under way is durable. Returns the promises that may leave now. */
  completeWrite(): readonly Message[] {
    const ready = this.writing!;
    this.writing = null;
    this.#store(ready);
    if (ready.snapshot !== null) this.#install(ready.snapshot);
    this.raft.written(ready.receipt!);
    return this.#release(ready);
  }

  #store({ hardState, snapshot, entries }: Pick<Ready, "hardState" | "snapshot" | "entries">): void {
    if (hardState !== null) {
      // Only as much of the commit index as the log on disk bears out.
      this.disk.hardState = hardState;
    }
    if (snapshot !== null) {
      this.disk.snapshot = snapshot;
      this.disk.entries = [];
    }
    const first = entries[0];
    if (first !== undefined) {
      const at = first.index - this.disk.snapshot.meta.index - 1;
      assert(at >= 0 && at <= this.disk.entries.length, `a gap on disk before ${first.index}`);
      this.disk.entries.splice(at, Infinity, ...entries);
    }
    const last = this.disk.snapshot.meta.index + this.disk.entries.length;
    if (this.disk.hardState.commit > last) this.disk.hardState = { ...this.disk.hardState, commit: last };
  }

  #install({ meta, data }: Snapshot): void {
    this.applied = new Map(data.length === 0 ? [] : JSON.parse(fromUtf8(data)));
    this.appliedIndex = meta.index;
  }

  #release(ready: Ready): readonly Message[] {
    for (const entry of ready.committed) {
      assert.equal(entry.index, this.appliedIndex + 1, "entries are applied in order, each once");
      this.onApply(entry);
      const change = confChangeOf(textCodec, entry);
      if (change !== null) this.raft.applyConfChange(change);
      this.applied.set(entry.index, fromUtf8(entry.data));
      this.appliedIndex = entry.index;
    }
    if (ready.committed.length > 0) this.raft.applied(this.appliedIndex);
    return ready.messagesAfterWrite;
  }

  /** Puts a snapshot of the present state on disk and forgets the log up to there. */
  compact(): void {
    const index = this.appliedIndex;
    if (index <= this.disk.snapshot.meta.index || this.writing !== null) return;
    const meta = { index, term: this.raft.termAt(index)!, confState: this.raft.config };
    this.disk.entries = this.disk.entries.slice(index - this.disk.snapshot.meta.index);
    this.disk.snapshot = { meta, data: utf8(JSON.stringify([...this.applied])) };
    this.raft.compact(index);
  }

  /** The log as "term" digits from its first entry on: "1123". */
  terms(): string {
    const { firstIndex, lastIndex } = this.raft;
    return this.raft.entries(firstIndex, lastIndex).map((entry) => entry.term).join("");
  }
}

export interface ClusterSetup {
  readonly size: number;
  /** Members that belong to the configuration; all of them unless told otherwise. */
  readonly voters?: readonly number[];
  readonly seed?: number;
  readonly options?: Partial<RaftOptions>;
  /** Terms of the entries a member starts with, and its hard state. */
  readonly logs?: Readonly<
    Record<number, { readonly terms: string; readonly term?: number; readonly vote?: number }>
  >;
}

export class TestCluster {
  readonly nodes: readonly TestNode[];
  /** Messages on their way, oldest first. */
  bag: Message[] = [];

  constructor({ size, voters, seed = 1, options = {}, logs = {} }: ClusterSetup) {
    const ids = Array.from({ length: size }, (_, i) => memberIdOf(i + 1));
    const confState: ConfState = { ...EMPTY_CONFIG, voters: voters?.map(memberIdOf) ?? ids };
    this.nodes = ids.map((id, i) => {
      const { terms = "", term, vote } = logs[i + 1] ?? {};
      const entries = [...terms].map((digit, at) => entryOf(at + 1, Number(digit)));
      const hardState: HardState = {
        term: term ?? entries.at(-1)?.term ?? 0,
        vote: vote === undefined ? null : memberIdOf(vote),
        commit: 0,
      };
      const snapshot = { meta: { index: 0, term: 0, confState }, data: new Uint8Array(0) };
      return new TestNode(id, { hardState, snapshot, entries }, {
        electionTicks: ELECTION_TICKS,
        heartbeatTicks: 1,
        preVote: false,
        checkQuorum: false,
        readOnly: "safe",
        messageBytesMax: Infinity,
        inflightMessagesMax: 256,
        uncommittedBytesMax: Infinity,
        committedBytesMax: Infinity,
        disableConfChangeValidation: false,
        stepDownOnRemoval: false,
        prng: new Prng(seed * 1000 + i),
        ...options,
      });
    });
  }

  /** Member `n`, counted from 1. */
  node(n: number): TestNode {
    return this.nodes[n - 1]!;
  }

  raft(n: number): RaftNode {
    return this.node(n).raft;
  }

  /** Every member that is up does its work; what it sends goes into the bag. */
  work(): void {
    for (const node of this.nodes) if (node.isUp) this.bag.push(...node.work());
  }

  /** Hands over everything in the bag, again and again, until nothing moves. Messages `isLost` names never arrive. */
  settle(isLost: (message: Message) => boolean = () => false): void {
    for (let rounds = 0;; rounds++) {
      assert(rounds < 1000, "the cluster does not come to rest");
      this.work();
      if (this.bag.length === 0) return;
      const batch = this.bag;
      this.bag = [];
      for (const each of batch) if (!isLost(each)) this.deliver(each);
    }
  }

  /** Brings a message to its receiver, if that is up, and tells the sender of a snapshot what became of it. */
  deliver(message: Message): void {
    const node = this.nodes.find(({ id }) => id === message.to);
    if (node?.isUp) node.raft.step(message);
    if (message.kind === "snapshot") this.reportSnapshot(message, node?.isUp === true);
  }

  reportSnapshot(message: Message, ok: boolean): void {
    const sender = this.nodes.find(({ id }) => id === message.from);
    if (sender?.isUp) sender.raft.reportSnapshot(message.to, ok);
  }

  /** Makes `n` the leader, by campaign. */
  elect(n: number): RaftNode {
    this.raft(n).campaign();
    this.settle();
    assert.equal(this.raft(n).role, "leader");
    return this.raft(n);
  }

  tick(n: number, count = 1): void {
    for (let i = 0; i < count; i++) this.raft(n).tick();
  }
}

export function entryOf(index: number, term: number, text = `${term}/${index}`): Entry {
  return { index, term, kind: "normal", data: utf8(text) };
}

/** True for messages to or from one of `members`. */
export function touching(...members: readonly number[]): (message: Message) => boolean {
  const ids = members.map(memberIdOf);
  return ({ from, to }) => ids.includes(from) || ids.includes(to);
}

/** "v4 r1" and the like. */
export function changeOf(text: string, transition: ConfChange["transition"] = "auto"): ConfChange {
  return { transition, changes: parseChanges(text), context: new Uint8Array(0), requestId: 0n };
}
