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

export class Bench {
  readonly clients: ClientDesk;
  readonly recorder = new Recorder();
  /** In the order of the tabs. */
  open: readonly DrawerName[] = $state.raw([]);
  watches: readonly WatchNote[] = $state.raw([]);
  message: InspectedMessage | null = $state.raw(null);
  /** A moment somebody pointed at in a drawer, in virtual milliseconds: whoever can travel there may take it. */
  pointedMs: number | null = $state(null);

  constructor(cluster: Cluster) {
    this.clients = new ClientDesk(cluster);
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

  take(frame: ClusterFrame, nowMs: number): void {
    this.recorder.take(frame, nowMs);
  }

  reset(): void {
    this.recorder.reset();
    this.clients.reset();
    this.message = null;
    this.pointedMs = null;
  }
}
