/// <reference lib="dom" />
// A cluster in a tab, seen from the page: finds the cluster that lives in this browser or begins one, gives each
// member a worker, owns the clock and the links, carries the verbs out, and paints a frame of it all.
//
// One tab hosts the cluster, all of it: it holds the host lock. A second tab shows the members as "elsewhere" and
// takes over when the first one closes.

import { assert } from "../../core/base/assert.ts";
import type { MemberId } from "../../core/base/ids.ts";
import { fromUtf8, utf8 } from "../../core/base/bytes.ts";
import { ETCD_ERRORS } from "../../core/base/etcd_error.ts";
import { deleteRangeRequest, putRequest, rangeRequest } from "../../core/kv/requests.ts";
import type { DiskImage } from "../../core/base/disk.ts";
import type { ClientRequest, ClientResponse, ClientResult, WatchCreate } from "../../core/member/io.ts";
import type { RunAction, SimRun, TimedAction } from "../../core/timeline/run.ts";
import { AutoSpeed } from "./auto_speed.ts";
import type {
  Cluster,
  ClusterEvent,
  ClusterFrame,
  ClusterPlan,
  FirstDisks,
  Flight,
  HomeTrouble,
  KeyAnswer,
  LinkCut,
  PastSpan,
} from "./cluster_api.ts";
import { clusterIdentity, MEMBER_COUNT_MAX } from "./cluster_identity.ts";
import { ClusterStore, diskName, isPlan, newCluster, type StoredCluster } from "./cluster_store.ts";
import { readDisk } from "./disk_reader.ts";
import { furnish } from "./furnish.ts";
import { Happenings } from "./happenings.ts";
import { findTrouble, troubleOf } from "./home_trouble.ts";
import { describeStorageError } from "./indexeddb_disk.ts";
import type { LinkState } from "./link_state.ts";
import { LiveMemory } from "./live_memory.ts";
import { type HeldLock, holdLock, HOST_LOCK, memberLock } from "./locks.ts";
import { type Ask, MemberHandle } from "./member_handle.ts";
import type { DroppedCounts } from "./member_protocol.ts";
import { demandDelay, leaderRequest, type Operation } from "./operations.ts";
import { TIMING } from "./profiles.ts";
import { type ClockNotice, LeadingClock } from "./virtual_clock.ts";

export type OpenedCluster =
  | { readonly kind: "open"; readonly cluster: ClusterHost }
  | { readonly kind: "trouble"; readonly trouble: HomeTrouble };

/** A tab that was just reloaded may still be letting go of its locks. */
const HOST_LOCK_GRACE_MS = 500;
/** How long a verb waits for a member while the clock stands still, in real milliseconds. */
const STILL_MS_MAX = 3_000;
/** How often open questions are looked at, in real milliseconds. */
const WATCH_MS = 100;
/** A member answers "request timed out" by itself; one that is paused cannot, and is given up after so many of it. */
const REQUEST_PATIENCE = 1.5;
/** How long opening waits for members to read their disks, in real milliseconds. */
const START_MS_MAX = 5_000;
const NEWS_CHANNEL = "flotilla/news";

export class ClusterHost implements Cluster {
  readonly #store: ClusterStore;
  readonly #news = new BroadcastChannel(NEWS_CHANNEL);
  readonly #subscribers = new Set<(frame: ClusterFrame) => void>();
  readonly #listeners = new Set<(flights: readonly Flight[], lost: readonly string[]) => void>();
  readonly #happenings = new Happenings();
  #stored: StoredCluster;
  #clock: LeadingClock;
  #autoSpeed: AutoSpeed;
  #handles: readonly MemberHandle[] = [];
  #cuts: readonly LinkCut[] = [];
  #memory = new LiveMemory();
  /** Null in a tab that only looks on. */
  #hostLock: HeldLock | null = null;
  #returned: ClusterFrame["returned"] = null;
  /** Called whenever a member's state changes, while somebody waits for all of them to have started. */
  #onStarts: (() => void) | null = null;
  #isClosed = false;
  #isDirty = true;
  #frame: ClusterFrame | null = null;

  /**
   * Opens the cluster that lives in this browser, and resolves when its members have read their disks; where none
   * does, begins one, and resolves at once.
   * @param plan for a cluster to begin; what it leaves out is chosen: three members, teaching profile, etcd's rules.
   */
  static async open(plan: Partial<ClusterPlan> = {}): Promise<OpenedCluster> {
    const trouble = findTrouble();
    if (trouble !== null) return { kind: "trouble", trouble };
    try {
      const store = await ClusterStore.open();
      const host = new ClusterHost(store, newCluster({ ...defaultPlan(), ...plan }));
      await host.#settleIn();
      return { kind: "open", cluster: host };
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return { kind: "trouble", trouble: troubleOf(error) };
    }
  }

  private constructor(store: ClusterStore, fallback: StoredCluster) {
    this.#store = store;
    this.#stored = fallback;
    this.#autoSpeed = new AutoSpeed(fallback.plan.profile, 0);
    this.#clock = new LeadingClock(this.#autoSpeed.scale);
    this.#news.onmessage = () => this.#onNews();
    document.addEventListener("visibilitychange", this.#onVisibility);
    requestAnimationFrame(this.#onAnimationFrame);
  }

  get frame(): ClusterFrame {
    if (this.#frame === null || this.#isDirty) this.#frame = this.#paint();
    return this.#frame;
  }

  /** Messages that members dropped as none of their cluster's, in all. */
  get dropped(): DroppedCounts {
    const sum = (count: (dropped: DroppedCounts) => number) =>
      this.#handles.reduce((total, handle) => total + count(handle.dropped), 0);
    return {
      strangers: sum(({ strangers }) => strangers),
      malformed: sum(({ malformed }) => malformed),
      overflow: sum(({ overflow }) => overflow),
    };
  }

  readonly kind = "live";

  now(): number {
    return this.#clock.now();
  }

  get span(): PastSpan | null {
    const { fromMs } = this.#memory;
    return fromMs === null ? null : { fromMs, toMs: this.#clock.now() };
  }

  get archive(): readonly ClusterEvent[] {
    return this.#happenings.archive;
  }

  get actions(): readonly TimedAction[] {
    return this.#memory.actions;
  }

  async frameAt(ms: number): Promise<ClusterFrame> {
    return await this.#memory.frameAt(ms, this.frame, this.#happenings.archive);
  }

  async branchAt(ms: number): Promise<SimRun> {
    this.#demandHost();
    return await this.#memory.branchAt(ms, this.#stored.plan, this.#happenings.archive);
  }

  subscribe(onFrame: (frame: ClusterFrame) => void): () => void {
    this.#subscribers.add(onFrame);
    return () => this.#subscribers.delete(onFrame);
  }

  listen(onMessages: (flights: readonly Flight[], lost: readonly string[]) => void): () => void {
    this.#listeners.add(onMessages);
    return () => this.#listeners.delete(onMessages);
  }

  /** Ends all workers; the disks stay. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    document.removeEventListener("visibilitychange", this.#onVisibility);
    for (const handle of this.#handles) handle.halt("stopped", null);
    this.#memory.close();
    this.#subscribers.clear();
    this.#news.close();
    this.#store.close();
    this.#hostLock?.release();
  }

  // --- Verbs ---------------------------------------------------------------------------------------------------

  async crash(name: string): Promise<void> {
    const handle = this.#own(name);
    if (handle.state === "stopped") throw new Error(`${name} is not running`);
    this.#note("crash", name);
    this.#act({ kind: "crash", member: handle.info.id });
    handle.halt("stopped", null);
  }

  async restart(name: string): Promise<void> {
    const handle = this.#own(name);
    if (handle.state !== "stopped" && handle.state !== "refused") {
      throw new Error(`${name} is running already`);
    }
    this.#note("restart", name);
    this.#act({ kind: "restart", member: handle.info.id });
    this.#startMember(handle);
  }

  async pause(name: string): Promise<void> {
    const handle = this.#own(name);
    if (handle.state !== "running") throw new Error(`${name} is ${handle.state}, so it cannot be paused`);
    this.#note("pause", name);
    this.#act({ kind: "pause", member: handle.info.id });
    handle.pause();
  }

  async resume(name: string): Promise<void> {
    const handle = this.#own(name);
    if (handle.state !== "paused") throw new Error(`${name} is not paused`);
    this.#note("resume", name);
    this.#act({ kind: "resume", member: handle.info.id });
    handle.resume();
  }

  async elect(name: string): Promise<void> {
    const handle = this.#own(name);
    this.#note("elect", name);
    this.#act({ kind: "elect", member: handle.info.id });
    await this.#ask(handle, { kind: "campaign" });
  }

  async cut(a: string, b: string, oneWay = false): Promise<void> {
    const links = this.#linksBetween(a, b, oneWay);
    this.#note(oneWay ? "cut one way" : "cut", a, b);
    const { from, to } = links[0]!;
    this.#act(oneWay ? { kind: "cut", from, to } : { kind: "cutBoth", a: from, b: to });
    this.#setCuts([...this.#cuts, ...links.filter((link) => !this.#cuts.some((cut) => isSame(cut, link)))]);
  }

  async mend(a: string, b: string, oneWay = false): Promise<void> {
    const links = this.#linksBetween(a, b, oneWay);
    this.#note(oneWay ? "mend one way" : "mend", a, b);
    const { from, to } = links[0]!;
    this.#act(oneWay ? { kind: "mend", from, to } : { kind: "mendBoth", a: from, b: to });
    this.#setCuts(this.#cuts.filter((cut) => !links.some((link) => isSame(cut, link))));
  }

  async heal(): Promise<void> {
    this.#demandHost();
    this.#note("heal");
    this.#act({ kind: "heal" });
    this.#setCuts([]);
  }

  async operate(operation: Operation): Promise<void> {
    const handle = this.#own(operation.name);
    const { name, info: { id: member } } = handle;
    switch (operation.kind) {
      case "slowDisk":
        demandDelay(operation.delayMs);
        this.#act({ kind: "slowDisk", member, delayMs: operation.delayMs });
        handle.setDisk({ ...handle.disk, slowMs: operation.delayMs });
        break;
      case "fillDisk":
      case "freeDisk": {
        const full = operation.kind === "fillDisk";
        if (handle.disk.full === full) {
          throw new Error(`the disk of ${name} is ${full ? "" : "not "}full${full ? " already" : ""}`);
        }
        this.#act({ kind: operation.kind, member });
        handle.setDisk({ ...handle.disk, full });
        break;
      }
      default: {
        const leader = this.#leader();
        if (leader === null) throw new Error("nobody leads, so nobody can do that");
        this.#note(operation.kind, name);
        await this.#ask(leader, leaderRequest(operation.kind, member));
        return;
      }
    }
    this.#note(operation.kind, name);
    this.#memory.noteState(this.#clock.now(), this.#handles.map((each) => each.snapshot()), this.#cuts);
  }

  async put(key: string, value: string, at?: string): Promise<{ revision: number }> {
    const request = putRequest({ key: utf8(key), value: utf8(value) });
    const result = await this.#askClient("put", [key, value], at, request);
    assert(result.kind === "put", () => `a put was answered as ${result.kind}`);
    return { revision: result.revision };
  }

  async get(key: string, options: { at?: string; serializable?: boolean } = {}): Promise<KeyAnswer | null> {
    const { at, serializable = false } = options;
    const result = await this.#askClient("get", [key], at, rangeRequest({ key: utf8(key), serializable }));
    assert(result.kind === "range", () => `a get was answered as ${result.kind}`);
    const found = result.kvs[0];
    if (found === undefined) return null;
    const { modRevision, version } = found;
    return { key: fromUtf8(found.key), value: fromUtf8(found.value), modRevision, version };
  }

  async del(key: string, at?: string): Promise<{ deleted: number; revision: number }> {
    const result = await this.#askClient("del", [key], at, deleteRangeRequest({ key: utf8(key) }));
    assert(result.kind === "deleteRange", () => `a deletion was answered as ${result.kind}`);
    return { deleted: result.deleted, revision: result.revision };
  }

  async request(
    at: string | null,
    request: ClientRequest,
    told?: { readonly verb: string; readonly names: readonly string[] },
  ): Promise<ClientResponse> {
    this.#demandHost();
    const handle = at === null ? this.#anyone() : this.#own(at);
    if (told !== undefined) this.#note(told.verb, ...told.names);
    return await this.#respond(handle, request);
  }

  watch(
    at: string | null,
    create: WatchCreate,
    onResponse: (response: ClientResponse) => void,
    onEnd: (why: string) => void,
  ): () => void {
    this.#demandHost();
    const handle = at === null ? this.#anyone() : this.#own(at);
    this.#demandAnswers(handle);
    return handle.watch(create, ({ response }) => onResponse(response), onEnd);
  }

  async diskImage(name: string): Promise<DiskImage> {
    return await readDisk(diskName(this.#stored.incarnation, this.#member(name).name));
  }

  /** Brought within 1/1000 and 1. */
  speed(scale: number): void {
    if (!(scale > 0)) throw new Error(`a speed is a number above 0, such as 1/80; ${scale} is none`);
    this.#autoSpeed.choose(scale);
    this.#tellClock(this.#clock.setScale(scale));
  }

  pauseClock(): void {
    this.#changeClock(this.#clock.pause(null), "pauseClock");
  }

  resumeClock(): void {
    this.#changeClock(this.#clock.resume(), "resumeClock");
  }

  async startOver(plan: ClusterPlan, disks?: FirstDisks): Promise<void> {
    this.#demandHost();
    if (!isPlan(plan)) {
      throw new Error(`a cluster has 1 to ${MEMBER_COUNT_MAX} members and a whole-number seed`);
    }
    const before = this.#stored;
    const next = newCluster(plan);
    for (const handle of this.#handles) handle.halt("stopped", null);
    try {
      // Disks that are to begin with something have it before anybody can call the cluster theirs.
      if (disks !== undefined) await furnish(next, disks);
      // Then the new cluster's name, and only then the end of the old: were the tab closed in between, some of the old members could otherwise come
      // back with their disks and some without, and a member without its disk has forgotten its votes.
      await this.#store.save(next);
    } catch (error) {
      throw new Error(`a new cluster cannot begin: ${describeStorageError(error)}`);
    }
    await this.#locksFree(before);
    await this.#store.sweep(next.incarnation);
    this.#returned = null;
    this.#begin(next);
    this.#news.postMessage("startOver");
  }

  // --- Coming and going ----------------------------------------------------------------------------------------

  async #settleIn(): Promise<void> {
    this.#hostLock = await holdLock(HOST_LOCK, HOST_LOCK_GRACE_MS);
    if (this.#hostLock !== null) return await this.#moveIn();
    this.#stored = await this.#store.load() ?? this.#stored;
    this.#lookOn();
    // The other tab may stay for hours.
    holdLock(HOST_LOCK, Infinity).then(async (lock) => {
      this.#hostLock = lock;
      if (this.#isClosed) lock?.release();
      else await this.#moveIn();
    });
  }

  /** With the host lock held: brings the cluster to life. When it was here before, says what that took. */
  async #moveIn(): Promise<void> {
    const stored = await this.#store.load();
    if (stored === null) await this.#store.save(this.#stored);
    this.#begin(stored ?? this.#stored);
    this.#news.postMessage("moved in");
    // What an interrupted start-over left behind. Nobody waits for it.
    this.#store.sweep(this.#stored.incarnation).catch(() => {});
    if (stored === null) return;
    await this.#started();
    const views = this.#handles.flatMap(({ view }) => view ?? []);
    const entryCount = views.reduce((sum, { recovered }) => sum + recovered.entryCount, 0);
    this.#returned = { entryCount, memberCount: views.length };
    this.#changed();
  }

  /** Waits until every member has read its disk or has said why not, though not for ever. */
  async #started(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onStarts = () => {
      if (this.#handles.every(({ state }) => state !== "starting")) resolve();
    };
    this.#onStarts();
    const timer = setTimeout(resolve, START_MS_MAX);
    await promise;
    clearTimeout(timer);
    this.#onStarts = null;
  }

  /** Shows the cluster that another tab hosts. */
  #lookOn(): void {
    this.#handles = this.#makeHandles();
    for (const handle of this.#handles) {
      handle.halt("elsewhere", `Another tab runs ${handle.name}. It starts here when that tab is closed.`);
    }
    this.#changed();
  }

  async #onNews(): Promise<void> {
    if (this.#hostLock !== null || this.#isClosed) return;
    const stored = await this.#store.load();
    if (this.#hostLock !== null || stored === null) return;
    this.#stored = stored;
    this.#lookOn();
  }

  #begin(stored: StoredCluster): void {
    this.#stored = stored;
    this.#cuts = [];
    this.#memory.close();
    this.#memory = new LiveMemory();
    this.#happenings.clear();
    this.#autoSpeed = new AutoSpeed(stored.plan.profile, 0);
    this.#clock = new LeadingClock(this.#autoSpeed.scale);
    if (document.hidden) this.#clock.pause("hidden");
    this.#handles = this.#makeHandles();
    for (const handle of this.#handles) this.#startMember(handle);
  }

  #makeHandles(): readonly MemberHandle[] {
    return clusterIdentity(this.#stored.plan.size).members.map((info, place) =>
      new MemberHandle(info, place, {
        onNews: (handle, batch) => {
          if (!this.#handles.includes(handle)) return;
          if (batch === null) return this.#onStateChange();
          for (const { atMs, event } of batch.events) this.#happenings.addEvent(atMs, info.id, event);
          this.#happenings.addFlights(batch.flights);
          this.#happenings.markLost(batch.lost);
          for (const onMessages of this.#listeners) onMessages(batch.flights, batch.lost);
          this.#onView();
        },
      })
    );
  }

  #startMember(handle: MemberHandle): void {
    const { plan, incarnation } = this.#stored;
    const journal = this.#memory.newLife(handle.info.id);
    handle.start({ plan, incarnation, clock: this.#clock.notice(), links: this.#links() }, journal);
  }

  /** Waits until terminated workers have let go of their disks, though not for ever. */
  async #locksFree({ plan, incarnation }: StoredCluster): Promise<void> {
    const names = clusterIdentity(plan.size).members.map(({ name }) => name);
    const locks = await Promise.all(names.map((name) => holdLock(memberLock(incarnation, name), 2_000)));
    for (const lock of locks) lock?.release();
  }

  // --- Clock, links, frames ------------------------------------------------------------------------------------

  readonly #onVisibility = (): void => {
    if (document.hidden) this.#changeClock(this.#clock.pause("hidden"), "pauseClock", "hidden");
    else if (this.#clock.record.pausedBecause === "hidden") {
      this.#changeClock(this.#clock.resume(), "resumeClock", "hidden");
    }
  };

  readonly #onAnimationFrame = (): void => {
    if (this.#isClosed) return;
    requestAnimationFrame(this.#onAnimationFrame);
    const { notice, late } = this.#clock.frame();
    if (late) this.#changeClock(notice, "resumeClock", "late");
    else this.#tellClock(notice);
    if (this.#happenings.expire(this.#clock.now())) this.#isDirty = true;
    if (!this.#isDirty || this.#subscribers.size === 0) return;
    const { frame } = this;
    for (const onFrame of this.#subscribers) onFrame(frame);
  };

  #changeClock(notice: ClockNotice | null, verb: string, ...names: readonly string[]): void {
    if (notice === null) return;
    this.#tellClock(notice);
    this.#note(verb, ...names);
  }

  #tellClock(notice: ClockNotice | null): void {
    if (notice === null) return;
    for (const handle of this.#handles) handle.tell((control) => control.setClock(notice));
    this.#changed();
  }

  #setCuts(cuts: readonly LinkCut[]): void {
    this.#cuts = cuts;
    this.#tellLinks();
  }

  #tellLinks(): void {
    const links = this.#links();
    for (const handle of this.#handles) handle.tell((control) => control.setLinks(links));
    this.#memory.noteState(this.#clock.now(), this.#handles.map((handle) => handle.snapshot()), this.#cuts);
    this.#changed();
  }

  #links(): LinkState {
    const down = this.#handles.filter(({ isReachable }) => !isReachable).map(({ info }) => info.id);
    return { cuts: this.#cuts, down };
  }

  #onStateChange(): void {
    this.#tellLinks();
    this.#onStarts?.();
  }

  #onView(): void {
    this.#autoSpeed.observe(this.#leader() !== null, this.#clock.now());
    this.#tellClock(this.#clock.setScale(this.#autoSpeed.scale));
    this.#changed();
  }

  #note(verb: string, ...names: readonly string[]): void {
    const event: ClusterEvent["event"] = { kind: "operator", verb, names };
    this.#happenings.addEvent(this.#clock.now(), null, event);
    this.#changed();
  }

  /** What was done, for those who replay the plan. */
  #act(action: RunAction): void {
    this.#memory.noteAction(this.#clock.now(), action);
  }

  #changed(): void {
    this.#isDirty = true;
  }

  #paint(): ClusterFrame {
    this.#isDirty = false;
    return {
      plan: this.#stored.plan,
      clock: this.#clock.record,
      members: this.#handles.map((handle) => handle.snapshot()),
      flights: this.#happenings.flights,
      cuts: this.#cuts,
      events: this.#happenings.events,
      returned: this.#returned,
    };
  }

  // --- Asking members ------------------------------------------------------------------------------------------

  async #askClient(
    verb: string,
    names: readonly string[],
    at: string | undefined,
    request: ClientRequest,
  ): Promise<ClientResult> {
    this.#demandHost();
    const handle = at === undefined ? this.#anyone() : this.#own(at);
    this.#note(verb, ...names);
    return await this.#ask(handle, request);
  }

  async #ask(handle: MemberHandle, request: ClientRequest): Promise<ClientResult> {
    const response = await this.#respond(handle, request);
    if (response.kind === "error") throw new Error(response.message);
    return response.result;
  }

  /** The answer as the member gave it, its errors included. */
  async #respond(handle: MemberHandle, request: ClientRequest): Promise<ClientResponse> {
    this.#demandAnswers(handle);
    if (request.kind !== "campaign") this.#act({ kind: "request", member: handle.info.id, request });
    return await this.#bounded(handle.ask(request), handle);
  }

  #demandAnswers(handle: MemberHandle): void {
    if (handle.state === "running") return;
    throw new Error(
      handle.state === "paused"
        ? `${handle.name} is paused: it answers once it is resumed`
        : `${handle.name} is not running, so it cannot answer`,
    );
  }

  /** An answer, or an error in bounded time: virtual while the clock runs, real while it stands still. */
  async #bounded(ask: Ask, handle: MemberHandle): Promise<ClientResponse> {
    const { tickMs, requestTimeoutTicks } = TIMING[this.#stored.plan.profile];
    const deadlineMs = this.#clock.now() + REQUEST_PATIENCE * requestTimeoutTicks * tickMs;
    let stillMs = 0;
    let watch: ReturnType<typeof setInterval> | undefined;
    const patience = new Promise<never>((_, reject) => {
      watch = setInterval(() => {
        stillMs = this.#clock.record.paused ? stillMs + WATCH_MS : 0;
        if (stillMs >= STILL_MS_MAX) {
          reject(
            new Error(
              "the clock is paused, so nobody can answer; what was asked may still happen once it runs",
            ),
          );
        } else if (this.#clock.now() > deadlineMs) reject(new Error(ETCD_ERRORS.timeout.message));
      }, WATCH_MS);
    });
    try {
      return await Promise.race([ask.answer, patience]);
    } finally {
      clearInterval(watch);
      handle.drop(ask);
    }
  }

  /** Whom a client without a wish speaks to: the leader, or else whoever runs. */
  #anyone(): MemberHandle {
    const handle = this.#leader() ?? this.#handles.find(({ state }) => state === "running");
    if (handle === undefined) throw new Error("no member is running; restart one first");
    return handle;
  }

  /** The running leader of the newest term: one that was cut off may still think that it leads. */
  #leader(): MemberHandle | null {
    const leaders = this.#handles.filter(({ state, view }) => state === "running" && view?.role === "leader");
    leaders.sort((a, b) => b.view!.term - a.view!.term);
    return leaders[0] ?? null;
  }

  #member(name: string): MemberHandle {
    const handle = this.#handles.find((each) => each.name === name);
    if (handle !== undefined) return handle;
    throw new Error(
      `there is no member ${name}; there are ${this.#handles.map((each) => each.name).join(", ")}`,
    );
  }

  /** The member, which this tab must be running or able to run. */
  #own(name: string): MemberHandle {
    this.#demandHost();
    const handle = this.#member(name);
    if (handle.state === "elsewhere") throw new Error(`another tab runs ${name}`);
    return handle;
  }

  #demandHost(): void {
    if (this.#isClosed) throw new Error("this cluster was closed");
    if (this.#hostLock === null) {
      throw new Error("another tab of this browser runs the cluster; use that one or close it");
    }
  }

  #linksBetween(a: string, b: string, oneWay: boolean): readonly LinkCut[] {
    this.#demandHost();
    const [from, to]: readonly MemberId[] = [this.#member(a).info.id, this.#member(b).info.id];
    if (from === to) throw new Error(`${a} has no link to itself`);
    return oneWay ? [{ from: from!, to: to! }] : [{ from: from!, to: to! }, { from: to!, to: from! }];
  }
}

function defaultPlan(): ClusterPlan {
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  return { size: 3, profile: "teaching", rules: "etcd", seed };
}

function isSame(a: LinkCut, b: LinkCut): boolean {
  return a.from === b.from && a.to === b.to;
}
