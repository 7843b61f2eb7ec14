// A member: Raft, its log on disk, and the state the log builds, as one synchronous machine. Inputs go in, outputs
// come out, both plain data; whoever holds the inputs can replay the member exactly.
//
//   request ─┐                    ┌─▶ send
//   receive ─┼─▶ RaftNode ─Ready─▶┤
//   tick    ─┘      ▲             └─▶ write ──▶ (disk) ──▶ written ─┬─▶ send messagesAfterWrite
//                   └──────────────────────────────────────────────┴─▶ StateMachine ─▶ respond
//
// One write is in flight at a time. What arrives meanwhile gathers in Raft and rides the next write, so a slow disk
// makes writes larger, not a longer queue of them.

import { assert } from "../base/assert.ts";
import type { DiskImage, DiskOp } from "../base/disk.ts";
import { ETCD_ERRORS, type EtcdError, isEtcdError } from "../base/etcd_error.ts";
import type { LogIndex, MemberId, Term } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import { refusalOfDeleteRange, refusalOfPut, refusalOfRange, refusalOfTxnRequest } from "../kv/kv_checks.ts";
import type { RangeRequest, RangeResponse, TxnRequest } from "../kv/requests.ts";
import type { Message } from "../raft/message.ts";
import { EMPTY_CONFIG } from "../raft/membership.ts";
import type { RaftOptions } from "../raft/options.ts";
import type { RaftHost } from "../raft/raft_core.ts";
import { RaftNode, type RaftNodeCapture } from "../raft/raft_node.ts";
import type { ReadState, Ready } from "../raft/ready.ts";
import type { Entry, HardState, Snapshot, SnapshotMeta } from "../raft/types.ts";
import { recover as recoverWal } from "../wal/wal_reader.ts";
import { WalWriter, type WalWriterState } from "../wal/wal_writer.ts";
import { confChangeCodec } from "../wire/conf_change_codec.ts";
import { decodeLogCommand, encodeLogCommand } from "../wire/request_codec.ts";
import { bootstrapLog } from "./bootstrap.ts";
import type { MembershipChange } from "./cluster_members.ts";
import { EntryIds } from "./entry_ids.ts";
import type {
  ClientRequest,
  ClientResponse,
  ClientResult,
  Input,
  KvWrite,
  Output,
  ResponseHeader,
} from "./io.ts";
import { changeOf, confChangeOf, entryIdOf } from "./membership_entry.ts";
import { refusalOfMembershipChange } from "./membership_rules.ts";
import { kvHashOf, viewOf } from "./member_view.ts";
import type { MemberOptions } from "./options.ts";
import { type PendingRequest, PendingRequests } from "./pending_requests.ts";
import { isRead, membershipChangeOf } from "./request_kinds.ts";
import { raftOptionsOf } from "./raft_settings.ts";
import { ReadQueue, type ReadQueueState, roundContext, roundOf } from "./read_queue.ts";
import { StateMachine, type StateMachineState } from "./state_machine.ts";
import type { TraceEvent } from "./trace.ts";
import type { MemberView } from "./view.ts";

/** Proposals held while nobody leads; beyond it clients hear "too many requests". (etcd's maxGapBetweenApplyAndCommitIndex) */
const UNPROPOSED_COUNT_MAX = 5_000;
/** A removed member lingers this many heartbeats, so that what removed it reaches the others. */
const REMOVED_LINGER_HEARTBEATS = 10;
/** Election timeouts after which a snapshot that was sent is taken for lost. */
const SNAPSHOT_PATIENCE_ELECTIONS = 10;
/** What `status` reports: the etcd release whose API is spoken. */
export const ETCD_VERSION = "3.4.23";

export type Recovery =
  | { readonly kind: "running"; readonly member: Member; readonly outputs: readonly Output[] }
  /** This disk must not be used; `says` what is wrong in one line, `remedy` what to do. */
  | { readonly kind: "refused"; readonly says: string; readonly remedy: string };

const NO_SNAPSHOT: SnapshotMeta = { index: 0, term: 0, confState: EMPTY_CONFIG };

/** What waits for the write in flight. */
interface WriteInFlight {
  readonly writeId: number;
  readonly lastIndex: LogIndex;
  /** What Raft is owed when the write is durable; null for a member's own housekeeping. */
  readonly ready: Ready | null;
  /** A snapshot of our own state that this write saves. */
  readonly snapshot: Snapshot | null;
}

export interface MemberState {
  readonly raft: RaftNodeCapture;
  readonly prng: PrngState;
  readonly wal: WalWriterState;
  readonly machine: StateMachineState;
  readonly entryIdSuffix: number;
  readonly pending: readonly PendingRequest[];
  readonly reads: ReadQueueState;
  readonly heardAtTick: readonly (readonly [MemberId, number])[];
  readonly snapshotSentAtTick: readonly (readonly [MemberId, number])[];
  readonly tick: number;
  readonly unproposed: readonly Uint8Array[];
  readonly inFlight: WriteInFlight | null;
  readonly recovering: boolean;
  readonly nextWriteId: number;
  readonly savedHardState: HardState;
  readonly hardStateToSave: HardState | null;
  readonly latestSnapshot: Snapshot | null;
  readonly snapshotToSave: Snapshot | null;
  readonly housekeeping: readonly DiskOp[];
  readonly published: boolean;
  readonly publishAgainAtTick: number;
  readonly removedAtTick: number | null;
  readonly lastRoster: string;
  readonly written: { readonly count: number; readonly bytes: number };
  readonly recovered: MemberView["recovered"];
}

export class Member {
  readonly id: MemberId;
  readonly #options: MemberOptions;
  #prng: Prng;
  #raft: RaftNode;
  readonly #wal: WalWriter;
  #entryIds: EntryIds;
  #pending = new PendingRequests();
  #reads = new ReadQueue();
  /** Sets this start's reads apart from those of an earlier one, whose late answers would be too old. */
  readonly #startTag: string;
  #heardAtTick = new Map<MemberId, number>();
  #snapshotSentAtTick = new Map<MemberId, number>();
  #machine: StateMachine;
  #outputs: Output[] = [];
  #tick = 0;
  /** Payloads that nobody could take yet: no leader known, or a leader that hands over. */
  #unproposed: Uint8Array[] = [];
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
  /** The log knows this member's name and client URLs. */
  #published = false;
  #publishAgainAtTick = 0;
  #removedAtTick: number | null = null;
  #lastRoster = "";
  #written = { count: 0, bytes: 0 };
  readonly #recovered: MemberView["recovered"];

  /**
   * Turns a disk into a member: a log is read and replayed, an empty disk is bootstrapped.
   * The outputs hold the first write; feed `written` back as for any other.
   */
  static recover(options: MemberOptions, image: DiskImage): Recovery {
    const identity = { clusterId: options.clusterId, memberId: options.id };
    const { segmentBytesMax } = options;
    const verdict = recoverWal(image, { segmentBytesMax, identity });
    switch (verdict.kind) {
      case "empty": {
        const { writer, ops } = WalWriter.create(identity, { segmentBytesMax });
        const log = { ...bootstrapLog(options.bootstrap), snapshot: null };
        const firstOps = [...verdict.repairs, ...ops, ...writer.append(log)];
        return Member.#start(options, writer, firstOps, log, 0, verdict.tornBytes);
      }
      case "recovered": {
        const { writer, repairs, hardState, entries, snapshot, tornBytes } = verdict;
        if (snapshot && StateMachine.decode(snapshot.data, snapshot.meta.index) === null) {
          return {
            kind: "refused",
            says:
              `the snapshot at index ${snapshot.meta.index} is whole, but is not a state this version can read`,
            remedy:
              "start the version that wrote it, or remove this member and add it again with an empty disk",
          };
        }
        return Member.#start(
          options,
          writer,
          repairs,
          { hardState, entries, snapshot },
          entries.length,
          tornBytes,
        );
      }
      case "rotten":
        return { kind: "refused", says: verdict.says, remedy: verdict.remedy };
      case "foreign":
        return {
          kind: "refused",
          says: verdict.says,
          remedy: "Give this member its own data directory, or an empty one.",
        };
      case "unknownVersion":
        return {
          kind: "refused",
          says: verdict.says,
          remedy: "Start the version of Flotilla that wrote it.",
        };
    }
  }

  static #start(
    options: MemberOptions,
    wal: WalWriter,
    firstOps: readonly DiskOp[],
    log: { hardState: HardState; entries: readonly Entry[]; snapshot: Snapshot | null },
    entryCount: number,
    tornBytes: number,
  ): Recovery {
    const member = new Member(options, wal, log, { entryCount, tornBytes });
    member.#trace({
      kind: "recovered",
      entryCount,
      snapshotIndex: log.snapshot?.meta.index ?? 0,
      tornBytes,
      term: log.hardState.term,
    });
    member.#emitRoster();
    if (firstOps.length > 0) {
      member.#recovering = true;
      member.#issueWrite(firstOps, { ready: null, snapshot: null });
    } else member.#advance();
    return { kind: "running", member, outputs: member.#takeOutputs() };
  }

  private constructor(
    options: MemberOptions,
    wal: WalWriter,
    log: { hardState: HardState; entries: readonly Entry[]; snapshot: Snapshot | null },
    recovered: { readonly entryCount: number; readonly tornBytes: number },
  ) {
    this.id = options.id;
    this.#options = options;
    this.#wal = wal;
    this.#entryIds = new EntryIds(options.id, options.startId);
    this.#startTag = `${options.id}/${options.startId}`;
    this.#savedHardState = log.hardState;
    this.#latestSnapshot = log.snapshot;
    const applied = log.snapshot?.meta.index ?? 0;
    this.#recovered = { snapshotIndex: applied, ...recovered };
    this.#machine = log.snapshot ? StateMachine.decode(log.snapshot.data, applied)! : new StateMachine();
    this.#prng = new Prng(options.seed);
    this.#raft = new RaftNode(
      this.#raftOptions(),
      {
        hardState: log.hardState,
        snapshot: log.snapshot?.meta ?? NO_SNAPSHOT,
        entries: log.entries,
        applied,
      },
      this.#raftHost(),
    );
  }

  #raftOptions(): RaftOptions {
    return raftOptionsOf(this.#options, this.#prng, (event) => this.#trace(event));
  }

  #raftHost(): RaftHost {
    return { codec: confChangeCodec, latestSnapshot: () => this.#latestSnapshot };
  }

  get term(): Term {
    return this.#raft.term;
  }

  get vote(): MemberId | null {
    return this.#raft.vote;
  }

  get leads(): boolean {
    return this.#raft.role === "leader";
  }

  /** Whether this id has left the cluster for good, as far as this member's log says. */
  isRemoved(id: MemberId): boolean {
    return this.#machine.members.isRemoved(id);
  }

  get commit(): LogIndex {
    return this.#raft.commit;
  }

  get applied(): LogIndex {
    return this.#machine.applied;
  }

  get firstIndex(): LogIndex {
    return this.#raft.firstIndex;
  }

  get lastIndex(): LogIndex {
    return this.#raft.lastIndex;
  }

  /** Null when the entry is compacted away or beyond the end of the log. */
  termAt(index: LogIndex): Term | null {
    return this.#raft.termAt(index);
  }

  /** An entry of the log in memory: `firstIndex` to `lastIndex`. */
  entryAt(index: LogIndex): Entry {
    return this.#raft.entries(index, index)[0]!;
  }

  /** Reads this member's own state, however old it is: for checkers. Clients ask by `request`. */
  read(request: RangeRequest): RangeResponse | EtcdError {
    return this.#machine.kv.range(request);
  }

  /** Hash of all keys at the current revision, 8 hex digits; equal on members that are equal. */
  get kvHash(): string {
    return kvHashOf(this.#machine);
  }

  /** Takes the inputs in order, as one step: proposals among them share an append, and all of them share a write. */
  handle(inputs: readonly Input[]): readonly Output[] {
    for (const input of inputs) this.#take(input);
    this.#propose();
    this.#advance();
    return this.#takeOutputs();
  }

  #take(input: Input): void {
    switch (input.kind) {
      case "tick":
        return this.#onTick();
      case "receive": {
        const { message } = input;
        // One who was removed may not know it yet; it must not disturb those who stay.
        if (this.#machine.members.isRemoved(message.from)) return;
        this.#heardAtTick.set(message.from, this.#tick);
        return this.#raft.step(message);
      }
      case "written":
        return this.#onWritten(input.writeId);
      case "request":
        return this.#onRequest(input.requestId, input.request);
      case "cancel":
        this.#pending.take(input.requestId);
        return;
      case "unreachable":
        return this.#raft.reportUnreachable(input.peer);
      case "snapshotSent":
        this.#snapshotSentAtTick.delete(input.peer);
        return this.#raft.reportSnapshot(input.peer, input.ok);
    }
  }

  #onTick(): void {
    this.#tick += 1;
    if (!this.#recovering) this.#raft.tick();
    this.#reads.tick(this.#options.timing.electionTicks);
    this.#giveUpSnapshots();
    for (const { requestId } of this.#pending.takeExpired(this.#tick)) {
      this.#respond(requestId, ETCD_ERRORS.timeout);
    }
    this.#publish();
    const lingerTicks = REMOVED_LINGER_HEARTBEATS * this.#options.timing.heartbeatTicks;
    if (this.#removedAtTick !== null && this.#tick >= this.#removedAtTick + lingerTicks) {
      this.#outputs.push({ kind: "removed" });
    }
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

  // --- Requests ------------------------------------------------------------------------------------------------

  #onRequest(requestId: number, request: ClientRequest): void {
    this.#trace({ kind: "requested", requestId, what: request.kind });
    const answer = this.#answerNow(request);
    if (answer) return this.#respond(requestId, answer);
    const entryId = isRead(request) ? null : this.#entryIds.next();
    const deadlineTick = this.#tick + this.#options.timing.requestTimeoutTicks;
    if (entryId === null) {
      this.#pending.add({ requestId, request, deadlineTick, entryId });
      this.#reads.add(requestId);
      return;
    }
    const trouble = this.#enqueue(request, entryId);
    if (trouble) return this.#respond(requestId, trouble);
    this.#pending.add({ requestId, request, deadlineTick, entryId });
  }

  /** What can be said without asking the cluster: refusals, and everything this member answers by itself. */
  #answerNow(request: ClientRequest): ClientResult | EtcdError | null {
    switch (request.kind) {
      case "range":
        return refusalOfRange(request) ?? (request.serializable ? this.#read(request) : null);
      case "put":
        return refusalOfPut(request);
      case "deleteRange":
        return refusalOfDeleteRange(request);
      case "txn":
        return refusalOfTxnRequest(request, this.#options.maxTxnOps);
      case "compact":
        // Only the log knows whether the revision is still to come or gone already.
        return null;
      case "memberList":
        return { kind: "members", members: this.#machine.members.list(), changed: null };
      case "status":
        return this.#status();
      case "hash":
        return { kind: "hash", hash: this.#machine.kv.hash() };
      case "hashKv": {
        const answer = this.#machine.kv.hashKv(request.revision);
        return isEtcdError(answer) ? answer : { ...answer, kind: "hashKv" };
      }
      case "moveLeader":
        return this.#moveLeader(request.target);
      case "campaign":
        this.#raft.campaign();
        return { kind: "done" };
      case "pinElection":
        this.#raft.pinElectionDeadline(request.deadlineTicks);
        return { kind: "done" };
      case "memberAdd":
      case "memberRemove":
      case "memberPromote":
      case "memberUpdate":
        return this.#refusalOf(membershipChangeOf(request)!);
    }
  }

  /** Puts a request into Raft's hands, or says at once why that cannot be. */
  #enqueue(request: ClientRequest, entryId: string): EtcdError | null {
    const change = membershipChangeOf(request);
    if (change) {
      const outcome = this.#raft.proposeConfChange(confChangeOf(change, entryId), true);
      return outcome.kind === "dropped" ? ETCD_ERRORS.noLeader : null;
    }
    if (this.#unproposed.length >= UNPROPOSED_COUNT_MAX) return ETCD_ERRORS.tooManyRequests;
    const payload = encodeLogCommand(entryId, request as KvWrite);
    if (payload.length > this.#options.maxRequestBytes) return ETCD_ERRORS.requestTooLarge;
    this.#unproposed.push(payload);
    return null;
  }

  #refusalOf(change: MembershipChange): EtcdError | null {
    const hearsSince = this.#tick - 2 * this.#options.timing.electionTicks;
    return refusalOfMembershipChange(change, {
      self: this.id,
      members: this.#machine.members,
      strict: this.#options.strictReconfigCheck,
      leads: this.leads,
      lastIndex: this.#raft.lastIndex,
      matchOf: (id) => this.#raft.status().progress.get(id)?.match ?? 0,
      hears: (id) => (this.#heardAtTick.get(id) ?? -Infinity) >= hearsSince,
    });
  }

  #moveLeader(target: MemberId): ClientResult | EtcdError {
    if (this.#raft.role !== "leader") return ETCD_ERRORS.notLeader;
    const member = this.#machine.members.get(target);
    if (!member || member.isLearner) return ETCD_ERRORS.badLeaderTransferee;
    this.#raft.transferLeadership(target);
    return { kind: "done" };
  }

  /** Hands everything gathered in this step to Raft as one proposal: one append for all of it. */
  #propose(): void {
    if (this.#unproposed.length === 0 || this.#recovering) return;
    // Without a leader they stay; a client that has waited too long has been told so, its entry may still happen.
    if (this.#raft.propose(this.#unproposed).kind !== "dropped") this.#unproposed = [];
  }

  /** Tells the cluster this member's name and client URLs, until the log says that it knows. (etcd's publish) */
  #publish(): void {
    if (this.#published || this.#recovering || this.#raft.leader === null) return;
    const { name, clientUrls } = this.#options;
    const known = this.#machine.members.get(this.id);
    if (!known) return;
    this.#published = known.name === name && known.clientUrls.join() === clientUrls.join();
    if (this.#published || this.#tick < this.#publishAgainAtTick) return;
    this.#publishAgainAtTick = this.#tick + this.#options.timing.electionTicks;
    this.#unproposed.push(
      encodeLogCommand(this.#entryIds.next(), { kind: "publish", member: this.id, name, clientUrls }),
    );
  }

  // --- Reads ---------------------------------------------------------------------------------------------------

  #askForReads(): void {
    const round = this.#reads.startRound();
    if (round === null) return;
    const outcome = this.#raft.requestRead(roundContext(this.#startTag, round));
    if (outcome.kind === "dropped") this.#reads.postponeRound();
  }

  #serveReads(): void {
    for (const requestId of this.#reads.takeServable(this.#machine.applied)) {
      const pending = this.#pending.get(requestId);
      if (pending && isRead(pending.request)) this.#respond(requestId, this.#read(pending.request));
    }
  }

  #read(request: RangeRequest | TxnRequest): ClientResult | EtcdError {
    if (request.kind === "range") return this.#machine.kv.range(request);
    return this.#machine.kv.readTxn(request);
  }

  // --- Raft's hand-over ----------------------------------------------------------------------------------------

  /** Carries out what Raft has ready, until it has nothing more for now. */
  #advance(): void {
    if (this.#recovering) return;
    this.#askForReads();
    for (;;) {
      const writable = this.#inFlight === null;
      if (!this.#raft.hasReady(writable)) break;
      const ready = this.#raft.takeReady(writable);
      for (const message of ready.messages) this.#send(message);
      for (const read of ready.reads) this.#onReadConfirmed(read);
      if (!writable) this.#apply(ready.committed);
      else this.#save(ready);
    }
    if (this.#inFlight === null) this.#keepHouse();
    this.#serveReads();
  }

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
    this.#issueWrite(ops, { ready, snapshot: null });
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
      if (this.#options.trace) this.#tracePromise(message);
    }
  }

  /** Says what the disk must keep from now on because of this message. */
  #tracePromise(message: Message): void {
    const { kind, term, reject, index } = message;
    if (kind === "vote") this.#trace({ kind: "promised", term, vote: this.id, acknowledged: null });
    else if (kind === "voteReply") {
      this.#trace({ kind: "promised", term, vote: reject ? null : message.to, acknowledged: null });
    } else if (kind === "appendReply" && term === this.#raft.term) {
      // An acknowledgement of an older term is void by now: what it named may have been replaced since.
      const entryTerm = reject ? null : this.#raft.termAt(index);
      const acknowledged = entryTerm === null ? null : { index, term: entryTerm };
      this.#trace({ kind: "promised", term, vote: null, acknowledged });
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
    this.#trace({ kind: "writeIssued", writeId, bytes, lastIndex });
    this.#outputs.push({ kind: "write", write: { writeId, ops: all } });
  }

  #onWritten(writeId: number): void {
    const done = this.#inFlight;
    assert(
      done !== null && done.writeId === writeId,
      () => `write ${writeId} completed, ${done?.writeId} in flight`,
    );
    this.#inFlight = null;
    this.#recovering = false;
    this.#trace({ kind: "writeDurable", writeId, lastIndex: done.lastIndex });
    if (done.snapshot) this.#onSnapshotSaved(done.snapshot);
    if (done.ready) {
      if (done.ready.receipt) this.#raft.written(done.ready.receipt);
      this.#release(done.ready);
    }
  }

  #apply(entries: readonly Entry[]): void {
    if (entries.length === 0) return;
    for (const entry of entries) this.#applyEntry(entry);
    const index = this.#machine.applied;
    this.#raft.applied(index);
    this.#trace({ kind: "applied", index, revision: this.#machine.kv.revision });
    this.#maybeTakeSnapshot();
  }

  #applyEntry(entry: Entry): void {
    const { index } = entry;
    if (entry.kind !== "normal") return this.#applyConfChange(entry);
    if (entry.data.length === 0) return this.#machine.applyNothing(index);
    const command = decodeLogCommand(entry.data);
    if (command.kind === "malformed") return this.#machine.applyNothing(index);
    const answer = this.#machine.applyRequest(index, command.request);
    const pending = this.#pending.takeByEntryId(command.id);
    if (pending) this.#respondTo(pending, answer);
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
    const pending = this.#pending.takeByEntryId(entryIdOf(confChange));
    if (pending) this.#respondTo(pending, answer);
    if (this.#machine.members.isRemoved(this.id)) this.#removedAtTick ??= this.#tick;
  }

  #install(snapshot: Snapshot): void {
    const { index } = snapshot.meta;
    const machine = StateMachine.decode(snapshot.data, index);
    assert(machine !== null, `the leader's snapshot at ${index} is not a state we can read`);
    this.#machine = machine;
    this.#latestSnapshot = snapshot;
    // A snapshot of our own that still waits for the disk is of the past now.
    this.#snapshotToSave = null;
    this.#housekeeping.push(...this.#wal.release(index));
    this.#trace({ kind: "snapshot", index, what: "installed", peer: null });
    this.#emitRoster();
  }

  #maybeTakeSnapshot(): void {
    const { applied } = this.#machine;
    const since = Math.max(this.#latestSnapshot?.meta.index ?? 0, this.#snapshotToSave?.meta.index ?? 0);
    if (applied - since < this.#options.snapshotCount || this.#snapshotToSave) return;
    const meta = { index: applied, term: this.#raft.termAt(applied)!, confState: this.#raft.config };
    this.#snapshotToSave = { meta, data: this.#machine.encode() };
    this.#trace({ kind: "snapshot", index: applied, what: "taken", peer: null });
  }

  /** Writes that no peer waits for, when the disk has nothing better to do. */
  #keepHouse(): void {
    const snapshot = this.#snapshotToSave;
    if (!snapshot) return;
    this.#snapshotToSave = null;
    this.#issueWrite(this.#wal.saveSnapshot(snapshot), { ready: null, snapshot });
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

  // --- Answers -------------------------------------------------------------------------------------------------

  #onReadConfirmed(read: ReadState): void {
    const round = roundOf(this.#startTag, read.context);
    if (round !== null) this.#reads.confirmed(round, read.index);
  }

  #send(message: Message): void {
    if (message.kind === "snapshot") {
      this.#snapshotSentAtTick.set(message.to, this.#tick);
      this.#trace({ kind: "snapshot", index: message.snapshot!.meta.index, what: "sent", peer: message.to });
    }
    this.#outputs.push({ kind: "send", message });
  }

  #respondTo(pending: PendingRequest, answer: ClientResult | EtcdError): void {
    this.#sayTo(pending.requestId, answer);
  }

  #respond(requestId: number, answer: ClientResult | EtcdError): void {
    this.#pending.take(requestId);
    this.#sayTo(requestId, answer);
  }

  #sayTo(requestId: number, answer: ClientResult | EtcdError): void {
    const outcome = isEtcdError(answer) ? answer.message : "ok";
    this.#trace({ kind: "responded", requestId, outcome });
    const response: ClientResponse = isEtcdError(answer)
      ? answer
      : { kind: "ok", header: this.#header(answer), result: answer };
    this.#outputs.push({ kind: "respond", requestId, response });
  }

  #header(result: ClientResult): ResponseHeader {
    return {
      clusterId: this.#options.clusterId,
      memberId: this.id,
      revision: "revision" in result ? result.revision : this.#machine.kv.revision,
      raftTerm: this.#raft.term,
    };
  }

  #status(): ClientResult {
    return {
      kind: "status",
      version: ETCD_VERSION,
      dbSizeBytes: this.#machine.kv.sizeBytes,
      dbSizeInUseBytes: this.#machine.kv.sizeBytes,
      leader: this.#raft.leader,
      raftIndex: this.#raft.commit,
      raftAppliedIndex: this.#machine.applied,
      raftTerm: this.#raft.term,
      isLearner: this.#machine.members.get(this.id)?.isLearner ?? false,
      errors: this.#raft.leader === null ? [ETCD_ERRORS.noLeader.message] : [],
    };
  }

  #emitRoster(): void {
    const known = this.#machine.members.list();
    // Before its own log says anything, a member knows its peers only from how it was started.
    const members = (known.length > 0 ? known : this.#options.bootstrap.members)
      .filter((member) => member.id !== this.id)
      .map(({ id, peerUrls }) => ({ id, peerUrls }));
    const roster = JSON.stringify(members);
    if (roster === this.#lastRoster) return;
    this.#lastRoster = roster;
    this.#outputs.push({ kind: "roster", members });
  }

  #trace(event: TraceEvent): void {
    if (this.#options.trace) this.#outputs.push({ kind: "trace", event });
  }

  #takeOutputs(): readonly Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }

  /** Everything this member is, as plain data: with the same inputs, `restore` goes on exactly as it would have. */
  capture(): MemberState {
    return {
      raft: this.#raft.capture(),
      prng: this.#prng.state(),
      wal: this.#wal.capture(),
      machine: this.#machine.capture(),
      entryIdSuffix: this.#entryIds.capture(),
      pending: this.#pending.capture(),
      reads: this.#reads.capture(),
      heardAtTick: [...this.#heardAtTick],
      snapshotSentAtTick: [...this.#snapshotSentAtTick],
      tick: this.#tick,
      unproposed: [...this.#unproposed],
      inFlight: this.#inFlight,
      recovering: this.#recovering,
      nextWriteId: this.#nextWriteId,
      savedHardState: this.#savedHardState,
      hardStateToSave: this.#hardStateToSave,
      latestSnapshot: this.#latestSnapshot,
      snapshotToSave: this.#snapshotToSave,
      housekeeping: [...this.#housekeeping],
      published: this.#published,
      publishAgainAtTick: this.#publishAgainAtTick,
      removedAtTick: this.#removedAtTick,
      lastRoster: this.#lastRoster,
      written: this.#written,
      recovered: this.#recovered,
    };
  }

  /** @param options those of the captured member. */
  static restore(options: MemberOptions, state: MemberState): Member {
    const wal = WalWriter.restore(state.wal);
    const blank = { hardState: { term: 0, vote: null, commit: 0 }, entries: [], snapshot: null };
    const member = new Member(options, wal, blank, state.recovered);
    member.#prng = new Prng(state.prng);
    member.#raft = RaftNode.restore(member.#raftOptions(), state.raft, member.#raftHost());
    member.#machine = StateMachine.restore(state.machine);
    member.#entryIds = EntryIds.restore({ member: options.id, suffix: state.entryIdSuffix });
    member.#pending = PendingRequests.restore(state.pending);
    member.#reads = ReadQueue.restore(state.reads);
    member.#heardAtTick = new Map(state.heardAtTick);
    member.#snapshotSentAtTick = new Map(state.snapshotSentAtTick);
    member.#tick = state.tick;
    member.#unproposed = [...state.unproposed];
    member.#inFlight = state.inFlight;
    member.#recovering = state.recovering;
    member.#nextWriteId = state.nextWriteId;
    member.#savedHardState = state.savedHardState;
    member.#hardStateToSave = state.hardStateToSave;
    member.#latestSnapshot = state.latestSnapshot;
    member.#snapshotToSave = state.snapshotToSave;
    member.#housekeeping = [...state.housekeeping];
    member.#published = state.published;
    member.#publishAgainAtTick = state.publishAgainAtTick;
    member.#removedAtTick = state.removedAtTick;
    member.#lastRoster = state.lastRoster;
    member.#written = state.written;
    // What the blank member said while it was made is no part of the run.
    member.#outputs = [];
    return member;
  }

  /** A picture of this member now. Costs a walk over the newest entries; hashes of the keys are kept while equal. */
  view(): MemberView {
    return viewOf({
      options: this.#options,
      raft: this.#raft,
      machine: this.#machine,
      heardTicksAgo: (peer) => {
        const at = this.#heardAtTick.get(peer);
        return at === undefined ? null : this.#tick - at;
      },
      snapshotIndex: this.#latestSnapshot?.meta.index ?? 0,
      recovered: this.#recovered,
      written: this.#written,
      writeInFlight: this.#inFlight !== null,
    });
  }
}
