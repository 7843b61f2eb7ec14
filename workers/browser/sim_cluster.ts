/// <reference lib="dom" />
// A replayable run behind the same face as a live cluster: the simulator's members, driven by the page's clock. What
// is done to it becomes part of the run, so that a link or a file can tell all of it.

import { assert, unreachable } from "../../core/base/assert.ts";
import { fromUtf8, utf8 } from "../../core/base/bytes.ts";
import type { DiskImage } from "../../core/base/disk.ts";
import type { MemberId } from "../../core/base/ids.ts";
import { deleteRangeRequest, putRequest, rangeRequest } from "../../core/kv/requests.ts";
import type { ClientRequest, ClientResponse, ClientResult, WatchCreate } from "../../core/member/io.ts";
import type { SimMemberState } from "../../core/sim/cluster_sim.ts";
import {
  type RunAction,
  type RunListener,
  SimRun,
  type StoryEvent,
  type TimedAction,
} from "../../core/timeline/run.ts";
import { decodeMessage } from "../../core/wire/peer_codec.ts";
import { demandDelay, leaderRequest, type Operation } from "./operations.ts";
import type {
  Cluster,
  ClusterEvent,
  ClusterFrame,
  ClusterPlan,
  Flight,
  HostedMember,
  HostedState,
  KeyAnswer,
  LinkCut,
  PastSpan,
} from "./cluster_api.ts";
import { EVENT_COUNT_MAX, keepByTime } from "./happenings.ts";
import { eventsUntil } from "./live_memory.ts";
import { summarize } from "./message_summary.ts";
import { LeadingClock } from "./virtual_clock.ts";

/** Virtual milliseconds that one animation frame may take in: a slow machine falls behind instead of standing still. */
const FRAME_MS_MAX = 120;
/** A stopped flight is shown for as long as it would have flown. */
const STOPPED_MS = 12;

interface Sent {
  readonly atMs: number;
  readonly number: number;
}

/** Somebody who waits for something in the run while the page lets time pass. */
interface Sentry {
  readonly done: (() => boolean) | null;
  readonly untilMs: number;
  readonly resolve: (came: boolean) => void;
}

interface Waiting {
  readonly resolve: (response: ClientResponse) => void;
}

export class SimCluster implements Cluster {
  readonly kind = "run";
  #run: SimRun;
  #clock: LeadingClock;
  readonly #subscribers = new Set<(frame: ClusterFrame) => void>();
  readonly #archive: ClusterEvent[] = [];
  #events: ClusterEvent[] = [];
  #sent = new WeakMap<Uint8Array, Sent>();
  #sentCount = 0;
  #stopped: Flight[] = [];
  readonly #waiting = new Map<number, Waiting>();
  readonly #watching = new Map<number, (response: ClientResponse, last: boolean) => void>();
  #lastView = new Map<MemberId, Pick<HostedMember, "view" | "viewAtMs">>();
  #frame: ClusterFrame | null = null;
  #isClosed = false;
  #sentry: Sentry | null = null;
  readonly #listener: RunListener = {
    onEvent: (event) => this.#keep(eventOf(event, (id) => this.#run?.sim.member(id).info.name ?? id)),
    onSend: (from, to, frame, atMs) => this.#onSend(from, to, frame, atMs),
    onResponse: (requestId, response, last) => this.#onResponse(requestId, response, last),
  };

  /**
   * @param begin makes the run with the listener it is given.
   * @param before what happened before it began: the story of the run that it branched from.
   */
  constructor(
    begin: (listener: RunListener) => SimRun,
    before: Iterable<ClusterEvent> = [],
  ) {
    for (const event of before) this.#keep(event);
    this.#run = begin(this.#listener);
    this.#clock = this.#newClock(1 / 80);
    requestAnimationFrame(this.#onAnimationFrame);
  }

  /** A cluster for a run that stands somewhere already: its story so far is remembered, and what lies ahead comes. */
  static of(run: SimRun): SimCluster {
    const nameOf = (id: MemberId) => run.sim.member(id).info.name;
    return new SimCluster(
      (listener) => run.copy(listener),
      run.story.map((event) => eventOf(event, nameOf)),
    );
  }

  get frame(): ClusterFrame {
    return this.#frame ??= this.#paint(this.#run, this.#events, this.#clock.record);
  }

  now(): number {
    // The picture never runs ahead of the members, however slow the machine.
    return Math.min(this.#clock.now(), this.#run.nowMs + 1);
  }

  subscribe(onFrame: (frame: ClusterFrame) => void): () => void {
    this.#subscribers.add(onFrame);
    return () => this.#subscribers.delete(onFrame);
  }

  /**
   * Waits, while the clock runs, until something holds; looks after every millisecond, and when it holds time goes no
   * further before whoever waits has had a turn. One may wait at a time: another's wait ends at once.
   * @param done null: for time alone.
   * @returns false when `limitMs` of virtual time passed first, or the wait was ended.
   */
  waitFor(done: (() => boolean) | null, limitMs: number): Promise<boolean> {
    this.endWait();
    if (done?.()) return Promise.resolve(true);
    return new Promise((resolve) => this.#sentry = { done, untilMs: this.#run.nowMs + limitMs, resolve });
  }

  /** Whoever waits goes on in vain. */
  endWait(): void {
    this.#sentry?.resolve(false);
    this.#sentry = null;
  }

  /** The run was taken further by somebody else: the clock goes on from there. */
  caughtUp(): void {
    const { paused } = this.#clock.record;
    this.#clock = this.#newClock(this.#clock.record.scale);
    if (paused) this.#clock.pause(null);
    this.#changed();
  }

  close(): void {
    this.endWait();
    this.#isClosed = true;
    this.#subscribers.clear();
  }

  get span(): PastSpan {
    return { fromMs: this.#archive[0]?.atMs ?? this.#run.fromMs, toMs: this.#run.nowMs };
  }

  get archive(): readonly ClusterEvent[] {
    return this.#archive;
  }

  get actions(): readonly TimedAction[] {
    return this.#run.actions;
  }

  frameAt(ms: number): Promise<ClusterFrame> {
    if (ms < this.#run.fromMs) {
      return Promise.reject(new Error("that was before this branch: look there in the run that it left"));
    }
    const past = this.#run.at(Math.floor(ms));
    const record = { ...this.#clock.record, virtualOriginMs: ms, paused: true, pausedBecause: null };
    const frame = this.#paint(past, eventsUntil(this.#archive, ms), record);
    return Promise.resolve({ ...frame, past: { atMs: ms, agrees: true } });
  }

  branchAt(ms: number): Promise<SimRun> {
    return Promise.resolve(this.#run.at(Math.floor(ms)).branch());
  }

  // --- Verbs ---------------------------------------------------------------------------------------------------

  async crash(name: string): Promise<void> {
    this.#act({ kind: "crash", member: this.#id(name) });
  }

  async restart(name: string): Promise<void> {
    this.#act({ kind: "restart", member: this.#id(name) });
  }

  async pause(name: string): Promise<void> {
    this.#act({ kind: "pause", member: this.#id(name) });
  }

  async resume(name: string): Promise<void> {
    this.#act({ kind: "resume", member: this.#id(name) });
  }

  async elect(name: string): Promise<void> {
    this.#act({ kind: "elect", member: this.#id(name) });
  }

  async cut(a: string, b: string, oneWay = false): Promise<void> {
    const [from, to] = this.#ends(a, b);
    this.#act(oneWay ? { kind: "cut", from, to } : { kind: "cutBoth", a: from, b: to });
  }

  async mend(a: string, b: string, oneWay = false): Promise<void> {
    const [from, to] = this.#ends(a, b);
    this.#act(oneWay ? { kind: "mend", from, to } : { kind: "mendBoth", a: from, b: to });
  }

  async heal(): Promise<void> {
    this.#act({ kind: "heal" });
  }

  async operate(operation: Operation): Promise<void> {
    const member = this.#id(operation.name);
    switch (operation.kind) {
      case "slowDisk":
        demandDelay(operation.delayMs);
        // The simulator sets a disk's delay, so that of a sound one has to be said.
        return this.#act({
          kind: "slowDisk",
          member,
          delayMs: operation.delayMs || this.#run.sim.plan.diskDelayMsMax,
        });
      case "fillDisk":
      case "freeDisk":
        return this.#act({ kind: operation.kind, member });
      default: {
        const leader = this.#run.sim.leader();
        if (leader === null) throw new Error("nobody leads, so nobody can do that");
        const name = this.#run.sim.member(leader).info.name;
        await this.#ask(name, leaderRequest(operation.kind, member));
      }
    }
  }

  async put(key: string, value: string, at?: string): Promise<{ revision: number }> {
    const result = await this.#ask(at, putRequest({ key: utf8(key), value: utf8(value) }));
    assert(result.kind === "put", () => `a put was answered as ${result.kind}`);
    return { revision: result.revision };
  }

  async get(key: string, options: { at?: string; serializable?: boolean } = {}): Promise<KeyAnswer | null> {
    const { at, serializable = false } = options;
    const result = await this.#ask(at, rangeRequest({ key: utf8(key), serializable }));
    assert(result.kind === "range", () => `a get was answered as ${result.kind}`);
    const found = result.kvs[0];
    if (found === undefined) return null;
    const { modRevision, version } = found;
    return { key: fromUtf8(found.key), value: fromUtf8(found.value), modRevision, version };
  }

  async del(key: string, at?: string): Promise<{ deleted: number; revision: number }> {
    const result = await this.#ask(at, deleteRangeRequest({ key: utf8(key) }));
    assert(result.kind === "deleteRange", () => `a deletion was answered as ${result.kind}`);
    return { deleted: result.deleted, revision: result.revision };
  }

  request(at: string | null, request: ClientRequest): Promise<ClientResponse> {
    const member = at === null ? this.#anyone() : this.#id(at);
    const { promise, resolve } = Promise.withResolvers<ClientResponse>();
    const requestId = this.#run.nextRequestId;
    this.#waiting.set(requestId, { resolve });
    this.#act({ kind: "request", member, request });
    return promise;
  }

  watch(
    at: string | null,
    create: WatchCreate,
    onResponse: (response: ClientResponse) => void,
    onEnd: (why: string) => void,
  ): () => void {
    const member = at === null ? this.#anyone() : this.#id(at);
    const requestId = this.#run.nextRequestId;
    this.#watching.set(requestId, (response, last) => {
      onResponse(response);
      if (last && this.#watching.delete(requestId)) onEnd("the watch ended");
    });
    this.#act({ kind: "watch", member, create });
    return () => {
      if (this.#watching.delete(requestId)) this.#act({ kind: "cancel", member, requestId });
    };
  }

  async diskImage(name: string): Promise<DiskImage> {
    return this.#run.sim.member(this.#id(name)).disk.image();
  }

  speed(scale: number): void {
    if (!(scale > 0)) throw new Error(`a speed is a number above 0, such as 1/80; ${scale} is none`);
    this.#clock.setScale(scale);
    this.#changed();
  }

  pauseClock(): void {
    this.#clock.pause(null);
    this.#changed();
  }

  resumeClock(): void {
    if (this.#run.violation !== null) return;
    this.#clock.resume();
    this.#changed();
  }

  /** Another run of another plan, in place of this one. */
  async startOver(plan: ClusterPlan): Promise<void> {
    this.#archive.length = 0;
    this.#events = [];
    this.#stopped = [];
    this.#lastView.clear();
    this.#run = new SimRun({ plan }, this.#listener);
    this.#clock = this.#newClock(this.#clock.record.scale);
    this.#changed();
  }

  // --- Time ----------------------------------------------------------------------------------------------------

  readonly #onAnimationFrame = (): void => {
    if (this.#isClosed) return;
    requestAnimationFrame(this.#onAnimationFrame);
    const before = this.#run.eventNumber;
    this.#clock.frame();
    if (!this.#clock.record.paused) {
      const behindMs = Math.floor(this.#clock.now()) - this.#run.nowMs;
      if (behindMs > 0) {
        this.#advance(this.#run.nowMs + Math.min(behindMs, FRAME_MS_MAX));
        this.#changed();
      }
      if (behindMs > FRAME_MS_MAX) this.#clock = this.#newClock(this.#clock.record.scale);
    }
    if (this.#run.violation !== null) this.endWait();
    if (this.#run.violation !== null && !this.#clock.record.paused) {
      this.#clock.pause(null);
      this.#changed();
    }
    if (this.#run.eventNumber !== before) this.#changed();
    if (this.#frame !== null) return;
    const { frame } = this;
    for (const onFrame of this.#subscribers) onFrame(frame);
  };

  /** As far as this millisecond, or to where somebody's wait ends. */
  #advance(ms: number): void {
    while (this.#sentry !== null && this.#run.nowMs < ms && this.#run.violation === null) {
      this.#run.advanceTo(this.#run.nowMs + 1);
      const { done, untilMs, resolve } = this.#sentry;
      const came = done?.() ?? false;
      if (!came && this.#run.nowMs < untilMs) continue;
      this.#sentry = null;
      this.#clock = this.#newClock(this.#clock.record.scale);
      return resolve(came || done === null);
    }
    this.#run.advanceTo(ms);
  }

  #newClock(scale: number): LeadingClock {
    return new LeadingClock(scale, undefined, this.#run.nowMs);
  }

  #changed(): void {
    this.#frame = null;
  }

  // --- What is seen --------------------------------------------------------------------------------------------

  #paint(run: SimRun, events: readonly ClusterEvent[], clock: ClusterFrame["clock"]): ClusterFrame {
    const isPresent = run === this.#run;
    const members = run.sim.ids.map((id): HostedMember => {
      const { info, state, why, member } = run.sim.member(id);
      const diskTrouble = run.sim.diskTrouble(id);
      const seen = member === null ? null : { view: member.view(), viewAtMs: run.nowMs };
      if (seen !== null && isPresent) this.#lastView.set(id, seen);
      const shown = seen ?? this.#lastView.get(id) ?? { view: null, viewAtMs: run.nowMs };
      return {
        name: info.name,
        id,
        state: hostedState(state),
        why: state === "stopped" ? null : why,
        ...shown,
        ...(diskTrouble === null ? {} : { disk: diskTrouble }),
      };
    });
    members.sort((a, b) => (a.name < b.name ? -1 : 1));
    const cuts = run.sim.network.cuts().map(([from, to]): LinkCut => ({ from, to }));
    this.#stopped = this.#stopped.filter(({ deliverAtMs }) => deliverAtMs > run.nowMs);
    return {
      plan: run.plan,
      clock,
      members,
      flights: [...this.#flightsOf(run), ...(isPresent ? this.#stopped : [])],
      cuts,
      events: isPresent ? [...events] : events,
      returned: null,
      run: { eventNumber: run.eventNumber, hash: run.hash },
      checkCount: run.checkCount,
      violation: run.violation,
    };
  }

  #flightsOf(run: SimRun): readonly Flight[] {
    return run.sim.planned().flatMap(({ event, atMs, order }): Flight[] => {
      if (event.kind !== "frame") return [];
      const sent = this.#sent.get(event.frame);
      const flight = flightOf(
        event.from,
        event.to,
        event.frame,
        sent?.atMs ?? Math.min(run.nowMs, atMs - STOPPED_MS),
      );
      if (flight === null) return [];
      // A member that was added and has not started is nowhere yet: what is sent to it is lost.
      const target = run.sim.ids.includes(event.to) ? run.sim.member(event.to).state : "stopped";
      const dropped = run.sim.network.isCut(event.from, event.to) ||
        (target !== "running" && target !== "paused");
      // Its place in the queue is its own, whoever sent it and whenever this page began to look.
      const messageId = `${event.from}/${order}`;
      return [{ ...flight, messageId, deliverAtMs: atMs, dropped }];
    });
  }

  #onSend(from: MemberId, to: MemberId, frame: Uint8Array, atMs: number): void {
    const number = ++this.#sentCount;
    this.#sent.set(frame, { atMs, number });
    if (!this.#run?.sim.network.isCut(from, to)) return;
    const flight = flightOf(from, to, frame, atMs);
    if (flight === null) return;
    this.#stopped.push({
      ...flight,
      messageId: `${from}/stopped/${number}`,
      deliverAtMs: atMs + STOPPED_MS,
      dropped: true,
    });
  }

  #onResponse(requestId: number, response: ClientResponse, last: boolean): void {
    this.#watching.get(requestId)?.(response, last);
    const waiting = this.#waiting.get(requestId);
    if (waiting === undefined) return;
    this.#waiting.delete(requestId);
    waiting.resolve(response);
  }

  #keep(event: ClusterEvent): void {
    keepByTime(this.#archive, event);
    this.#events.push(event);
    if (this.#events.length > EVENT_COUNT_MAX * 2) this.#events = this.#events.slice(-EVENT_COUNT_MAX);
  }

  // --- Inside --------------------------------------------------------------------------------------------------

  #act(action: RunAction): void {
    if (this.#run.violation !== null) {
      throw new Error("a rule of Raft is broken here, and the run ends; go back to act before it");
    }
    const why = this.#run.act(action);
    this.#changed();
    if (why !== null) throw new Error(why);
  }

  async #ask(at: string | undefined, request: ClientRequest): Promise<ClientResult> {
    const response = await this.request(at ?? null, request);
    if (response.kind === "error") throw new Error(response.message);
    return response.result;
  }

  #anyone(): MemberId {
    const { sim } = this.#run;
    const id = sim.leader() ?? sim.ids.find((each) => sim.member(each).state === "running");
    if (id === undefined) throw new Error("no member is running; restart one first");
    return id;
  }

  #id(name: string): MemberId {
    const { sim } = this.#run;
    const id = sim.ids.find((each) => sim.member(each).info.name === name);
    if (id !== undefined) return id;
    const names = sim.ids.map((each) => sim.member(each).info.name).sort().join(", ");
    throw new Error(`there is no member ${name}; there are ${names}`);
  }

  #ends(a: string, b: string): readonly [MemberId, MemberId] {
    const [from, to] = [this.#id(a), this.#id(b)];
    if (from === to) throw new Error(`${a} has no link to itself`);
    return [from, to];
  }
}

function hostedState(state: SimMemberState): HostedState {
  switch (state) {
    case "running":
    case "paused":
    case "stopped":
    case "refused":
      return state;
    case "removed":
      return "stopped";
    default:
      return unreachable(state);
  }
}

function flightOf(
  from: MemberId,
  to: MemberId,
  frame: Uint8Array,
  sentAtMs: number,
): Omit<Flight, "messageId" | "deliverAtMs" | "dropped"> | null {
  const message = decodeMessage(frame);
  if (message.kind === "malformed") return null;
  return { kind: message.kind, from, to, sentAtMs, reject: message.reject, summary: summarize(message) };
}

/** A run's event in the page's words: what operators did is told by the names of its verbs. */
function eventOf(
  { number, atMs, member, event }: StoryEvent,
  nameOf: (id: MemberId) => string,
): ClusterEvent {
  if (event.kind !== "action") return { number, atMs, member, event };
  return { number, atMs, member: null, event: { kind: "operator", ...verbOf(event.action, nameOf) } };
}

function verbOf(
  action: RunAction,
  nameOf: (id: MemberId) => string,
): { readonly verb: string; readonly names: readonly string[] } {
  switch (action.kind) {
    case "cut":
    case "mend":
      return { verb: `${action.kind} one way`, names: [nameOf(action.from), nameOf(action.to)] };
    case "cutBoth":
    case "mendBoth":
      return {
        verb: action.kind === "cutBoth" ? "cut" : "mend",
        names: [nameOf(action.a), nameOf(action.b)],
      };
    case "heal":
    case "partition":
      return { verb: action.kind, names: [] };
    case "transfer":
      return { verb: action.kind, names: [nameOf(action.to)] };
    case "frame":
      return { verb: `${action.fate} message`, names: [nameOf(action.from), nameOf(action.to)] };
    case "link":
      return { verb: action.kind, names: [nameOf(action.from), nameOf(action.to)] };
    case "join":
      return { verb: action.kind, names: [action.info.name] };
    case "request": {
      const { request } = action;
      if (request.kind === "put") {
        return { verb: "put", names: [fromUtf8(request.key), fromUtf8(request.value)] };
      }
      if (request.kind === "deleteRange") return { verb: "del", names: [fromUtf8(request.key)] };
      if (request.kind === "moveLeader") return { verb: "transfer", names: [nameOf(request.target)] };
      if (request.kind === "memberRemove") return { verb: "remove", names: [nameOf(request.member)] };
      if (request.kind === "memberPromote") return { verb: "promote", names: [nameOf(request.member)] };
      return { verb: request.kind === "range" ? "get" : request.kind, names: [nameOf(action.member)] };
    }
    default:
      return { verb: action.kind, names: [nameOf(action.member)] };
  }
}
