// A whole cluster in virtual time: the very members and driver that run in tabs and processes, over disks and a
// network made of a queue. One seed, one run: the same plan and actions give the same trace, event for event, in
// every JavaScript engine, and through a keyframe taken anywhere.

import { assert } from "../base/assert.ts";
import { StateHash } from "../base/bytes.ts";
import { clonePlain } from "../base/clone.ts";
import { ETCD_ERRORS, type EtcdError, otherError } from "../base/etcd_error.ts";
import type { ClusterId, MemberId } from "../base/ids.ts";
import { Prng, type PrngState } from "../base/prng.ts";
import { MemberDriver, type StopReason } from "../member/driver.ts";
import type { ClientRequest, ClientResponse, MemberInfo, Output, WatchMessage } from "../member/io.ts";
import { Member, type MemberState } from "../member/member.ts";
import { type Bootstrap, MEMBER_DEFAULTS, type MemberOptions } from "../member/options.ts";
import type { Disk, Network } from "../member/ports.ts";
import type { TraceEvent } from "../member/trace.ts";
import type { MemberView } from "../member/view.ts";
import type { FrameFate, OperatorAction } from "./actions.ts";
import { rulesWithout } from "./broken/mod.ts";
import { clusterOf, type ClusterPlan, initialMembers } from "./cluster_plan.ts";
import {
  EventQueue,
  type EventQueueState,
  HELD_AT_MS,
  type PlannedEvent,
  type PlanOwner,
  type SimEvent,
} from "./event_queue.ts";
import { SimDisk, type SimDiskState } from "./sim_disk.ts";
import { SimNetwork, type SimNetworkState } from "./sim_network.ts";
import { addTrace } from "./trace_hash.ts";

export type SimMemberState = "running" | "paused" | "stopped" | "refused" | "removed";

export interface SimMember {
  readonly info: MemberInfo;
  readonly state: SimMemberState;
  /** Why it does not run, for "refused". */
  readonly why: string | null;
  /** The machine itself, null unless running or paused. For checkers and views: nobody else may touch it. */
  readonly member: Member | null;
  readonly disk: SimDisk;
  /** Its disk no longer holds what was made durable on it: wiped, rotten, or written over. */
  readonly damaged: boolean;
}

export interface TraceRecord {
  /** Counts the trace events of the whole run from 1. */
  readonly number: number;
  readonly atMs: number;
  readonly member: MemberId;
  readonly event: TraceEvent;
}

/** Sees a run as it goes: checkers, histories, timelines. Called in a fixed order, never changes the run. */
export interface SimObserver {
  onTrace?(record: TraceRecord): void;
  /** After each event that a member handled. */
  afterStep?(sim: ClusterSim, member: MemberId): void;
  /** Just before a member's power goes out, and just after it has recovered. */
  onCrash?(sim: ClusterSim, member: MemberId): void;
  onRestart?(sim: ClusterSim, member: MemberId): void;
  onWipe?(member: MemberId): void;
  /** A client asks. */
  onRequest?(requestId: number, member: MemberId, request: ClientRequest, atMs: number): void;
  /** `last` is false while more may follow: only streams have more than one response. */
  onResponse?(requestId: number, response: ClientResponse, last: boolean): void;
  /** A member hands a frame to the network, whatever becomes of it there. */
  onSend?(from: MemberId, to: MemberId, frame: Uint8Array): void;
  onPlan?(owner: PlanOwner, what: string): void;
}

interface Slot {
  info: MemberInfo;
  bootstrap: Bootstrap;
  state: SimMemberState;
  why: string | null;
  /** Numbers this member's starts; events of an earlier life find another number and do nothing. */
  start: number;
  member: Member | null;
  driver: MemberDriver | null;
  disk: SimDisk;
  tickEveryMs: number;
  diskDelayMs: { min: number; max: number };
  /** Events that came while it was paused, in order. */
  held: SimEvent[];
  /** Driver's request number to the run's request number. */
  requests: Map<number, number>;
  /** Where the driver of this start begins to number its requests. */
  firstRequestId: number;
  /** Names this start in the ids of requests: 256 of them for each millisecond between two starts, as etcd has it. */
  startId: number;
  /** Drew the election deadlines of this start. */
  seed: number;
  /** Its disk was replaced by an empty one. */
  wiped: boolean;
  /** Its disk no longer holds what was made durable on it. */
  damaged: boolean;
  /** Its disk takes no more writes. */
  full: boolean;
  /** The disk that a wipe took out and kept, and whether it had been damaged. */
  shelf?: { readonly disk: SimDiskState; readonly damaged: boolean };
}

type SlotState = Omit<Slot, "member" | "driver" | "disk"> & {
  readonly member: MemberState | null;
  readonly disk: SimDiskState;
};

export interface ClusterSimState {
  readonly queue: EventQueueState;
  readonly network: SimNetworkState;
  readonly prng: PrngState;
  readonly slots: readonly SlotState[];
  readonly hash: readonly [number, number];
  readonly traceCount: number;
  readonly eventCount: number;
  readonly nextRequestId: number;
}

export class ClusterSim {
  readonly plan: ClusterPlan;
  readonly clusterId: ClusterId;
  readonly #observers: readonly SimObserver[];
  readonly #queue: EventQueue;
  readonly #network: SimNetwork;
  readonly #prng: Prng;
  readonly #slots = new Map<MemberId, Slot>();
  #ids: readonly MemberId[] = [];
  readonly #hash: StateHash;
  #traceCount = 0;
  #eventCount = 0;
  #nextRequestId = 1;

  /** @param from a keyframe of a run of the same plan, to go on from; otherwise the run begins. */
  constructor(plan: ClusterPlan, observers: readonly SimObserver[] = [], from?: ClusterSimState) {
    this.plan = plan;
    this.#observers = observers;
    const members = initialMembers(plan.size);
    this.clusterId = clusterOf(members);
    if (from) {
      this.#queue = EventQueue.restore(from.queue);
      this.#network = SimNetwork.restore(this.#queue, from.network);
      this.#prng = new Prng(from.prng);
      this.#hash = StateHash.restore(from.hash);
      this.#traceCount = from.traceCount;
      this.#eventCount = from.eventCount;
      this.#nextRequestId = from.nextRequestId;
      for (const state of from.slots) this.#restoreSlot(state);
      return;
    }
    this.#queue = new EventQueue();
    this.#prng = new Prng(plan.seed);
    this.#network = new SimNetwork(this.#queue, plan.link, this.#prng.fork());
    this.#hash = new StateHash();
    for (const info of members) this.#addSlot(info, { kind: "new", members });
    for (const id of this.ids) this.#start(this.#slot(id));
  }

  /** The run at this moment, as plain data. */
  capture(): ClusterSimState {
    return {
      queue: this.#queue.capture(),
      network: this.#network.capture(),
      prng: this.#prng.state(),
      slots: this.ids.map((id) => {
        const { member, driver, disk, ...rest } = this.#slot(id);
        return {
          ...clonePlain(rest),
          firstRequestId: driver?.nextRequestId ?? 1,
          member: member?.capture() ?? null,
          disk: disk.capture(),
        };
      }),
      hash: this.#hash.capture(),
      traceCount: this.#traceCount,
      eventCount: this.#eventCount,
      nextRequestId: this.#nextRequestId,
    };
  }

  /** Milliseconds of virtual time since the start. */
  get nowMs(): number {
    return this.#queue.nowMs;
  }

  /** Events taken so far. */
  get eventCount(): number {
    return this.#eventCount;
  }

  /** Names everything that happened so far: equal for equal runs, in every engine. 16 hex digits. */
  get traceHash(): string {
    return this.#hash.digest();
  }

  /** All members that ever were, in id order. */
  get ids(): readonly MemberId[] {
    return this.#ids;
  }

  get network(): SimNetwork {
    return this.#network;
  }

  /** What will happen as things stand, in no particular order: frames on their way, ticks, receipts. For views. */
  planned(): readonly PlannedEvent[] {
    return this.#queue.planned();
  }

  member(id: MemberId): SimMember {
    return this.#slot(id);
  }

  /** By how many milliseconds its disk was slowed, and whether it is full; null when neither. For views. */
  diskTrouble(id: MemberId): { readonly slowMs: number; readonly full: boolean } | null {
    const { full, diskDelayMs } = this.#slot(id);
    const slowMs = diskDelayMs.min > this.plan.diskDelayMsMax ? diskDelayMs.min : 0;
    return slowMs > 0 || full ? { slowMs, full } : null;
  }

  /** @throws InvariantViolation when nobody bears this name. */
  idOf(name: string): MemberId {
    const id = this.ids.find((id) => this.#slot(id).info.name === name);
    assert(id !== undefined, `no member is named ${name}`);
    return id;
  }

  view(id: MemberId): MemberView | null {
    return this.#slot(id).member?.view() ?? null;
  }

  /** Views of all members that run, in id order. */
  views(): readonly MemberView[] {
    return this.ids.flatMap((id) => {
      const slot = this.#slot(id);
      return slot.state === "running" && slot.member ? [slot.member.view()] : [];
    });
  }

  /** The member that leads the highest term among those that run; null when nobody leads. */
  leader(): MemberId | null {
    let best: { id: MemberId; term: number } | null = null;
    for (const id of this.ids) {
      const { state, member } = this.#slot(id);
      if (state !== "running" || !member?.leads) continue;
      if (!best || member.term > best.term) best = { id, term: member.term };
    }
    return best?.id ?? null;
  }

  // --- Time ----------------------------------------------------------------------------------------------------

  /** Takes the next event. False when nothing is planned any more. */
  step(): boolean {
    const event = this.#queue.take();
    if (!event) return false;
    this.#eventCount += 1;
    this.#handle(event);
    return true;
  }

  /** Lets `ms` of virtual time pass. */
  runFor(ms: number): void {
    const untilMs = this.nowMs + ms;
    while ((this.#queue.nextAtMs ?? Infinity) <= untilMs) this.step();
    this.#queue.passTo(untilMs);
  }

  /** Runs until `done` holds after some event; false when `limitMs` of virtual time passed before. */
  runUntil(done: (sim: ClusterSim) => boolean, limitMs: number): boolean {
    const untilMs = this.nowMs + limitMs;
    while (!done(this)) {
      if ((this.#queue.nextAtMs ?? Infinity) > untilMs) return false;
      this.step();
    }
    return true;
  }

  /** Wakes the owner's observer after `delayMs`: how fault injectors and workloads keep time. */
  planFor(owner: PlanOwner, delayMs: number, what: string): void {
    // Troubles come first on their millisecond, so that a list of them falls exactly where the dice let them fall.
    this.#queue.plan(delayMs, { kind: "plan", owner, what }, owner === "faults");
  }

  // --- Verbs ---------------------------------------------------------------------------------------------------

  /** The number that the next request will have. */
  get nextRequestId(): number {
    return this.#nextRequestId;
  }

  /** Asks a member; the answer comes through observers' `onResponse` under the number returned. */
  request(member: MemberId, request: ClientRequest): number {
    const requestId = this.#nextRequestId++;
    for (const observer of this.#observers) observer.onRequest?.(requestId, member, request, this.nowMs);
    this.#queue.plan(0, { kind: "request", member, requestId, request });
    return requestId;
  }

  /** A further word on a stream that `request` opened at this member. Unheard when it has ended. */
  say(member: MemberId, requestId: number, message: WatchMessage): void {
    this.#queue.plan(0, { kind: "say", member, requestId, message });
  }

  /** The client of a stream has read this many of its responses, `delayMs` from now. */
  taken(member: MemberId, requestId: number, { count, delayMs }: { count: number; delayMs: number }): void {
    this.#queue.plan(delayMs, { kind: "taken", member, requestId, count });
  }

  /** The client goes away: no answer is wanted, a stream ends. */
  cancel(member: MemberId, requestId: number): void {
    this.#queue.plan(0, { kind: "cancel", member, requestId });
  }

  /** @returns why the action would change nothing, or null when it was done. */
  act(action: OperatorAction): string | null {
    switch (action.kind) {
      case "crash":
        return this.#crash(this.#slot(action.member));
      case "restart":
        return this.#restart(this.#slot(action.member));
      case "pause":
        return this.#pause(this.#slot(action.member));
      case "resume":
        return this.#resume(this.#slot(action.member));
      case "wipe":
        return this.#wipe(this.#slot(action.member), action.keep === true);
      case "restoreDisk":
        return this.#restoreDisk(this.#slot(action.member));
      case "slowDisk":
        this.#slot(action.member).diskDelayMs = { min: action.delayMs, max: action.delayMs };
        return null;
      case "fillDisk":
        if (this.#slot(action.member).full) return "that disk is full already";
        this.#slot(action.member).full = true;
        return null;
      case "freeDisk":
        if (!this.#slot(action.member).full) return "that disk is not full";
        this.#slot(action.member).full = false;
        return null;
      case "corruptDisk": {
        const slot = this.#slot(action.member);
        slot.damaged = true;
        return slot.disk.corrupt(action.how, new Prng(action.draw));
      }
      case "clock":
        this.#slot(action.member).tickEveryMs = action.tickEveryMs;
        return null;
      case "leap":
        return this.#leap(this.#slot(action.member), action.ticks);
      case "join":
        if (this.#slots.has(action.info.id)) return `${action.info.name} is here already`;
        this.#start(this.#addSlot(action.info, { kind: "join", members: action.members }));
        return null;
      case "elect":
        return this.#ask(this.#slot(action.member), { kind: "campaign" });
      case "pin":
        return this.#ask(this.#slot(action.member), {
          kind: "pinElection",
          deadlineTicks: action.deadlineTicks,
        });
      case "transfer": {
        const leader = this.leader();
        if (leader === null) return "nobody leads";
        return this.#ask(this.#slot(leader), { kind: "moveLeader", target: action.to });
      }
      case "cut":
        if (this.#network.isCut(action.from, action.to)) return "that direction is cut already";
        this.#network.cut(action.from, action.to);
        return null;
      case "mend":
        if (!this.#network.isCut(action.from, action.to)) return "that direction is not cut";
        this.#network.mend(action.from, action.to);
        return null;
      case "partition":
        this.#partition(action.groups);
        return null;
      case "heal":
        this.#network.heal();
        return null;
      case "link":
        this.#network.setLink(action.from, action.to, action.settings);
        return null;
      case "frame":
        return this.#steer(action.order, action.fate);
      case "request":
        this.request(action.member, action.request);
        return null;
    }
  }

  /** Starts a member that the cluster has added: on an empty disk, knowing the others. */
  join(info: MemberInfo, members: readonly MemberInfo[]): void {
    assert(this.act({ kind: "join", info, members }) === null, `${info.name} is a member already`);
  }

  #crash(slot: Slot): string | null {
    if (!slot.member) return `${slot.info.name} is not running`;
    for (const observer of this.#observers) observer.onCrash?.(this, slot.info.id);
    slot.driver?.stop();
    this.#emptyRoom(slot, "stopped", null);
    return null;
  }

  /** What is left of a member that has stopped: its disk, as its last write may have left it. */
  #emptyRoom(slot: Slot, state: SimMemberState, why: string | null): void {
    slot.disk.crash(this.#prng);
    const lost = [...slot.requests.values()];
    // What had come while it was paused is lost with it.
    for (const event of slot.held) if (event.kind === "request") lost.push(event.requestId);
    Object.assign(slot, { state, why, member: null, driver: null, held: [], requests: new Map() });
    // Whoever waits for an answer of this member sees its connection break and cannot know what became of it.
    for (const requestId of lost) this.#answer(requestId, ETCD_ERRORS.timeoutDueToConnectionLost, true);
  }

  #leap(slot: Slot, ticks: number): string | null {
    if (slot.state !== "running") return `${slot.info.name} is ${slot.state}`;
    for (let i = 0; i < ticks && slot.driver !== null; i++) slot.driver.tick();
    return null;
  }

  #restart(slot: Slot): string | null {
    if (slot.state !== "stopped" && slot.state !== "refused") return `${slot.info.name} is ${slot.state}`;
    this.#start(slot);
    for (const observer of this.#observers) observer.onRestart?.(this, slot.info.id);
    return slot.why;
  }

  #pause(slot: Slot): string | null {
    if (slot.state !== "running") return `${slot.info.name} is ${slot.state}`;
    slot.state = "paused";
    return null;
  }

  #resume(slot: Slot): string | null {
    if (slot.state !== "paused") return `${slot.info.name} is ${slot.state}`;
    slot.state = "running";
    const held = slot.held;
    slot.held = [];
    for (const event of held) this.#queue.plan(0, event);
    return null;
  }

  #wipe(slot: Slot, keep: boolean): string | null {
    if (slot.member) return `${slot.info.name} is running`;
    if (keep && slot.wiped) return `the disk of ${slot.info.name} is empty already`;
    if (keep) slot.shelf = { disk: slot.disk.capture(), damaged: slot.damaged };
    slot.disk.wipe();
    slot.wiped = true;
    slot.damaged = true;
    for (const observer of this.#observers) observer.onWipe?.(slot.info.id);
    return null;
  }

  #restoreDisk(slot: Slot): string | null {
    if (slot.member) return `${slot.info.name} is running`;
    if (slot.shelf === undefined) return `no disk of ${slot.info.name} was kept`;
    // Whoever lost its disk has not run since: on the old one it has forgotten nothing.
    const { disk, damaged } = slot.shelf;
    Object.assign(slot, { disk: SimDisk.restore(disk), damaged, wiped: false, state: "stopped", why: null });
    delete slot.shelf;
    return null;
  }

  #steer(order: number, fate: FrameFate): string | null {
    const planned = this.#queue.find(order);
    if (planned?.event.kind !== "frame") return "that message is no longer on its way";
    const isHeld = planned.atMs >= HELD_AT_MS;
    switch (fate) {
      case "hold":
        if (isHeld) return "that message is held already";
        this.#queue.move(order, HELD_AT_MS);
        return null;
      case "drop":
        this.#queue.move(order, null);
        return null;
      case "duplicate":
        this.#queue.plan(planned.atMs - this.nowMs + 1, planned.event);
        return null;
      case "deliver":
        this.#queue.move(order, this.nowMs);
        return null;
    }
  }

  #ask(slot: Slot, request: ClientRequest): string | null {
    if (slot.state !== "running") return `${slot.info.name} is ${slot.state}`;
    this.request(slot.info.id, request);
    return null;
  }

  #partition(groups: readonly (readonly MemberId[])[]): void {
    for (const from of this.ids) {
      for (const to of this.ids) {
        const together = groups.some((group) => group.includes(from) && group.includes(to));
        if (from !== to && !together) this.#network.cut(from, to);
      }
    }
  }

  // --- Members -------------------------------------------------------------------------------------------------

  #addSlot(info: MemberInfo, bootstrap: Bootstrap): Slot {
    const { plan } = this;
    const driftMs = Math.floor((plan.timing.tickMs * plan.clockDriftPerMille) / 1000);
    const slot: Slot = {
      info,
      bootstrap,
      state: "stopped",
      why: null,
      wiped: false,
      damaged: false,
      full: false,
      start: 0,
      member: null,
      driver: null,
      disk: new SimDisk(),
      tickEveryMs: Math.max(
        1,
        this.#prng.between(plan.timing.tickMs - driftMs, plan.timing.tickMs + driftMs),
      ),
      diskDelayMs: { min: plan.diskDelayMsMin, max: plan.diskDelayMsMax },
      held: [],
      requests: new Map(),
      firstRequestId: 1,
      startId: 0,
      seed: 0,
    };
    this.#setSlot(slot);
    return slot;
  }

  #setSlot(slot: Slot): void {
    this.#slots.set(slot.info.id, slot);
    this.#ids = [...this.#slots.keys()].sort();
  }

  #start(slot: Slot): void {
    if (slot.wiped) {
      // As etcd does by asking the others: a member that has forgotten its votes must not come back under its name.
      slot.state = "refused";
      slot.why = `member ${slot.info.id} has already been bootstrapped; remove it and add it again`;
      return;
    }
    slot.start += 1;
    slot.startId = this.nowMs + slot.start;
    slot.firstRequestId = 1;
    const options = this.#optionsOf(slot, this.#prng.nextUint32());
    const recovery = Member.recover(options, slot.disk.image());
    if (recovery.kind === "refused") {
      slot.state = "refused";
      slot.why = recovery.says;
      return;
    }
    slot.state = "running";
    slot.why = null;
    slot.seed = options.seed;
    slot.member = recovery.member;
    slot.driver = this.#drive(slot, recovery.member, recovery.outputs);
    const phaseMs = 1 + this.#prng.below(slot.tickEveryMs);
    this.#queue.plan(phaseMs, { kind: "tick", member: slot.info.id, start: slot.start });
  }

  #restoreSlot(state: SlotState): void {
    const { member, disk, ...rest } = state;
    const slot: Slot = { ...clonePlain(rest), member: null, driver: null, disk: SimDisk.restore(disk) };
    this.#setSlot(slot);
    if (!member) return;
    slot.member = Member.restore(this.#optionsOf(slot, slot.seed), member);
    slot.driver = this.#drive(slot, slot.member, []);
    for (const [driverRequestId, requestId] of slot.requests) {
      slot.driver.adopt(
        driverRequestId,
        (response, last) => this.#answered(slot, { driverRequestId, requestId }, response, last),
      );
    }
  }

  #optionsOf(slot: Slot, seed: number): MemberOptions {
    const { timing, rules, snapshotCount, catchUpEntries, segmentBytesMax, appendBytesMax, broken } =
      this.plan;
    return {
      ...MEMBER_DEFAULTS,
      id: slot.info.id,
      clusterId: this.clusterId,
      name: slot.info.name,
      clientUrls: slot.info.clientUrls,
      bootstrap: slot.bootstrap,
      timing,
      rules,
      raft: {
        ...(appendBytesMax !== undefined && { messageBytesMax: appendBytesMax }),
        ...(broken !== undefined && { rules: rulesWithout(broken) }),
      },
      seed,
      startId: slot.startId,
      snapshotCount,
      catchUpEntries,
      segmentBytesMax,
      trace: true,
    };
  }

  #drive(slot: Slot, member: Member, outputs: readonly Output[]): MemberDriver {
    const { id } = slot.info;
    const { start } = slot;
    const disk: Disk = {
      write: (write) => {
        slot.disk.begin(write);
        const delayMs = this.#prng.between(slot.diskDelayMs.min, slot.diskDelayMs.max);
        this.#queue.plan(
          delayMs,
          slot.full
            ? { kind: "refusedWrite", member: id, start }
            : { kind: "written", member: id, start, writeId: write.writeId },
        );
      },
      close: () => {},
    };
    const network: Network = {
      send: (to, frame) => {
        for (const observer of this.#observers) observer.onSend?.(id, to, frame);
        this.#network.send(id, to, frame);
      },
      setRoster: () => {},
      close: () => {},
    };
    return new MemberDriver({
      member,
      disk,
      network,
      schedule: (flush) => flush(),
      onTrace: (event) => this.#trace(id, event),
      onStopped: (reason) => this.#onStopped(slot, reason),
      firstRequestId: slot.firstRequestId,
    }, outputs);
  }

  #onStopped(slot: Slot, reason: StopReason): void {
    if (reason.kind === "violation") throw reason.error;
    for (const observer of this.#observers) observer.onCrash?.(this, slot.info.id);
    if (reason.kind === "removed") this.#emptyRoom(slot, "removed", "it was removed from the cluster");
    else this.#emptyRoom(slot, "stopped", reason.why);
  }

  // --- Events --------------------------------------------------------------------------------------------------

  #handle(event: SimEvent): void {
    if (event.kind === "plan") {
      for (const observer of this.#observers) observer.onPlan?.(event.owner, event.what);
      return;
    }
    const id = event.kind === "frame" ? event.to : event.member;
    const slot = this.#slots.get(id);
    if (!slot) return;
    if ("start" in event && event.start !== slot.start) return;
    if (slot.state === "paused") return this.#hold(slot, event);
    if (slot.state !== "running") return this.#turnAway(event);
    const driver = slot.driver!;
    switch (event.kind) {
      case "tick":
        this.#queue.plan(slot.tickEveryMs, event);
        driver.tick();
        break;
      case "written":
        slot.disk.complete(event.writeId);
        driver.written(event.writeId);
        break;
      case "refusedWrite":
        driver.diskFailed("no space left on device");
        break;
      case "frame":
        if (this.#network.isCut(event.from, event.to)) return;
        driver.deliver(event.frame);
        break;
      case "request":
        this.#deliverRequest(slot, event);
        break;
      case "say":
      case "taken":
      case "cancel":
        this.#deliverWord(slot, event);
        break;
    }
    for (const observer of this.#observers) observer.afterStep?.(this, id);
  }

  /** A stopped process hears nothing, but nothing is lost either; its clock stands still. */
  #hold(slot: Slot, event: SimEvent): void {
    slot.held.push(event);
  }

  #turnAway(event: SimEvent): void {
    if (event.kind === "request") this.#answer(event.requestId, CONNECTION_REFUSED, true);
  }

  #deliverRequest(slot: Slot, event: SimEvent & { kind: "request" }): void {
    const { requestId, request } = event;
    let driverRequestId = 0;
    let isOver = false;
    driverRequestId = slot.driver!.request(request, (response, last) => {
      isOver = last;
      this.#answered(slot, { driverRequestId, requestId }, response, last);
    });
    if (!isOver) slot.requests.set(driverRequestId, requestId);
  }

  #deliverWord(slot: Slot, event: SimEvent & { kind: "say" | "taken" | "cancel" }): void {
    const entry = [...slot.requests].find(([, requestId]) => requestId === event.requestId);
    if (!entry) return;
    const [driverRequestId] = entry;
    if (event.kind === "say") return slot.driver!.say(driverRequestId, event.message);
    if (event.kind === "taken") return slot.driver!.taken(driverRequestId, event.count);
    slot.requests.delete(driverRequestId);
    slot.driver!.cancel(driverRequestId);
  }

  #answered(
    slot: Slot,
    ids: { readonly driverRequestId: number; readonly requestId: number },
    response: ClientResponse,
    last: boolean,
  ): void {
    if (last) slot.requests.delete(ids.driverRequestId);
    this.#answer(ids.requestId, response, last);
  }

  #answer(requestId: number, response: ClientResponse, last: boolean): void {
    for (const observer of this.#observers) observer.onResponse?.(requestId, response, last);
  }

  #trace(member: MemberId, event: TraceEvent): void {
    const record = { number: ++this.#traceCount, atMs: this.nowMs, member, event };
    addTrace(this.#hash, record);
    for (const observer of this.#observers) observer.onTrace?.(record);
  }

  #slot(id: MemberId): Slot {
    const slot = this.#slots.get(id);
    assert(slot !== undefined, `no member ${id}`);
    return slot;
  }
}

/** Nobody listens there: the request was certainly not carried out. */
export const CONNECTION_REFUSED: EtcdError = otherError("connection refused", "unavailable");
