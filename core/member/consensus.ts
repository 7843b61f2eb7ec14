// The replicated half of a member: Raft, its log on disk, and the state the log builds. Clients are none of its
// business; it takes proposals in and tells its listener what was applied.
//
//   enqueue ─┐                    ┌─▶ send
//   receive ─┼─▶ RaftNode ─Ready─▶┤
//   tick    ─┘      ▲             └─▶ write ──▶ (disk) ──▶ written ─┬─▶ send messagesAfterWrite
//                   └──────────────────────────────────────────────┴─▶ StateMachine ─▶ listener
//
// One write is in flight at a time. What arrives meanwhile gathers in Raft and rides the next write, so a slow disk
// makes writes larger, not a longer queue of them.

import { assert } from "../base/assert.ts";
import type { DiskOp } from "../base/disk.ts";
import { ETCD_ERRORS, type EtcdError, isEtcdError } from "../base/etcd_error.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import type { KvEvent } from "../kv/requests.ts";
import type { Message } from "../raft/message.ts";
import { EMPTY_CONFIG } from "../raft/membership.ts";
import type { RaftOptions } from "../raft/options.ts";
import type { RaftHost } from "../raft/raft_core.ts";
import { RaftNode, type RaftNodeCapture } from "../raft/raft_node.ts";
import type { ReadState, Ready } from "../raft/ready.ts";
import type { ConfChange, Entry, HardState, Snapshot, SnapshotMeta } from "../raft/types.ts";
import { WalWriter, type WalWriterState } from "../wal/wal_writer.ts";
import { confChangeCodec } from "../wire/conf_change_codec.ts";
import { decodeLogCommand, type LogRequest } from "../wire/request_codec.ts";
import type { ClientResult } from "./io.ts";
import { changeOf, entryIdOf } from "./membership_entry.ts";
import type { MemberOptions } from "./options.ts";
import type { Outbox } from "./outbox.ts";
import { Proposals, type ProposalsState, type WaitingProposal } from "./proposals.ts";
import { raftOptionsOf } from "./raft_settings.ts";
import { StateMachine, type StateMachineState } from "./state_machine.ts";

/** Payloads held while nobody leads. (etcd's maxGapBetweenApplyAndCommitIndex) */
/** A removed member lingers this many heartbeats, so that what removed it reaches the others. */
const REMOVED_LINGER_HEARTBEATS = 10;
/** Election timeouts after which a snapshot that was sent is taken for lost. */
const SNAPSHOT_PATIENCE_ELECTIONS = 10;

const NO_SNAPSHOT: SnapshotMeta = { index: 0, term: 0, confState: EMPTY_CONFIG };

/** What a disk said, or what an empty one begins with. */
export interface RecoveredLog {
  readonly hardState: HardState;
  readonly entries: readonly Entry[];
  readonly snapshot: Snapshot | null;
}

/** A request that has come back through the log and changed the state, or was refused by it. */
export interface AppliedCommand {
  readonly index: LogIndex;
  /** Names the proposal, 16 hex digits. */
  readonly entryId: string;
  readonly request: LogRequest;
  readonly answer: ClientResult | EtcdError;
  /** What changed in the store, all of it at the store's present revision; empty when nothing did. */
  readonly events: readonly KvEvent[];
}

/** Hears what became of the log, in its order. */
export interface ConsensusListener {
  onApplied(applied: AppliedCommand): void;
  onMembershipApplied(entryId: string, answer: ClientResult | EtcdError): void;
  /** The empty entry with which the leader of `term` began: everything of earlier terms is applied. */
  onTermBegun(term: Term): void;
  onReadConfirmed(read: ReadState): void;
  /** A leader's snapshot took the state's place. */
  onStateReplaced(): void;
}

/** What waits for the write in flight. */
interface WriteInFlight {
  readonly writeId: number;
  readonly lastIndex: LogIndex;
  /** What Raft is owed when the write is durable; null for a member's own housekeeping. */
  readonly ready: Ready | null;
  /** A snapshot of our own state that this write saves. */
  readonly snapshot: Snapshot | null;
}

export interface ConsensusState {
  readonly raft: RaftNodeCapture;
  readonly prng: PrngState;
  readonly wal: WalWriterState;
  readonly machine: StateMachineState;
  readonly heardAtTick: readonly (readonly [MemberId, number])[];
  readonly snapshotSentAtTick: readonly (readonly [MemberId, number])[];
  readonly tick: number;
  readonly proposals: ProposalsState;
  readonly tailKnownInTerm: Term;
  readonly inFlight: WriteInFlight | null;
  readonly recovering: boolean;
  readonly nextWriteId: number;
  readonly savedHardState: HardState;
  readonly hardStateToSave: HardState | null;
  readonly latestSnapshot: Snapshot | null;
  readonly snapshotToSave: Snapshot | null;
  readonly housekeeping: readonly DiskOp[];
  readonly removedAtTick: number | null;
  readonly lastRoster: string;
  readonly written: { readonly count: number; readonly bytes: number };
}

export class Consensus {
  readonly #options: MemberOptions;
  readonly #outbox: Outbox;
  #listener: ConsensusListener | null = null;
  #prng: Prng;
  #raft: RaftNode;
  readonly #wal: WalWriter;
  #machine: StateMachine;
  #heardAtTick = new Map<MemberId, number>();
  #snapshotSentAtTick = new Map<MemberId, number>();
  #tick = 0;
  #proposals = new Proposals();
  /** The term in which this leader has learned which proposals its log holds unapplied. */
  #tailKnownInTerm: Term = 0;
  #inFlight: WriteInFlight | null = null;
  /** Nothing leaves this member before the write that recovery asked for is durable. */
  #recovering = false;
  #nextWriteId = 1;
  /** The last term and vote on disk: only these make a write necessary, a new commit index rides along. */
  #savedHardState: HardState;
  #hardStateToSave: HardState | null = null;
  #latestSnapshot: Snapshot | null;
  #snapshotToSave: Snapshot | null = null;
  /** Old segments and snapshots to remove with the next write. */
  #housekeeping: DiskOp[] = [];
  #removedAtTick: number | null = null;
  #lastRoster = "";
  #written = { count: 0, bytes: 0 };

  constructor(options: MemberOptions, outbox: Outbox, from: { wal: WalWriter; log: RecoveredLog }) {
    const { hardState, entries, snapshot } = from.log;
    this.#options = options;
    this.#outbox = outbox;
    this.#wal = from.wal;
    this.#savedHardState = hardState;
    this.#latestSnapshot = snapshot;
    const applied = snapshot?.meta.index ?? 0;
    this.#machine = snapshot ? StateMachine.decode(snapshot.data, applied)! : new StateMachine();
    this.#prng = new Prng(options.seed);
    this.#raft = new RaftNode(
      this.#raftOptions(),
      { hardState, snapshot: snapshot?.meta ?? NO_SNAPSHOT, entries, applied },
      this.#raftHost(),
    );
  }

  /** @param options those of the captured member. */
  static restore(options: MemberOptions, outbox: Outbox, state: ConsensusState): Consensus {
    const blank: RecoveredLog = {
      hardState: { term: 0, vote: null, commit: 0 },
      entries: [],
      snapshot: null,
    };
    const consensus = new Consensus(options, outbox, { wal: WalWriter.restore(state.wal), log: blank });
    consensus.#prng = new Prng(state.prng);
    consensus.#raft = RaftNode.restore(consensus.#raftOptions(), state.raft, consensus.#raftHost());
    consensus.#machine = StateMachine.restore(state.machine);
    consensus.#heardAtTick = new Map(state.heardAtTick);
    consensus.#snapshotSentAtTick = new Map(state.snapshotSentAtTick);
    consensus.#tick = state.tick;
    consensus.#proposals = Proposals.restore(state.proposals);
    consensus.#tailKnownInTerm = state.tailKnownInTerm;
    consensus.#inFlight = state.inFlight;
    consensus.#recovering = state.recovering;
    consensus.#nextWriteId = state.nextWriteId;
    consensus.#savedHardState = state.savedHardState;
    consensus.#hardStateToSave = state.hardStateToSave;
    consensus.#latestSnapshot = state.latestSnapshot;
    consensus.#snapshotToSave = state.snapshotToSave;
    consensus.#housekeeping = [...state.housekeeping];
    consensus.#removedAtTick = state.removedAtTick;
    consensus.#lastRoster = state.lastRoster;
    consensus.#written = state.written;
    return consensus;
  }

  capture(): ConsensusState {
    return {
      raft: this.#raft.capture(),
      prng: this.#prng.state(),
      wal: this.#wal.capture(),
      machine: this.#machine.capture(),
      heardAtTick: [...this.#heardAtTick],
      snapshotSentAtTick: [...this.#snapshotSentAtTick],
      tick: this.#tick,
      proposals: this.#proposals.capture(),
      tailKnownInTerm: this.#tailKnownInTerm,
      inFlight: this.#inFlight,
      recovering: this.#recovering,
      nextWriteId: this.#nextWriteId,
      savedHardState: this.#savedHardState,
      hardStateToSave: this.#hardStateToSave,
      latestSnapshot: this.#latestSnapshot,
      snapshotToSave: this.#snapshotToSave,
      housekeeping: [...this.#housekeeping],
      removedAtTick: this.#removedAtTick,
      lastRoster: this.#lastRoster,
      written: this.#written,
    };
  }

  /** Must be called once, before anything else. */
  listen(listener: ConsensusListener): void {
    this.#listener = listener;
  }

  /** Begins to work after a recovery. `firstOps` must be on disk before anything leaves this member. */
  begin(firstOps: readonly DiskOp[]): void {
    this.#emitRoster();
    if (firstOps.length === 0) return;
    this.#recovering = true;
    this.#issueWrite(firstOps, { ready: null, snapshot: null });
  }

  get raft(): RaftNode {
    return this.#raft;
  }

  /** The state as applied so far. Another object after a snapshot was installed: do not keep it. */
  get machine(): StateMachine {
    return this.#machine;
  }

  /** True until the write that recovery asked for is durable. */
  get recovering(): boolean {
    return this.#recovering;
  }

  /** Ticks since this start. */
  get ticks(): number {
    return this.#tick;
  }

  get leads(): boolean {
    return this.#raft.role === "leader";
  }

  get latestSnapshotIndex(): LogIndex {
    return this.#latestSnapshot?.meta.index ?? 0;
  }

  get written(): { readonly count: number; readonly bytes: number } {
    return this.#written;
  }

  get writeInFlight(): boolean {
    return this.#inFlight !== null;
  }

  /** Ticks since anything was heard from a member; null when never. */
  heardTicksAgo(peer: MemberId): number | null {
    const at = this.#heardAtTick.get(peer);
    return at === undefined ? null : this.#tick - at;
  }

  // --- Inputs --------------------------------------------------------------------------------------------------

  tick(): void {
    this.#tick += 1;
    if (!this.#recovering) this.#raft.tick();
    this.#giveUpSnapshots();
    const lingerTicks = REMOVED_LINGER_HEARTBEATS * this.#options.timing.heartbeatTicks;
    if (this.#removedAtTick !== null && this.#tick >= this.#removedAtTick + lingerTicks) {
      this.#outbox.push({ kind: "removed" });
    }
  }

  receive(message: Message): void {
    // One who was removed may not know it yet; it must not disturb those who stay.
    if (this.#machine.members.isRemoved(message.from)) return;
    this.#heardAtTick.set(message.from, this.#tick);
    const once = message.kind === "propose" && this.leads ? this.#withoutRepeats(message) : message;
    if (once) this.#raft.step(once);
  }

  /** A new leader may hold a proposal in its tail that the same frame, delivered again, would bring once more. */
  #withoutRepeats(message: Message): Message | null {
    const { term, lastIndex } = this.#raft;
    if (this.#tailKnownInTerm !== term) {
      this.#tailKnownInTerm = term;
      if (this.#machine.applied < lastIndex) {
        this.#proposals.sawAll(this.#raft.entries(this.#machine.applied + 1, lastIndex));
      }
    }
    return this.#proposals.withoutRepeats(message);
  }

  onWritten(writeId: number): void {
    const done = this.#inFlight;
    assert(
      done !== null && done.writeId === writeId,
      () => `write ${writeId} completed, ${done?.writeId} in flight`,
    );
    this.#inFlight = null;
    this.#recovering = false;
    this.#outbox.trace({ kind: "writeDurable", writeId, lastIndex: done.lastIndex });
    if (done.snapshot) this.#onSnapshotSaved(done.snapshot);
    if (done.ready) {
      if (done.ready.receipt) this.#raft.written(done.ready.receipt);
      this.#release(done.ready);
    }
  }

  onSnapshotSent(peer: MemberId, ok: boolean): void {
    this.#snapshotSentAtTick.delete(peer);
    this.#raft.reportSnapshot(peer, ok);
  }

  /** Takes a payload to propose with the next step; false when too many wait already. */
  enqueue(proposal: WaitingProposal): boolean {
    return this.#proposals.add(proposal);
  }

  /** Whoever wanted this has given up: if nobody took it yet, nobody will. */
  withdraw(entryId: string): void {
    this.#proposals.withdraw(entryId);
  }

  /** Proposes a change of members at once; false when nobody could take it. */
  proposeConfChange(change: ConfChange): boolean {
    return this.#raft.proposeConfChange(change, true).kind !== "dropped";
  }

  /** Hands everything gathered in this step to Raft as one proposal: one append for all of it. */
  propose(): void {
    if (this.#proposals.waitingCount === 0 || this.#recovering) return;
    if (this.#raft.propose(this.#proposals.payloads()).kind !== "dropped") this.#proposals.handedOver();
  }

  /** Carries out what Raft has ready, until it has nothing more for now. */
  advance(): void {
    if (this.#recovering) return;
    for (;;) {
      const writable = this.#inFlight === null;
      if (!this.#raft.hasReady(writable)) break;
      const ready = this.#raft.takeReady(writable);
      for (const message of ready.messages) this.#send(message);
      for (const read of ready.reads) this.#listener!.onReadConfirmed(read);
      if (!writable) this.#apply(ready.committed);
      else this.#save(ready);
    }
    if (this.#inFlight === null) this.#keepHouse();
  }

  // --- Raft's hand-over ----------------------------------------------------------------------------------------

  /** Writes what a Ready needs written; what is owed for it follows now or when the write is durable. */
  #save(ready: Ready): void {
    const { hardState, entries, snapshot } = ready;
    const current = hardState ?? this.#hardStateToSave;
    const mustWrite = entries.length > 0 || snapshot !== null ||
      (hardState !== null &&
        (hardState.term !== this.#savedHardState.term || hardState.vote !== this.#savedHardState.vote));
    if (!mustWrite) {
      this.#hardStateToSave = current;
      if (ready.receipt) this.#raft.written(ready.receipt);
      return this.#release(ready);
    }
    const ops = this.#wal.append({ hardState: current, entries, snapshot });
    if (current) this.#savedHardState = current;
    this.#hardStateToSave = null;
    // What is committed and on disk already need not wait for this write.
    const firstWritten = snapshot ? 0 : entries[0]?.index ?? Infinity;
    const committed = ready.committed.filter(({ index }) => index >= firstWritten);
    this.#issueWrite(ops, { ready: { ...ready, committed }, snapshot: null });
    this.#apply(ready.committed.slice(0, ready.committed.length - committed.length));
  }

  /** What was owed for a Ready that is safe now: promises to peers, and entries to the state machine. */
  #release(ready: Ready): void {
    if (ready.snapshot) this.#install(ready.snapshot);
    this.#promise(ready.messagesAfterWrite);
    this.#apply(ready.committed);
  }

  #promise(messages: readonly Message[]): void {
    for (const message of messages) {
      this.#send(message);
      if (this.#outbox.traces) this.#tracePromise(message);
    }
  }

  /** Says what the disk must keep from now on because of this message. */
  #tracePromise(message: Message): void {
    const { kind, term, reject, index } = message;
    if (kind === "vote") {
      this.#outbox.trace({ kind: "promised", term, vote: this.#options.id, acknowledged: null });
    } else if (kind === "voteReply") {
      this.#outbox.trace({ kind: "promised", term, vote: reject ? null : message.to, acknowledged: null });
    } else if (kind === "appendReply" && term === this.#raft.term) {
      // An acknowledgement of an older term is void by now: what it named may have been replaced since.
      const entryTerm = reject ? null : this.#raft.termAt(index);
      const acknowledged = entryTerm === null ? null : { index, term: entryTerm };
      this.#outbox.trace({ kind: "promised", term, vote: null, acknowledged });
    }
  }

  #issueWrite(ops: readonly DiskOp[], what: { ready: Ready | null; snapshot: Snapshot | null }): void {
    const writeId = this.#nextWriteId++;
    const all = [...this.#housekeeping, ...ops];
    this.#housekeeping = [];
    const lastIndex = this.#raft.lastIndex;
    this.#inFlight = { writeId, lastIndex, ...what };
    const bytes = all.reduce((sum, op) => sum + ("bytes" in op ? op.bytes.length : 0), 0);
    this.#written = { count: this.#written.count + 1, bytes: this.#written.bytes + bytes };
    this.#outbox.trace({ kind: "writeIssued", writeId, bytes, lastIndex });
    this.#outbox.push({ kind: "write", write: { writeId, ops: all } });
  }

  #apply(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) this.#applyEntry(entry);
    const index = this.#machine.applied;
    this.#raft.applied(index);
    this.#outbox.trace({ kind: "applied", index, revision: this.#machine.kv.revision });
    this.#maybeTakeSnapshot();
  }

  #applyEntry(entry: Entry): void {
    const { index } = entry;
    if (entry.kind !== "normal") return this.#applyConfChange(entry);
    if (entry.data.length === 0) {
      this.#machine.applyNothing(index);
      return this.#listener!.onTermBegun(entry.term);
    }
    const command = decodeLogCommand(entry.data);
    if (command.kind === "malformed") return this.#machine.applyNothing(index);
    const { request } = command;
    this.#proposals.saw(command.id);
    const { answer, events } = this.#machine.applyRequest(index, request, command.auth);
    this.#listener!.onApplied({ index, entryId: command.id, request, answer, events });
  }

  #applyConfChange(entry: Entry): void {
    assert(entry.kind !== "normal", `entry ${entry.index} holds no change of members`);
    const confChange = confChangeCodec.decode(entry.kind, entry.data);
    const change = changeOf(confChange);
    const answer = change
      ? this.#machine.applyMembership(entry.index, change)
      : (this.#machine.applyNothing(entry.index), ETCD_ERRORS.memberBadUrls);
    // A change that the list of members refuses changes nothing in Raft either, on any member.
    if (!isEtcdError(answer)) {
      this.#raft.applyConfChange(confChange);
      this.#emitRoster();
    }
    this.#listener!.onMembershipApplied(entryIdOf(confChange), answer);
    if (this.#machine.members.isRemoved(this.#options.id)) this.#removedAtTick ??= this.#tick;
  }

  #send(message: Message): void {
    if (message.kind === "snapshot") {
      this.#snapshotSentAtTick.set(message.to, this.#tick);
      const { index } = message.snapshot!.meta;
      this.#outbox.trace({ kind: "snapshot", index, what: "sent", peer: message.to });
    }
    this.#outbox.push({ kind: "send", message });
  }

  // --- Snapshots -----------------------------------------------------------------------------------------------

  #install(snapshot: Snapshot): void {
    const { index } = snapshot.meta;
    const machine = StateMachine.decode(snapshot.data, index);
    assert(machine !== null, `the leader's snapshot at ${index} is not a state we can read`);
    this.#machine = machine;
    this.#latestSnapshot = snapshot;
    // A snapshot of our own that still waits for the disk is of the past now.
    this.#snapshotToSave = null;
    this.#housekeeping.push(...this.#wal.release(index));
    this.#outbox.trace({ kind: "snapshot", index, what: "installed", peer: null });
    this.#emitRoster();
    this.#listener!.onStateReplaced();
  }

  #maybeTakeSnapshot(): void {
    const { applied } = this.#machine;
    const since = Math.max(this.#latestSnapshot?.meta.index ?? 0, this.#snapshotToSave?.meta.index ?? 0);
    if (applied - since < this.#options.snapshotCount || this.#snapshotToSave) return;
    const meta = { index: applied, term: this.#raft.termAt(applied)!, confState: this.#raft.config };
    this.#snapshotToSave = { meta, data: this.#machine.encode() };
    this.#outbox.trace({ kind: "snapshot", index: applied, what: "taken", peer: null });
  }

  /** Writes that no peer waits for, when the disk has nothing better to do. */
  #keepHouse(): void {
    const snapshot = this.#snapshotToSave;
    if (!snapshot) return;
    this.#snapshotToSave = null;
    const saving = this.#wal.saveSnapshot(snapshot);
    const waits = this.#options.raft?.rules?.cutWaitsForSnapshot() ?? true;
    const cutting = waits ? [] : this.#wal.release(snapshot.meta.index);
    this.#issueWrite([...cutting, ...saving], { ready: null, snapshot });
  }

  /** Only once the snapshot is safe may the log behind it go. */
  #onSnapshotSaved(snapshot: Snapshot): void {
    const { index } = snapshot.meta;
    if (index <= (this.#latestSnapshot?.meta.index ?? 0)) return;
    this.#latestSnapshot = snapshot;
    const keepFrom = index - this.#options.catchUpEntries;
    if (keepFrom >= this.#raft.firstIndex) this.#raft.compact(keepFrom);
    this.#housekeeping.push(...this.#wal.release(index));
  }

  /** A network may lose a snapshot, or the answer to it, without a word: after a while the peer is asked again. */
  #giveUpSnapshots(): void {
    const ticksMax = SNAPSHOT_PATIENCE_ELECTIONS * this.#options.timing.electionTicks;
    for (const [peer, sentAtTick] of this.#snapshotSentAtTick) {
      if (this.#tick - sentAtTick < ticksMax) continue;
      this.#snapshotSentAtTick.delete(peer);
      this.#raft.reportSnapshot(peer, false);
    }
  }

  #emitRoster(): void {
    const known = this.#machine.members.list();
    // Before its own log says anything, a member knows its peers only from how it was started.
    const members = (known.length > 0 ? known : this.#options.bootstrap.members)
      .filter((member) => member.id !== this.#options.id)
      .map(({ id, peerUrls }) => ({ id, peerUrls }));
    const roster = JSON.stringify(members);
    if (roster === this.#lastRoster) return;
    this.#lastRoster = roster;
    this.#outbox.push({ kind: "roster", members });
  }

  #raftOptions(): RaftOptions {
    return raftOptionsOf(this.#options, this.#prng, (event) => this.#outbox.trace(event));
  }

  #raftHost(): RaftHost {
    return { codec: confChangeCodec, latestSnapshot: () => this.#latestSnapshot };
  }
}
