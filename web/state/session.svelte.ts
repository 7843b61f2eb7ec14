// The page's state: the cluster's newest frame, what is selected, and what may be done. Components read from here and
// call its verbs; the console and the keyboard call the very same ones.

import { createContext } from "svelte";
import { createSubscriber, MediaQuery } from "svelte/reactivity";
import { prefersReducedMotion } from "svelte/motion";
import { fromUtf8, utf8 } from "../../core/base/bytes.ts";
import type { DiskImage } from "../../core/base/disk.ts";
import { isEtcdError } from "../../core/base/etcd_error.ts";
import type { MemberId } from "../../core/base/ids.ts";
import { deleteRangeRequest, putRequest, rangeRequest } from "../../core/kv/requests.ts";
import type { ClientRequest, ClientResponse, ClientResult, WatchCreate } from "../../core/member/io.ts";
import type { MemberView } from "../../core/member/view.ts";
import type {
  Cluster,
  ClusterFrame,
  ClusterPlan,
  FirstDisks,
  HostedMember,
  KeyAnswer,
} from "../../workers/browser/cluster_api.ts";
import type { Operation } from "../../workers/browser/operations.ts";
import { nextSpeed } from "../geometry/time_track.ts";
import { AutoPace, calmScale } from "./auto_pace.ts";
import { Bench } from "./bench.svelte.ts";
import { FirstRun } from "./first_run.svelte.ts";
import { Narrator } from "./narrator.svelte.ts";
import { type Connectivity, connectivity, leaderOf, linkState, memberByName } from "./reading.ts";
import type { Settings } from "./settings.svelte.ts";
import { Ticker } from "./ticker.ts";
import { TimeLine } from "./time_line.svelte.ts";
import { TimeMachine } from "./time_machine.svelte.ts";
import { TimeTravel } from "./time_travel.svelte.ts";
import type { LinkVerb, MemberVerb } from "./verbs.ts";

/** What the verb menu is about, and where it was asked for, in CSS pixels of the window. */
export type MenuTarget =
  | { readonly kind: "member"; readonly name: string; readonly x: number; readonly y: number }
  | { readonly kind: "link"; readonly a: string; readonly b: string; readonly x: number; readonly y: number };

export type PanelName = "raft" | "disk" | "keys" | "flags";
export type PhoneTab = "lesson" | "stage" | "log" | "member" | "keys";

/** How the last request of this page's own client stands. */
export type ClientState =
  | { readonly kind: "idle" }
  | { readonly kind: "waiting"; readonly what: string; readonly at: string | null }
  | { readonly kind: "put"; readonly key: string; readonly value: string; readonly revision: number }
  | { readonly kind: "got"; readonly key: string; readonly answer: KeyAnswer | null }
  | { readonly kind: "deleted"; readonly key: string; readonly deleted: number; readonly revision: number }
  | { readonly kind: "failed"; readonly message: string };

/** Above this speed messages are too fast to follow: links thicken instead. */
const FLIGHT_SCALE_MAX = 1 / 9;
/** Real milliseconds between two pictures of a clock that is too fast to follow. */
const FAST_FRAME_MS = 100;

export class Session {
  readonly settings: Settings;
  readonly narrator = new Narrator(() => performance.now());
  timeLine: TimeLine = $state.raw(new TimeLine());
  readonly time: TimeTravel;
  readonly bench: Bench;
  readonly ticker: Ticker;
  readonly firstRun: FirstRun;

  selectedName: string | null = $state(null);
  /** The inspector is open on a wide screen. */
  inspectorOpen = $state(false);
  panel: PanelName = $state("raft");
  phoneTab: PhoneTab = $state("stage");
  menu: MenuTarget | null = $state.raw(null);
  helpOpen = $state(false);
  tool: "select" | "knife" = $state("select");
  /** The plan that waits for a yes before this cluster is thrown away. */
  asked: ClusterPlan | null = $state.raw(null);
  /** A plain sentence about what went wrong last. */
  notice: string | null = $state(null);
  client: ClientState = $state.raw({ kind: "idle" });
  autoPace = $state(true);
  /** The report of a return visit is on the stage. */
  reportOpen = $state(false);
  /** Each member as it first showed itself after its disk was read, before it heard from anyone. */
  firstViews: ReadonlyMap<string, MemberView> = $state.raw(new Map());

  readonly #cluster: Cluster;
  readonly #onFrame: () => void;
  #newest: ClusterFrame;
  readonly #pace = new AutoPace();
  readonly #phone = new MediaQuery("max-width: 799.9px");
  readonly #narrow = new MediaQuery("max-width: 959.9px");
  readonly #wide = new MediaQuery("min-width: 1200px");
  #stepFrom: number | null = null;
  #writeCount = 0;

  readonly text = $derived.by(() => this.settings.text);
  readonly members: readonly HostedMember[] = $derived.by(() => this.frame.members);
  readonly connectivity: Connectivity = $derived.by(() => connectivity(this.frame));
  readonly leader: HostedMember | null = $derived.by(() => leaderOf(this.frame));
  readonly selected: HostedMember | null = $derived.by(() =>
    this.selectedName === null ? null : memberByName(this.frame, this.selectedName) ?? null
  );

  constructor(first: Cluster, settings: Settings, firstVisit: boolean) {
    const cluster = new TimeMachine(first);
    this.#cluster = cluster;
    this.bench = new Bench(cluster.lane);
    this.settings = settings;
    this.ticker = new Ticker(() => cluster.now(), () => this.still);
    this.firstRun = new FirstRun(firstVisit && cluster.frame.returned === null);
    this.reportOpen = cluster.frame.returned !== null;
    this.#newest = cluster.frame;
    this.time = new TimeTravel(cluster, this);
    this.#take(cluster.frame);
    // Before the subscriber below, so that components are called when the frame is already in its place.
    cluster.subscribe((frame) => this.#take(frame));
    this.#onFrame = createSubscriber((update) => this.#relay(update));
  }

  /** The newest frame; whoever reads it in a component follows it. One and the same for all until the next. */
  get frame(): ClusterFrame {
    this.#onFrame();
    return this.#newest;
  }

  get phone(): boolean {
    return this.#phone.current;
  }

  /** Words stand under the stage. */
  get narrow(): boolean {
    return this.#narrow.current;
  }

  get wide(): boolean {
    return this.#wide.current;
  }

  get reducedMotion(): boolean {
    return prefersReducedMotion.current;
  }

  /** Messages stand at mid-link: motion is unwanted, or the clock stands still. */
  get still(): boolean {
    return this.reducedMotion || this.frame.clock.paused;
  }

  get tooFast(): boolean {
    return this.frame.clock.scale > FLIGHT_SCALE_MAX && !this.frame.clock.paused;
  }

  now(): number {
    return this.#cluster.now();
  }

  select(name: string | null): void {
    this.touched();
    this.selectedName = name;
    if (name !== null && !this.firstRun.active) this.inspectorOpen = true;
  }

  /** Somebody is here: the page no longer performs the first crash by itself. */
  touched(): void {
    this.firstRun.touched();
  }

  openMenu(target: MenuTarget): void {
    this.touched();
    if (target.kind === "member") this.selectedName = target.name;
    this.menu = target;
  }

  showKeys(): void {
    this.firstRun.leave();
    this.inspectorOpen = true;
    this.panel = "keys";
    this.phoneTab = "keys";
  }

  /** For buttons and keys: a refused verb is told by the notice, so its rejection needs no second hearing. */
  act(verb: Promise<unknown>): void {
    verb.catch(() => {});
  }

  // --- verbs -------------------------------------------------------------------------------------------------------

  crash(name: string): Promise<void> {
    return this.#try(() => this.#cluster.crash(this.#known(name)));
  }

  restart(name: string): Promise<void> {
    return this.#try(() => this.#cluster.restart(this.#known(name)));
  }

  pause(name: string): Promise<void> {
    return this.#try(() => this.#cluster.pause(this.#known(name)));
  }

  resume(name: string): Promise<void> {
    return this.#try(() => this.#cluster.resume(this.#known(name)));
  }

  elect(name: string): Promise<void> {
    return this.#try(() => this.#cluster.elect(this.#known(name)));
  }

  cut(a: string, b: string, oneWay = false): Promise<void> {
    return this.#try(() => this.#cluster.cut(this.#known(a), this.#known(b), oneWay));
  }

  mend(a: string, b: string, oneWay = false): Promise<void> {
    return this.#try(() => this.#cluster.mend(this.#known(a), this.#known(b), oneWay));
  }

  heal(): Promise<void> {
    return this.#try(() => this.#cluster.heal());
  }

  /** Troubles of a member's disk, and changes of who is a member and who leads. */
  operate(operation: Operation): Promise<void> {
    return this.#try(() => this.#cluster.operate({ ...operation, name: this.#known(operation.name) }));
  }

  /** Cuts every link of a member, or mends them all. */
  async isolate(name: string, apart: boolean): Promise<void> {
    for (const other of this.#newest.members) {
      if (other.name === name) continue;
      const whole = linkState(this.#newest.cuts, this.#idOf(name), other.id) === "open";
      if (apart) await this.cut(name, other.name);
      else if (!whole) await this.mend(name, other.name);
    }
  }

  async put(key: string, value: string, at?: string): Promise<{ revision: number }> {
    this.touched();
    this.client = { kind: "waiting", what: `put ${key}=${value}`, at: at ?? null };
    return await this.#ask(async () => {
      const request = putRequest({ key: utf8(key), value: utf8(value) });
      const { revision } = await this.#result("put", at, request, { verb: "put", names: [key, value] });
      this.client = { kind: "put", key, value, revision };
      return { revision };
    });
  }

  async get(key: string, options?: { at?: string; serializable?: boolean }): Promise<KeyAnswer | null> {
    this.touched();
    this.client = { kind: "waiting", what: `get ${key}`, at: options?.at ?? null };
    return await this.#ask(async () => {
      const request = rangeRequest({ key: utf8(key), serializable: options?.serializable ?? false });
      const { kvs: [found] } = await this.#result("range", options?.at, request, {
        verb: "get",
        names: [key],
      });
      const answer = found === undefined ? null : {
        key: fromUtf8(found.key),
        value: fromUtf8(found.value),
        modRevision: found.modRevision,
        version: found.version,
      };
      this.client = { kind: "got", key, answer };
      return answer;
    });
  }

  async del(key: string, at?: string): Promise<{ deleted: number; revision: number }> {
    this.touched();
    this.client = { kind: "waiting", what: `del ${key}`, at: at ?? null };
    return await this.#ask(async () => {
      const request = deleteRangeRequest({ key: utf8(key) });
      const { deleted, revision } = await this.#result("deleteRange", at, request, {
        verb: "del",
        names: [key],
      });
      this.client = { kind: "deleted", key, deleted, revision };
      return { deleted, revision };
    });
  }

  /** A member's disk as it lies there, running or not. */
  diskImage(name: string): Promise<DiskImage> {
    return this.#cluster.diskImage(this.#known(name));
  }

  /** For the drawers' own clients: asks through the desk, which keeps the history. */
  request(
    client: string,
    at: string | null,
    request: ClientRequest,
    told?: { readonly verb: string; readonly names: readonly string[] },
  ): Promise<ClientResponse> {
    return this.bench.clients.ask(client, at, request, told);
  }

  /** Asks what is nobody's business but the page's: it is no part of the clients' history. */
  look(at: string | null, request: ClientRequest): Promise<ClientResponse> {
    return this.#cluster.request(at, request);
  }

  watch(
    at: string | null,
    create: WatchCreate,
    onResponse: (response: ClientResponse) => void,
    onEnd: (why: string) => void,
  ): () => void {
    return this.#cluster.watch(at, create, onResponse, onEnd);
  }

  /** The next of a row of small writes, x=1, y=2 …, through `at` or wherever the leader is. */
  async writeNext(at?: string): Promise<void> {
    this.#writeCount += 1;
    const key = "xyzabc"[this.#writeCount % 6]!;
    // A refused write is already told beside the client; it is no failure of the page.
    await this.put(key, String(this.#writeCount), at).catch(() => undefined);
  }

  speed(scale: number): void {
    this.touched();
    this.autoPace = false;
    this.#cluster.speed(scale);
  }

  speedStep(direction: 1 | -1): void {
    this.speed(nextSpeed(this.#newest.clock.scale, direction));
  }

  paceByItself(): void {
    this.touched();
    this.autoPace = true;
    this.#cluster.speed(calmScale(this.#newest));
  }

  pauseClock(): void {
    this.touched();
    this.#cluster.pauseClock();
    this.ticker.touch();
  }

  resumeClock(): void {
    this.touched();
    this.#stepFrom = null;
    this.#cluster.resumeClock();
  }

  toggleClock(): void {
    if (this.#newest.clock.paused) this.resumeClock();
    else this.pauseClock();
  }

  /** Lets the clock run until something worth a word has happened. */
  step(): void {
    this.resumeClock();
    this.#stepFrom = this.narrator.eventNumber;
  }

  ask(plan: ClusterPlan): void {
    this.touched();
    this.asked = plan;
  }

  /** @param disks what the new members' disks begin with: a snapshot that was restored. Left out: nothing. */
  async startOver(plan: ClusterPlan, disks?: FirstDisks): Promise<void> {
    this.asked = null;
    this.menu = null;
    this.selectedName = null;
    this.reportOpen = false;
    this.client = { kind: "idle" };
    this.narrator.reset();
    this.timeLine.reset();
    this.#pace.reset();
    this.#writeCount = 0;
    await this.#try(() => this.#cluster.startOver(plan, disks));
    this.time.reset();
    this.bench.reset();
  }

  async perform(verb: MemberVerb, name: string): Promise<void> {
    this.menu = null;
    switch (verb) {
      case "crash":
        return await this.crash(name);
      case "restart":
        return await this.restart(name);
      case "pause":
        return await this.pause(name);
      case "resume":
        return await this.resume(name);
      case "isolate":
        return await this.isolate(name, true);
      case "rejoin":
        return await this.isolate(name, false);
      case "elect":
        return await this.elect(name);
      case "write":
        return await this.writeNext(name);
    }
  }

  async performOnLink(verb: LinkVerb, a: string, b: string): Promise<void> {
    this.menu = null;
    switch (verb) {
      case "cutBoth":
        return await this.cut(a, b);
      case "cutOut":
        return await this.cut(a, b, true);
      case "cutIn":
        return await this.cut(b, a, true);
      case "mendOut":
        return await this.mend(a, b, true);
      case "mendIn":
        return await this.mend(b, a, true);
      case "mendBoth":
        return await this.mend(a, b);
    }
  }

  // --- inside ------------------------------------------------------------------------------------------------------

  /**
   * Tells components of new frames: of every one while messages can be followed with the eye, ten times a second when
   * the clock is too fast for that. The members need the machine more than the picture does.
   */
  #relay(update: () => void): () => void {
    let timer: ReturnType<typeof setTimeout> | null = null;
    const stop = this.#cluster.subscribe((frame) => {
      if (timer !== null) return;
      if (frame.clock.scale <= FLIGHT_SCALE_MAX || frame.clock.paused) return update();
      timer = setTimeout(() => {
        timer = null;
        update();
      }, FAST_FRAME_MS);
    });
    return () => {
      stop();
      if (timer !== null) clearTimeout(timer);
    };
  }

  #take(frame: ClusterFrame): void {
    this.#newest = frame;
    if (frame.past !== undefined) return this.time.takePast(frame);
    this.#takeFirstViews(frame);
    const facts = this.narrator.take(frame);
    this.timeLine.take(frame, this.#cluster.now(), facts);
    this.firstRun.take(frame);
    this.bench.take(this.time.lane, frame);
    if (facts.some((fact) => fact.kind === "operator")) this.reportOpen = false;
    if (this.#stepFrom !== null && facts.length > 0 && this.narrator.eventNumber > this.#stepFrom) {
      this.#stepFrom = null;
      this.#cluster.pauseClock();
    }
    this.time.take(frame, facts);
    if (this.autoPace) {
      const scale = this.#pace.wish(frame);
      if (scale !== null) this.#cluster.speed(scale);
    }
    this.ticker.touch();
  }

  #takeFirstViews(frame: ClusterFrame): void {
    const fresh = frame.members.filter((member) => member.view !== null && !this.firstViews.has(member.name));
    if (fresh.length === 0) return;
    this.firstViews = new Map([
      ...this.firstViews,
      ...fresh.map((member) => [member.name, member.view!] as const),
    ]);
  }

  /** Verbs reject with a plain sentence; the page shows it and lets the caller see it, too. */
  async #try<T>(act: () => Promise<T>): Promise<T> {
    this.touched();
    try {
      const result = await act();
      this.notice = null;
      return result;
    } catch (error) {
      this.notice = error instanceof Error ? error.message : String(error);
      throw error;
    }
  }

  /** What a client of this page was answered; an error is thrown in etcd's own words. */
  async #result<Kind extends ClientResult["kind"]>(
    kind: Kind,
    at: string | undefined,
    request: ClientRequest,
    told: { readonly verb: string; readonly names: readonly string[] },
  ): Promise<Extract<ClientResult, { readonly kind: Kind }>> {
    const member = at === undefined ? null : this.#known(at);
    const response = await this.bench.clients.ask("you", member, request, told);
    if (isEtcdError(response)) throw new Error(response.message);
    if (response.result.kind !== kind) throw new Error(`a ${kind} was answered as ${response.result.kind}`);
    return response.result as Extract<ClientResult, { readonly kind: Kind }>;
  }

  async #ask<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      this.client = { kind: "failed", message: error instanceof Error ? error.message : String(error) };
      throw error;
    }
  }

  #known(name: string): string {
    this.#idOf(name);
    return name;
  }

  #idOf(name: string): MemberId {
    const member = memberByName(this.#newest, name);
    if (member === undefined) {
      const names = this.#newest.members.map((one) => one.name).join(", ");
      throw new Error(`there is no member ${name}; the members are ${names}`);
    }
    return member.id;
  }
}

export const [getSession, setSession] = createContext<Session>();
