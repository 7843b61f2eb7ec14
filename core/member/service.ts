// The half of a member that clients speak to: requests come in, wait for the log or for the quorum's word, and are
// answered. What is replicated lives in `Consensus`; this half is gone with the process, and its clients know it.

import { assert } from "../base/assert.ts";
import { type AuthInfo, type Credentials, isAuthRequest } from "../auth/requests.ts";
import { ETCD_ERRORS, type EtcdError, isEtcdError, otherError } from "../base/etcd_error.ts";
import type { MemberId, Revision, Term } from "../base/ids.ts";
import { refusalOfDeleteRange, refusalOfPut, refusalOfRange, refusalOfTxnRequest } from "../kv/kv_checks.ts";
import {
  isSerializableTxn,
  type LeaseGrantRequest,
  type RangeRequest,
  type TxnRequest,
} from "../kv/requests.ts";
import type { ReadState } from "../raft/ready.ts";
import { encodeLogCommand, type LogRequest } from "../wire/request_codec.ts";
import type { Question, Talk, TalkAnswer } from "../wire/talk_codec.ts";
import { describeAlarm } from "./alarms.ts";
import { AskBook, type AskBookState } from "./ask_book.ts";
import { AuthDesk, type AuthDeskState, type HeldBack } from "./auth_desk.ts";
import { AutoCompactor, type AutoCompactorState } from "./auto_compactor.ts";
import type { MembershipChange } from "./cluster_members.ts";
import type { AppliedCommand, Consensus, ConsensusListener } from "./consensus.ts";
import { EntryIds } from "./entry_ids.ts";
import type {
  ClientRequest,
  ClientResponse,
  ClientResult,
  ResponseHeader,
  WatchCreate,
  WatchMessage,
} from "./io.ts";
import { LeaseKeeper, type LeaseKeeperState, leaseTtlMin } from "./lease_keeper.ts";
import { confChangeOf } from "./membership_entry.ts";
import { refusalOfMembershipChange } from "./membership_rules.ts";
import type { MemberOptions } from "./options.ts";
import type { Outbox } from "./outbox.ts";
import { type PendingRequest, PendingRequests } from "./pending_requests.ts";
import { ReadQueue, type ReadQueueState, roundContext, roundOf } from "./read_queue.ts";
import {
  isForLeader,
  isLeaseQuestion,
  isRead,
  type LeadersRequest,
  membershipChangeOf,
} from "./request_kinds.ts";
import { Space } from "./space.ts";
import { WatchDesk, type WatchDeskOptions, type WatchDeskState } from "./watch_desk.ts";

/** What `status` reports: the etcd release whose API is spoken. */
export const ETCD_VERSION = "3.4.23";
/** What a leader tells the cluster that all its members understand. */
export const CLUSTER_VERSION = "3.4.0";
/** A response may be this much larger than a request: etcd's grpcOverheadBytes. */
const RESPONSE_OVERHEAD_BYTES = 512 * 1024;

export interface ServiceState {
  readonly entryIdSuffix: number;
  readonly pending: readonly PendingRequest[];
  readonly reads: ReadQueueState;
  readonly asks: AskBookState;
  readonly leases: LeaseKeeperState;
  readonly watches: WatchDeskState;
  readonly auth: AuthDeskState;
  readonly compactor: AutoCompactorState;
  readonly fileBytes: number;
  readonly published: boolean;
  readonly publishAgainAtTick: number;
  readonly alarmAgainAtTick: number;
  readonly versionAgainAtTick: number;
}

/** A request and who asks it. */
type Asked = Pick<PendingRequest, "requestId" | "request" | "credentials">;

export class Service implements ConsensusListener {
  readonly #options: MemberOptions;
  readonly #outbox: Outbox;
  readonly #consensus: Consensus;
  /** Sets this start's reads apart from those of an earlier one, whose late answers would be too old. */
  readonly #startTag: string;
  readonly #entryIds: EntryIds;
  readonly #pending: PendingRequests;
  readonly #reads: ReadQueue;
  readonly #asks: AskBook;
  /** Requests to hand the lead on that wait until it has been: to whom. */
  readonly #moves: Map<number, MemberId>;
  readonly #leases: LeaseKeeper;
  readonly #watches: WatchDesk;
  readonly #auth: AuthDesk;
  readonly #compactor: AutoCompactor;
  readonly #space: Space;
  /** The log knows this member's name and client URLs. */
  #published = false;
  #publishAgainAtTick = 0;
  #alarmAgainAtTick = 0;
  #versionAgainAtTick = 0;

  /** @param from of an earlier `capture`, to go on from. */
  constructor(options: MemberOptions, outbox: Outbox, consensus: Consensus, from?: ServiceState) {
    const { id, startId, timing, autoCompaction } = options;
    const { kv } = consensus.machine;
    this.#options = options;
    this.#outbox = outbox;
    this.#consensus = consensus;
    this.#startTag = `${id}/${startId}`;
    this.#entryIds = from
      ? EntryIds.restore({ member: id, suffix: from.entryIdSuffix })
      : new EntryIds(id, startId);
    this.#pending = PendingRequests.restore(from?.pending ?? []);
    this.#moves = new Map(
      (from?.pending ?? []).flatMap(({ requestId, request }) =>
        request.kind === "moveLeader" ? [[requestId, request.target] as const] : []
      ),
    );
    this.#reads = from ? ReadQueue.restore(from.reads) : new ReadQueue();
    this.#asks = from ? AskBook.restore(options, from.asks) : new AskBook(options);
    this.#leases = from ? LeaseKeeper.restore(timing, from.leases) : new LeaseKeeper(timing);
    const say = this.#sayTo.bind(this);
    this.#watches = from
      ? WatchDesk.restore(this.#watchOptions(), from.watches, say)
      : new WatchDesk(this.#watchOptions(), kv.revision, say);
    this.#auth = new AuthDesk(options, consensus.raft.lastIndex, from?.auth);
    this.#compactor = new AutoCompactor(autoCompaction, timing.tickMs, from?.compactor);
    this.#space = new Space(from?.fileBytes ?? kv.sizeBytes);
    if (!from) return;
    this.#published = from.published;
    this.#publishAgainAtTick = from.publishAgainAtTick;
    this.#alarmAgainAtTick = from.alarmAgainAtTick;
    this.#versionAgainAtTick = from.versionAgainAtTick;
  }

  capture(): ServiceState {
    return {
      entryIdSuffix: this.#entryIds.capture(),
      pending: this.#pending.capture(),
      reads: this.#reads.capture(),
      asks: this.#asks.capture(),
      leases: this.#leases.capture(),
      watches: this.#watches.capture(),
      auth: this.#auth.capture(),
      compactor: this.#compactor.capture(),
      fileBytes: this.#space.fileBytes,
      published: this.#published,
      publishAgainAtTick: this.#publishAgainAtTick,
      alarmAgainAtTick: this.#alarmAgainAtTick,
      versionAgainAtTick: this.#versionAgainAtTick,
    };
  }

  // --- Inputs --------------------------------------------------------------------------------------------------

  tick(): void {
    const { ticks, machine, raft } = this.#consensus;
    this.#reads.tick(this.#options.timing.electionTicks);
    for (const { requestId, entryId } of this.#pending.takeExpired(ticks)) {
      if (entryId !== null) this.#consensus.withdraw(entryId);
      this.#asks.remove(requestId);
      const isMove = this.#moves.delete(requestId);
      this.#sayTo(requestId, isMove ? ETCD_ERRORS.timeoutLeaderTransfer : ETCD_ERRORS.timeout, true);
    }
    for (const { requestId, said } of this.#auth.takeExpired(ticks)) {
      if (said.kind === "say") this.#take(requestId, said.message);
      else this.#sayTo(requestId, ETCD_ERRORS.invalidAuthToken, true);
    }
    this.#auth.tick(ticks);
    if (!this.#consensus.leads) this.#leases.demote();
    this.#askAgain();
    this.#watches.tick(raft.leader !== null, machine.kv);
    if (this.#consensus.recovering) return;
    this.#publish();
    if (this.#leases.leads) this.#expireLeases();
    this.#compactByItself();
    this.#sayClusterVersion();
  }

  request(requestId: number, request: ClientRequest, credentials: Credentials | null): void {
    this.#outbox.trace({ kind: "requested", requestId, what: request.kind });
    if (request.kind === "watch") return this.#openStream(requestId, request.requireLeader, credentials);
    if (this.#holdBack(requestId, { kind: "request", request }, credentials)) return;
    const answer = this.#answerNow(request, credentials);
    if (answer) return this.#respond(requestId, answer);
    const asked = { requestId, request, credentials };
    if (isForLeader(request) && !this.#consensus.leads) {
      this.#await(asked, null);
      this.#asks.add(requestId);
      return this.#ask(requestId, request);
    }
    if (isRead(request) || isLeaseQuestion(request) || request.kind === "passwordOf") {
      this.#await(asked, null);
      return this.#reads.add(requestId);
    }
    if (request.kind === "moveLeader") {
      this.#moves.set(requestId, request.target);
      return this.#await(asked, null);
    }
    const entryId = this.#entryIds.next();
    const trouble = this.#enqueue(asked, entryId);
    if (trouble) return this.#respond(requestId, trouble);
    this.#await(asked, entryId);
  }

  say(requestId: number, message: WatchMessage): void {
    const credentials = this.#watches.credentialsOf(requestId);
    if (!this.#holdBack(requestId, { kind: "say", message }, credentials)) this.#take(requestId, message);
  }

  taken(requestId: number, count: number): void {
    this.#watches.taken(requestId, count);
  }

  cancel(requestId: number): void {
    const entryId = this.#pending.take(requestId)?.entryId ?? null;
    if (entryId !== null) this.#consensus.withdraw(entryId);
    this.#asks.remove(requestId);
    this.#moves.delete(requestId);
    this.#auth.cancel(requestId);
    this.#watches.close(requestId);
  }

  talk(talk: Talk): void {
    if (this.#consensus.machine.members.isRemoved(talk.from)) return;
    if (talk.kind === "ask") this.#onAsked(talk);
    else this.#onTold(talk);
  }

  /** To be called between proposing and advancing: rides the same messages as what was proposed. */
  askForReads(): void {
    const round = this.#reads.startRound();
    if (round === null) return;
    const outcome = this.#consensus.raft.requestRead(roundContext(this.#startTag, round));
    if (outcome.kind === "dropped") this.#reads.postponeRound();
  }

  /** To be called at the end of a step: answers what has become answerable. */
  serve(): void {
    for (const { requestId, said, credentials } of this.#auth.takeReady(this.#consensus.machine.applied)) {
      if (said.kind === "say") this.#take(requestId, said.message);
      else this.request(requestId, said.request, credentials);
    }
    for (const requestId of this.#reads.takeServable(this.#consensus.machine.applied)) {
      const pending = this.#pending.get(requestId);
      if (pending) this.#serveRead(pending);
    }
    for (const [requestId, target] of this.#moves) {
      if (this.#consensus.raft.leader !== target) continue;
      this.#moves.delete(requestId);
      this.#respond(requestId, { kind: "done" });
    }
    this.#watches.serve(this.#consensus.machine.kv);
  }

  // --- What consensus says -------------------------------------------------------------------------------------

  onApplied(command: AppliedCommand): void {
    const { entryId, request, answer, events } = command;
    const { machine, ticks } = this.#consensus;
    this.#auth.onApplied(command, ticks);
    this.#watches.hear(machine.kv.revision, events);
    this.#space.note(machine.kv.sizeBytes);
    if (request.kind === "leaseGrant" && !isEtcdError(answer)) {
      this.#leases.granted(machine.kv.lease(request.id)!, ticks);
    }
    // One that its user may not revoke is still there.
    if (request.kind === "leaseRevoke" && machine.kv.lease(request.id) === null) {
      this.#leases.revoked(request.id);
    }
    const pending = this.#pending.takeByEntryId(entryId);
    if (pending) this.#sayTo(pending.requestId, answer, true);
  }

  onMembershipApplied(entryId: string, answer: ClientResult | EtcdError): void {
    const pending = this.#pending.takeByEntryId(entryId);
    if (pending) this.#sayTo(pending.requestId, answer, true);
  }

  onTermBegun(term: Term): void {
    const { raft, leads, machine, ticks } = this.#consensus;
    if (leads && raft.term === term) this.#leases.promote(machine.kv.leases(), ticks);
  }

  onReadConfirmed(read: ReadState): void {
    const round = roundOf(this.#startTag, read.context);
    if (round !== null) this.#reads.confirmed(round, read.index);
  }

  onStateReplaced(): void {
    const { kv } = this.#consensus.machine;
    this.#watches.storeReplaced(kv);
    this.#space.note(kv.sizeBytes);
  }

  // --- Requests ------------------------------------------------------------------------------------------------

  #await(asked: Asked, entryId: string | null): void {
    const { revision } = this.#consensus.machine.kv;
    this.#pending.add({ ...asked, revision, deadlineTick: this.#deadlineTick(), entryId });
  }

  #deadlineTick(): number {
    return this.#consensus.ticks + this.#options.timing.requestTimeoutTicks;
  }

  /** True when what was said waits until this member knows the token it was said with. */
  #holdBack(requestId: number, said: HeldBack["said"], credentials: Credentials | null): boolean {
    const held = { requestId, said, deadlineTick: this.#deadlineTick() };
    return this.#auth.holdBack(held, credentials, this.#consensus.machine.applied);
  }

  #whoIs(credentials: Credentials | null): AuthInfo | EtcdError {
    return this.#auth.whoIs(credentials, this.#consensus.machine, this.#consensus.ticks);
  }

  #refusalOfAdmin(credentials: Credentials | null): EtcdError | null {
    const who = this.#whoIs(credentials);
    return "kind" in who ? who : this.#consensus.machine.auth.refusalOfAdmin(who);
  }

  /** The Maintenance service says the same in the words of etcd's inside, without a code. */
  #refusalOfUpkeep(credentials: Credentials | null): EtcdError | null {
    const refusal = this.#refusalOfAdmin(credentials);
    return refusal && otherError(wordsInside(refusal));
  }

  /** What can be said without asking the cluster: refusals, and everything this member answers by itself. */
  #answerNow(
    request: Exclude<ClientRequest, { kind: "watch" }>,
    credentials: Credentials | null,
  ): ClientResult | EtcdError | null {
    const { machine, raft } = this.#consensus;
    switch (request.kind) {
      case "range":
        return refusalOfRange(request) ?? (request.serializable ? this.#read(request, credentials) : null);
      case "put":
        return refusalOfPut(request) ?? this.#refusalOfSpace(request);
      case "deleteRange":
        return refusalOfDeleteRange(request);
      case "txn": {
        const refusal = refusalOfTxnRequest(request, this.#options.maxTxnOps);
        if (refusal) return refusal;
        if (isRead(request)) return isSerializableTxn(request) ? this.#read(request, credentials) : null;
        return this.#refusalOfSpace(request);
      }
      case "leaseGrant":
        return this.#refusalOfSpace(request);
      case "leaseLeases":
        return { kind: "leaseLeases", ids: this.#leaseIds() };
      case "compact":
      case "leaseRevoke":
      case "leaseKeepAlive":
      case "leaseTimeToLive":
      case "alarm":
      case "passwordOf":
        // Only the log, or the leader, knows.
        return null;
      case "mayAdminister":
        return this.#refusalOfUpkeep(credentials) ?? { kind: "done" };
      case "defragment": {
        const refusal = this.#refusalOfUpkeep(credentials);
        if (refusal) return refusal;
        this.#space.defragment(machine.kv.sizeBytes);
        return { kind: "done" };
      }
      case "memberList":
        return { kind: "members", members: machine.members.list(), changed: null };
      case "status":
        return this.#status();
      case "hash":
        return this.#refusalOfUpkeep(credentials) ?? { kind: "hash", hash: machine.kv.hash() };
      case "hashKv": {
        const answer = this.#refusalOfUpkeep(credentials) ?? machine.kv.hashKv(request.revision);
        return isEtcdError(answer) ? answer : { ...answer, kind: "hashKv" };
      }
      case "moveLeader":
        return this.#moveLeader(request.target);
      case "campaign":
        raft.campaign();
        return { kind: "done" };
      case "pinElection":
        raft.pinElectionDeadline(request.deadlineTicks);
        return { kind: "done" };
      case "memberPromote":
        return this.#refusalOfAdmin(credentials) ??
          (this.#consensus.leads ? this.#refusalOf(membershipChangeOf(request)!) : null);
      case "memberAdd":
      case "memberRemove":
      case "memberUpdate":
        return this.#refusalOfAdmin(credentials) ?? this.#refusalOf(membershipChangeOf(request)!);
      default:
        assert(isAuthRequest(request), () => `a request of kind ${request.kind}`);
        return null;
    }
  }

  /** Puts a request into Raft's hands, or says at once why that cannot be. */
  #enqueue({ request, credentials }: Asked, entryId: string): EtcdError | null {
    const change = membershipChangeOf(request);
    if (change) {
      return this.#consensus.proposeConfChange(confChangeOf(change, entryId)) ? null : ETCD_ERRORS.noLeader;
    }
    const logged = request.kind === "leaseGrant" ? this.#completeGrant(request) : request as LogRequest;
    const who = this.#whoIs(credentials);
    if ("kind" in who) return who;
    const payload = encodeLogCommand(entryId, logged, who);
    if (payload.length > this.#options.maxRequestBytes) return ETCD_ERRORS.requestTooLarge;
    return this.#consensus.enqueue({ entryId, payload }) ? null : ETCD_ERRORS.tooManyRequests;
  }

  /** Proposes something of this member's own; it may be lost, so whoever calls this looks again later. */
  #propose(request: LogRequest): void {
    const entryId = this.#entryIds.next();
    const who = this.#whoIs({ kind: "member" });
    assert(!("kind" in who), "a member knows itself");
    this.#consensus.enqueue({ entryId, payload: encodeLogCommand(entryId, request, who) });
  }

  #refusalOf(change: MembershipChange): EtcdError | null {
    const { machine, raft, leads } = this.#consensus;
    return refusalOfMembershipChange(change, {
      self: this.#options.id,
      members: machine.members,
      strict: this.#options.strictReconfigCheck,
      leads,
      lastIndex: raft.lastIndex,
      matchOf: (id) => raft.status().progress.get(id)?.match ?? 0,
      hears: (id) =>
        (this.#consensus.heardTicksAgo(id) ?? Infinity) <= 2 * this.#options.timing.electionTicks,
    });
  }

  #moveLeader(target: MemberId): ClientResult | EtcdError | null {
    const { raft, machine, leads } = this.#consensus;
    if (!leads) return ETCD_ERRORS.notLeader;
    const member = machine.members.get(target);
    if (!member || member.isLearner) return ETCD_ERRORS.badLeaderTransferee;
    if (target === this.#options.id) return { kind: "done" };
    raft.transferLeadership(target);
    // Done when the target leads, as far as this member knows. (etcd's MoveLeader)
    return null;
  }

  #serveRead(pending: PendingRequest): void {
    const { requestId, request, credentials } = pending;
    if (isRead(request)) return this.#respond(requestId, this.#read(request, credentials));
    if (request.kind === "passwordOf") {
      return this.#respond(requestId, this.#consensus.machine.auth.passwordOf(request.name));
    }
    if (!isLeaseQuestion(request)) return;
    // The quorum has confirmed a leader, perhaps another one by now: then it is that one's clock that counts.
    if (this.#consensus.leads && this.#leases.leads) {
      return this.#respond(requestId, this.#askClock(request, pending.revision));
    }
    this.#asks.add(requestId);
    this.#ask(requestId, request);
  }

  #read(request: RangeRequest | TxnRequest, credentials: Credentials | null): ClientResult | EtcdError {
    const { machine } = this.#consensus;
    const { kv } = machine;
    const who = this.#whoIs(credentials);
    const refusal = "kind" in who ? who : machine.refusalOfKeys(request, who);
    if (refusal) return refusal;
    return request.kind === "range" ? kv.range(request) : kv.readTxn(request);
  }

  // --- Space ---------------------------------------------------------------------------------------------------

  /** A member without room says so to the cluster; from then on every member refuses. (etcd's quotaAlarmer) */
  #refusalOfSpace(request: ClientRequest): EtcdError | null {
    if (this.#space.hasRoomFor(request, this.#options.quotaBackendBytes)) return null;
    const { machine, ticks } = this.#consensus;
    if (!machine.alarms.has("noSpace") && ticks >= this.#alarmAgainAtTick) {
      this.#alarmAgainAtTick = ticks + this.#options.timing.electionTicks;
      this.#propose({ kind: "alarm", action: "activate", member: this.#options.id, alarm: "noSpace" });
    }
    return ETCD_ERRORS.noSpace;
  }

  #status(): ClientResult {
    const { raft, machine } = this.#consensus;
    const errors = raft.leader === null ? [ETCD_ERRORS.noLeader.message] : [];
    return {
      kind: "status",
      version: ETCD_VERSION,
      dbSizeBytes: this.#space.fileBytes,
      dbSizeInUseBytes: machine.kv.sizeBytes,
      leader: raft.leader,
      raftIndex: raft.commit,
      raftAppliedIndex: machine.applied,
      raftTerm: raft.term,
      isLearner: machine.members.get(this.#options.id)?.isLearner ?? false,
      errors: [...errors, ...machine.alarms.list("none").map(describeAlarm)],
      clusterVersion: machine.clusterVersion,
    };
  }

  // --- Leases --------------------------------------------------------------------------------------------------

  /** The log is told what was granted in the end, so that members with other clocks agree. */
  #completeGrant({ id, ttl }: LeaseGrantRequest): LeaseGrantRequest {
    const chosen = id === "" || /^0+$/.test(id) ? positive(this.#entryIds.next()) : id;
    return { kind: "leaseGrant", id: chosen, ttl: Math.max(ttl, leaseTtlMin(this.#options.timing)) };
  }

  /** What is over is proposed for revocation; it is gone when the log says so, on all members at once. */
  #expireLeases(): void {
    for (const id of this.#leases.takeDue(this.#consensus.ticks)) this.#propose({ kind: "leaseRevoke", id });
  }

  /** As etcd lists them: those that end first come first, where the time is known. */
  #leaseIds(): readonly string[] {
    const { machine, ticks } = this.#consensus;
    const ids = machine.kv.leases().map(({ id }) => id);
    if (!this.#leases.leads) return ids;
    const left = new Map(ids.map((id) => [id, this.#leases.secondsLeft(id, ticks)]));
    return ids.sort((a, b) => left.get(a)! - left.get(b)!);
  }

  #askClock(
    request: Exclude<LeadersRequest, { kind: "memberPromote" }>,
    revision: Revision,
  ): ClientResult {
    const { machine, ticks } = this.#consensus;
    const { id } = request;
    const lease = machine.kv.lease(id);
    if (request.kind === "leaseKeepAlive") {
      const ttl = lease && this.#leases.renew(lease, ticks) ? lease.grantedTtl : 0;
      return { kind: "leaseKeepAlive", revision, id, ttl };
    }
    const ttl = this.#leases.secondsLeft(id, ticks);
    if (!lease || ttl < 0) return { kind: "leaseTimeToLive", id, ttl: -1, grantedTtl: 0, keys: [] };
    const keys = request.keys ? machine.kv.leaseKeys(id) : [];
    return { kind: "leaseTimeToLive", id, ttl, grantedTtl: lease.grantedTtl, keys };
  }

  // --- Asking another member -----------------------------------------------------------------------------------

  #ask(requestId: number, request: LeadersRequest): void {
    const { raft, ticks } = this.#consensus;
    if (raft.leader === null || raft.leader === this.#options.id) return;
    const ends = this.#asks.asked(requestId, raft.leader, ticks);
    this.#outbox.push({ kind: "talk", talk: { ...ends, kind: "ask", question: questionOf(request) } });
  }

  #askAgain(): void {
    const { raft, ticks, leads } = this.#consensus;
    for (const requestId of this.#asks.overdue(ticks - this.#options.timing.electionTicks, raft.leader)) {
      // A promotion that was asked for may have happened: asked again, it would be refused for that very reason.
      if (this.#pending.get(requestId)?.request.kind !== "memberPromote") this.#asks.unask(requestId);
    }
    for (const requestId of this.#asks.unasked()) {
      const request = this.#pending.get(requestId)?.request;
      if (!request || !isForLeader(request)) this.#asks.remove(requestId);
      else if (!leads) this.#ask(requestId, request);
      else {
        this.#asks.remove(requestId);
        const credentials = this.#pending.take(requestId)?.credentials ?? null;
        this.request(requestId, request, credentials);
      }
    }
  }

  #onAsked(talk: Talk & { kind: "ask" }): void {
    const number = this.#asks.take(talk);
    if (number === null) return;
    // Whoever asks has looked at its client's permissions.
    if (this.#consensus.leads) this.request(number, talk.question, { kind: "member" });
    else this.#sayTo(number, ETCD_ERRORS.notLeader, true);
  }

  #onTold(talk: Talk & { kind: "tell" }): void {
    if (!this.#asks.awaits(talk)) return;
    const { answer, askId } = talk;
    if (isEtcdError(answer) && answer.message === ETCD_ERRORS.notLeader.message) {
      return this.#asks.unask(askId);
    }
    this.#asks.remove(askId);
    const revision = this.#pending.get(askId)?.revision ?? 0;
    this.#respond(askId, answer.kind === "leaseKeepAlive" ? { ...answer, revision } : answer);
  }

  // --- Watches -------------------------------------------------------------------------------------------------

  #openStream(requestId: number, requireLeader: boolean, credentials: Credentials | null): void {
    if (requireLeader && this.#consensus.raft.leader === null) {
      return this.#sayTo(requestId, ETCD_ERRORS.noLeader, true);
    }
    this.#watches.open(requestId, requireLeader, credentials);
  }

  #take(requestId: number, message: WatchMessage): void {
    const { kv } = this.#consensus.machine;
    const refusal = message.kind === "create" ? this.#refusalOfWatch(requestId, message.create) : null;
    if (refusal) this.#watches.refuse(requestId, refusal, kv);
    else this.#watches.take(requestId, message, kv);
  }

  #refusalOfWatch(requestId: number, { key, rangeEnd }: WatchCreate): EtcdError | null {
    const who = this.#whoIs(this.#watches.credentialsOf(requestId));
    if ("kind" in who) return who;
    return this.#consensus.machine.auth.refusalOfRead(who, key, rangeEnd);
  }

  #watchOptions(): WatchDeskOptions {
    const { timing, watchProgressMs, maxRequestBytes } = this.#options;
    return {
      electionTicks: timing.electionTicks,
      progressTicks: Math.max(1, Math.ceil(watchProgressMs / timing.tickMs)),
      fragmentBytes: maxRequestBytes + RESPONSE_OVERHEAD_BYTES,
    };
  }

  // --- What a member says by itself ----------------------------------------------------------------------------

  /** Tells the cluster this member's name and client URLs, until the log says that it knows. (etcd's publish) */
  #publish(): void {
    const { raft, machine, ticks } = this.#consensus;
    if (this.#published || raft.leader === null) return;
    const { id, name, clientUrls } = this.#options;
    const known = machine.members.get(id);
    if (!known) return;
    this.#published = known.name === name && known.clientUrls.join() === clientUrls.join();
    if (this.#published || ticks < this.#publishAgainAtTick) return;
    this.#publishAgainAtTick = ticks + this.#options.timing.electionTicks;
    this.#propose({ kind: "publish", member: id, name, clientUrls });
  }

  #compactByItself(): void {
    const { machine } = this.#consensus;
    const revision = this.#compactor.tick(machine.kv.revision, this.#leases.leads);
    if (revision === null || revision <= machine.kv.compactRevision) return;
    this.#propose({ kind: "compact", revision, physical: false });
  }

  #sayClusterVersion(): void {
    const { machine, ticks } = this.#consensus;
    if (!this.#leases.leads || machine.clusterVersion !== null || ticks < this.#versionAgainAtTick) return;
    this.#versionAgainAtTick = ticks + this.#options.timing.electionTicks;
    this.#propose({ kind: "clusterVersion", version: CLUSTER_VERSION });
  }

  // --- Answers -------------------------------------------------------------------------------------------------

  #respond(requestId: number, answer: ClientResult | EtcdError): void {
    this.#pending.take(requestId);
    this.#sayTo(requestId, answer, true);
  }

  #sayTo(requestId: number, answer: ClientResult | EtcdError, last: boolean): void {
    const outcome = isEtcdError(answer) ? answer.message : "ok";
    this.#outbox.trace({ kind: "responded", requestId, outcome });
    const asker = this.#asks.answered(requestId);
    if (asker) {
      // Only questions are asked from outside, and their results are of the kinds that can be told.
      this.#outbox.push({ kind: "talk", talk: { ...asker, kind: "tell", answer: answer as TalkAnswer } });
      return;
    }
    const response: ClientResponse = isEtcdError(answer)
      ? answer
      : { kind: "ok", header: this.#header(answer), result: answer };
    this.#outbox.push({ kind: "respond", requestId, response, last });
  }

  #header(result: ClientResult): ResponseHeader {
    const { raft, machine } = this.#consensus;
    return {
      clusterId: this.#options.clusterId,
      memberId: this.#options.id,
      revision: "revision" in result ? result.revision : machine.kv.revision,
      raftTerm: raft.term,
    };
  }
}

function questionOf(request: LeadersRequest): Question {
  return request;
}

function wordsInside({ message }: EtcdError): string {
  if (message === ETCD_ERRORS.userNotFound.message) return "auth: user not found";
  return message.replace(/^etcdserver:/, "auth:");
}

/** etcd chooses ids that are positive as signed numbers. */
function positive(id: string): string {
  return (Number.parseInt(id[0]!, 16) & 7).toString(16) + id.slice(1);
}
