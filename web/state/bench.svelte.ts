// The tools around the stage: which drawers are open, what they look back on, and the clients that speak from here.

import type { Cluster, ClusterFrame } from "../../workers/browser/cluster_api.ts";
import { ClientDesk } from "./client_desk.svelte.ts";
import { Recorder } from "./recorder.ts";

export const DRAWERS = ["spacetime", "history", "meters", "terminal", "events"] as const;
export type DrawerName = (typeof DRAWERS)[number];

/** These two are read together: what members told each other, and what clients were told. */
const PAIR: readonly DrawerName[] = ["spacetime", "history"];

/** A message that somebody looks at, and where: CSS pixels of the window. */
export interface InspectedMessage {
  readonly messageId: string;
  readonly x: number;
  readonly y: number;
}

/** A watch that a client of this page holds. */
export interface WatchNote {
  readonly id: number;
  readonly client: string;
  /** The keys, as they were typed. */
  readonly what: string;
  /** Of the newest change it was told; 0 before the first. */
  readonly lastRevision: number;
}

/** What a lane of time is to the bench: a cluster with a name of its own. */
export interface BenchLane {
  readonly id: number;
  readonly cluster: Cluster;
}

interface LaneTools {
  readonly cluster: Cluster;
  readonly recorder: Recorder;
  readonly clients: ClientDesk;
}

export class Bench {
  /** In the order of the tabs. */
  open: readonly DrawerName[] = $state.raw([]);
  watches: readonly WatchNote[] = $state.raw([]);
  message: InspectedMessage | null = $state.raw(null);

  /** Each lane has its own past and its own clients: what was answered on one proves nothing about another. */
  readonly #lanes = new Map<number, LaneTools>();
  #tools: LaneTools = $state.raw(null as unknown as LaneTools);

  constructor(first: BenchLane) {
    this.enter(first);
  }

  get recorder(): Recorder {
    return this.#tools.recorder;
  }

  get clients(): ClientDesk {
    return this.#tools.clients;
  }

  /** This lane is on the stage now. */
  enter({ id, cluster }: BenchLane): void {
    let tools = this.#lanes.get(id);
    if (tools === undefined || tools.cluster !== cluster) {
      const recorder = new Recorder();
      tools = { cluster, recorder, clients: new ClientDesk(cluster) };
      recorder.isListening = cluster.listen !== undefined;
      cluster.listen?.((flights, lost) => recorder.hear(flights, lost));
      this.#lanes.set(id, tools);
    }
    if (this.#tools !== tools) this.#tools = tools;
  }

  isOpen(name: DrawerName): boolean {
    return this.open.includes(name);
  }

  toggle(name: DrawerName): void {
    if (this.isOpen(name)) this.open = this.open.filter((one) => one !== name);
    else if (PAIR.includes(name)) {
      this.open = PAIR.filter((one) => one === name || this.isOpen(one));
    } else this.open = [name];
  }

  /** Every frame of the present. */
  take(lane: BenchLane, frame: ClusterFrame): void {
    this.enter(lane);
    this.#tools.recorder.take(frame, lane.cluster.now());
  }

  /** A new cluster in the old one's place. */
  reset(): void {
    this.recorder.reset();
    this.clients.reset();
    this.message = null;
  }
}
