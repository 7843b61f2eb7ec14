// One page, many runs: the live cluster, branches that left it, runs opened from links. Whichever is on the stage is
// drawn and acted upon as if it were the only one. Looking at the past puts a moment of it on the stage; acting there
// makes a branch in the simulator, and the run it left stays as it was.
//
// While somebody looks back, the cluster waits: its clock is paused and goes on with "now". A present that runs away
// under a reader's eyes would be one more thing to follow.

import type { DiskImage } from "../../core/base/disk.ts";
import type { ClientRequest, ClientResponse, WatchCreate } from "../../core/member/io.ts";
import type { SimRun, TimedAction } from "../../core/timeline/run.ts";
import type { Operation } from "../../workers/browser/operations.ts";
import type {
  Cluster,
  ClusterEvent,
  ClusterFrame,
  ClusterPlan,
  FirstDisks,
  KeyAnswer,
  PastSpan,
} from "../../workers/browser/cluster_api.ts";

export interface Lane {
  readonly id: number;
  /** "A" for the run that the page began with, then "B", "C" … */
  readonly letter: string;
  readonly cluster: Cluster;
  /** The lane it branched from, and when; null for one that began by itself. */
  readonly parent: Lane | null;
  readonly branchedAtMs: number;
}

/** Older branches than these go; the first lane stays. */
const LANE_COUNT_MAX = 6;

export class TimeMachine implements Cluster {
  lanes: readonly Lane[] = $state.raw([]);
  lane: Lane = $state.raw(null as unknown as Lane);
  /** Virtual time of the moment of the past on the stage; null for the present. */
  lookingAtMs: number | null = $state(null);
  /** Called when another lane has come on the stage, before its first frame is told. */
  onEnter: (lane: Lane) => void = () => {};
  /** The lane that is shown beside the one on the stage. */
  beside: Lane | null = $state.raw(null);

  readonly #subscribers = new Set<(frame: ClusterFrame) => void>();
  #unsubscribe: () => void = () => {};
  #past: ClusterFrame | null = null;
  /** Seeks overtake each other: only the newest is shown. */
  #seekNumber = 0;
  #ranBefore = false;
  #branching: Promise<void> | null = null;

  constructor(cluster: Cluster) {
    this.#enter(this.#add(cluster, null, 0));
  }

  get kind(): "live" | "run" {
    return this.lane.cluster.kind;
  }

  get span(): PastSpan | null {
    const own = this.lane.cluster.span;
    const root = rootOf(this.lane).cluster.span;
    return own === null ? null : { fromMs: root?.fromMs ?? own.fromMs, toMs: own.toMs };
  }

  get archive(): readonly ClusterEvent[] {
    return this.lane.cluster.archive;
  }

  get actions(): readonly TimedAction[] {
    return this.lane.cluster.actions;
  }

  get frame(): ClusterFrame {
    return this.#past ?? this.lane.cluster.frame;
  }

  now(): number {
    return this.lookingAtMs ?? this.lane.cluster.now();
  }

  subscribe(onFrame: (frame: ClusterFrame) => void): () => void {
    this.#subscribers.add(onFrame);
    return () => this.#subscribers.delete(onFrame);
  }

  close(): void {
    for (const { cluster } of this.lanes) cluster.close();
  }

  // --- Time ----------------------------------------------------------------------------------------------------

  /** Puts a moment of the past on the stage. Rejects with a plain sentence when it is out of reach. */
  async lookAt(ms: number): Promise<void> {
    const { span } = this;
    if (span === null) return;
    const atMs = Math.min(Math.max(ms, span.fromMs), span.toMs);
    if (this.lookingAtMs === null) {
      this.#ranBefore = !this.lane.cluster.frame.clock.paused;
      this.lane.cluster.pauseClock();
    }
    this.lookingAtMs = atMs;
    const seek = ++this.#seekNumber;
    const frame = await this.frameAt(atMs);
    if (seek !== this.#seekNumber) return;
    this.#past = frame;
    this.#tell();
  }

  /** Back to the present, which goes on if it ran before. */
  lookNow(): void {
    if (this.lookingAtMs === null) return;
    this.#seekNumber += 1;
    this.lookingAtMs = null;
    this.#past = null;
    if (this.#ranBefore) this.lane.cluster.resumeClock();
    this.#tell();
  }

  async frameAt(ms: number): Promise<ClusterFrame> {
    return await frameOf(this.lane, ms);
  }

  async branchAt(ms: number): Promise<SimRun> {
    return await laneAt(this.lane, ms).cluster.branchAt(ms);
  }

  /** Leaves the run on the stage at the moment that is looked at, or now; the new branch takes its place. */
  async branch(): Promise<void> {
    const parent = laneAt(this.lane, this.now());
    const atMs = Math.min(this.now(), this.lane.cluster.span?.toMs ?? this.now());
    const scale = this.lane.cluster.frame.clock.scale;
    const { SimCluster } = await import("./run_desk.ts");
    const run = await parent.cluster.branchAt(atMs);
    parent.cluster.pauseClock();
    const before = parent.cluster.archive.filter((event) => event.atMs <= atMs);
    const cluster = new SimCluster((listener) => run.branch(listener), before);
    cluster.speed(scale);
    this.#enter(this.#add(cluster, parent, atMs));
  }

  /** Another run on the stage; the one that was there waits. */
  show(lane: Lane): void {
    if (lane === this.lane && this.lookingAtMs === null) return;
    this.lane.cluster.pauseClock();
    this.#enter(lane);
  }

  /** A run from a link or a file takes the stage, on a lane of its own. */
  async open(run: SimRun): Promise<void> {
    const { SimCluster } = await import("./run_desk.ts");
    this.lane.cluster.pauseClock();
    const cluster = SimCluster.of(run);
    cluster.pauseClock();
    this.#enter(this.#add(cluster, null, 0));
  }

  /** Ends a run that is wanted no more, unless it is on the stage or another branched from it. */
  drop(gone: Lane): void {
    const isNeeded = gone === this.lane || gone.id === 0 || this.lanes.some(({ parent }) => parent === gone);
    if (isNeeded || !this.lanes.includes(gone)) return;
    if (this.beside === gone) this.beside = null;
    this.lanes = this.lanes.filter((lane) => lane !== gone);
    gone.cluster.close();
  }

  /** A cluster of somebody else's making takes the stage. */
  host(cluster: Cluster): Lane {
    this.lane.cluster.pauseClock();
    const lane = this.#add(cluster, null, 0);
    this.#enter(lane);
    return lane;
  }

  /** Whether this run is on the stage, at its present. */
  isOnStage(lane: Lane): boolean {
    return this.lane === lane && this.lookingAtMs === null;
  }

  #add(cluster: Cluster, parent: Lane | null, branchedAtMs: number): Lane {
    const id = (this.lanes[this.lanes.length - 1]?.id ?? -1) + 1;
    const lane = { id, letter: String.fromCharCode(65 + id % 26), cluster, parent, branchedAtMs };
    const lanes = [...this.lanes, lane];
    if (lanes.length > LANE_COUNT_MAX) {
      const gone = lanes.find((one) =>
        one.id !== 0 && one !== this.lane && !lanes.some((other) => other.parent === one)
      );
      gone?.cluster.close();
      this.lanes = lanes.filter((one) => one !== gone);
    } else this.lanes = lanes;
    return lane;
  }

  #enter(lane: Lane): void {
    this.#unsubscribe();
    this.#seekNumber += 1;
    this.lookingAtMs = null;
    this.#past = null;
    this.lane = lane;
    if (this.beside === lane) this.beside = null;
    this.#unsubscribe = lane.cluster.subscribe(() => {
      if (this.#past === null && this.lookingAtMs === null) this.#tell();
    });
    this.onEnter(lane);
    this.#tell();
  }

  #tell(): void {
    const { frame } = this;
    for (const onFrame of this.#subscribers) onFrame(frame);
  }

  /** The cluster to act upon: a verb in the past makes a branch first. */
  async #present(): Promise<Cluster> {
    if (this.lookingAtMs !== null) {
      // Several verbs of one gesture (a knife through five links) make one branch.
      this.#branching ??= this.branch().finally(() => this.#branching = null);
    }
    await this.#branching;
    return this.lane.cluster;
  }

  // --- Verbs ---------------------------------------------------------------------------------------------------

  async crash(name: string): Promise<void> {
    await (await this.#present()).crash(name);
  }

  async restart(name: string): Promise<void> {
    await (await this.#present()).restart(name);
  }

  async pause(name: string): Promise<void> {
    await (await this.#present()).pause(name);
  }

  async resume(name: string): Promise<void> {
    await (await this.#present()).resume(name);
  }

  async elect(name: string): Promise<void> {
    await (await this.#present()).elect(name);
  }

  async cut(a: string, b: string, oneWay?: boolean): Promise<void> {
    await (await this.#present()).cut(a, b, oneWay);
  }

  async mend(a: string, b: string, oneWay?: boolean): Promise<void> {
    await (await this.#present()).mend(a, b, oneWay);
  }

  async heal(): Promise<void> {
    await (await this.#present()).heal();
  }

  async operate(operation: Operation): Promise<void> {
    await (await this.#present()).operate(operation);
  }

  async put(key: string, value: string, at?: string): Promise<{ revision: number }> {
    return await (await this.#present()).put(key, value, at);
  }

  async get(key: string, options?: { at?: string; serializable?: boolean }): Promise<KeyAnswer | null> {
    return await (await this.#present()).get(key, options);
  }

  async del(key: string, at?: string): Promise<{ deleted: number; revision: number }> {
    return await (await this.#present()).del(key, at);
  }

  async request(
    at: string | null,
    request: ClientRequest,
    told?: { readonly verb: string; readonly names: readonly string[] },
  ): Promise<ClientResponse> {
    return await (await this.#present()).request(at, request, told);
  }

  watch(
    at: string | null,
    create: WatchCreate,
    onResponse: (response: ClientResponse) => void,
    onEnd: (why: string) => void,
  ): () => void {
    return this.lane.cluster.watch(at, create, onResponse, onEnd);
  }

  async diskImage(name: string): Promise<DiskImage> {
    if (this.lookingAtMs === null) return await this.lane.cluster.diskImage(name);
    const run = await this.branchAt(this.lookingAtMs);
    return run.sim.member(run.sim.idOf(name)).disk.image();
  }

  speed(scale: number): void {
    this.lane.cluster.speed(scale);
  }

  pauseClock(): void {
    this.lane.cluster.pauseClock();
  }

  /** In the past: on with the present. */
  resumeClock(): void {
    if (this.lookingAtMs !== null) {
      this.#ranBefore = true;
      return this.lookNow();
    }
    this.lane.cluster.resumeClock();
  }

  async startOver(plan: ClusterPlan, disks?: FirstDisks): Promise<void> {
    this.lookNow();
    // The lanes tell of a cluster that is no more; the first one lives on with the new plan.
    const first = this.lanes[0]!;
    for (const lane of this.lanes) if (lane !== first) lane.cluster.close();
    this.lanes = [first];
    this.beside = null;
    if (this.lane !== first) this.#enter(first);
    await first.cluster.startOver(plan, disks);
    first.cluster.resumeClock();
  }
}

function rootOf(lane: Lane): Lane {
  return lane.parent === null ? lane : rootOf(lane.parent);
}

/** The lane in whose keeping a moment is: a branch knows nothing of what was before it. */
function laneAt(lane: Lane, ms: number): Lane {
  return lane.parent !== null && ms < lane.branchedAtMs ? laneAt(lane.parent, ms) : lane;
}

export async function frameOf(lane: Lane, ms: number): Promise<ClusterFrame> {
  return await laneAt(lane, ms).cluster.frameAt(ms);
}
