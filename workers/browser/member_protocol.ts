// What a page and a member's worker say to each other. Control goes through Comlink, a call for each; reports come
// back on a port, one message for everything that happened in a few milliseconds.

import type { ClientRequest, ClientResponse, WatchCreate } from "../../core/member/io.ts";
import type { JournalStep, LifeStart } from "../../core/member/replay.ts";
import type { TraceEvent } from "../../core/member/trace.ts";
import type { MemberView } from "../../core/member/view.ts";
import type { ClusterPlan, Flight } from "./cluster_api.ts";
import type { DiskTrouble } from "./operations.ts";
import type { LinkState } from "./link_state.ts";
import type { ClockNotice } from "./virtual_clock.ts";

export interface MemberStart {
  /** 0 for infra1. */
  readonly place: number;
  readonly plan: ClusterPlan;
  /** Names this cluster among all that ever lived in this browser. */
  readonly incarnation: string;
  /** Milliseconds since 1970; different for each start of this member. */
  readonly startId: number;
  /** How often this tab has started this member before. */
  readonly startCount: number;
  readonly clock: ClockNotice;
  readonly links: LinkState;
  readonly disk: DiskTrouble;
}

/** The verbs a page has over a worker. */
export interface MemberControl {
  /** Once, first. What becomes of it is told on the port. */
  start(start: MemberStart, reports: MessagePort, journal: MessagePort): void;
  setClock(notice: ClockNotice): void;
  setLinks(links: LinkState): void;
  setDisk(trouble: DiskTrouble): void;
  /** The member's own clock stands still; frames, finished writes and requests wait. (SIGSTOP) */
  pause(): void;
  resume(): void;
  /** Never settles when the member stops first. `askId` is the page's own number for it. */
  request(askId: number, request: ClientRequest): Promise<ClientResponse>;
  /** Opens a stream with one watch; what it says arrives on `responses`, one message for each, until it ends. */
  watch(askId: number, create: WatchCreate, responses: MessagePort): void;
  /** Nobody waits for this answer, or listens to this watch, any more. */
  cancel(askId: number): void;
}

/** What a member's worker tells the historian, on a port of its own for each life. */
export type LifeReport =
  | { readonly kind: "began"; readonly life: LifeStart }
  | {
    readonly kind: "page";
    readonly steps: readonly JournalStep[];
    readonly flights: readonly Flight[];
    readonly lost: readonly string[];
  };

/** What a watch's port carries. */
export interface WatchNews {
  readonly response: ClientResponse;
  /** The stream is over. */
  readonly last: boolean;
}

export interface TimedEvent {
  readonly atMs: number;
  readonly event: TraceEvent;
}

export type MemberReport =
  /** Someone else holds this member; the worker waits for them to let go. */
  | { readonly kind: "elsewhere" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "stopped"; readonly why: string }
  | {
    readonly kind: "batch";
    readonly view: MemberView;
    readonly viewAtMs: number;
    readonly events: readonly TimedEvent[];
    readonly flights: readonly Flight[];
    /** Message ids of flights that did not land after all. */
    readonly lost: readonly string[];
    /** Dropped on this member's side so far. */
    readonly dropped: DroppedCounts;
  };

export interface DroppedCounts {
  /** Messages on its channel that are none of this cluster's. */
  readonly strangers: number;
  /** Frames that hold no message. */
  readonly malformed: number;
  /** Frames that found the queue full. */
  readonly overflow: number;
}
