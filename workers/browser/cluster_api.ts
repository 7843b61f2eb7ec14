// What the page sees of a cluster living in the tab, and what it may do to it. `ClusterHost` implements this over
// Web Workers; the page draws `ClusterFrame`s and calls the verbs, and knows nothing of workers, disks or channels.

import type { DiskImage, DiskOp } from "../../core/base/disk.ts";
import type { MemberId } from "../../core/base/ids.ts";
import type { ClientRequest, ClientResponse, WatchCreate } from "../../core/member/io.ts";
import type { MessageKind } from "../../core/raft/message.ts";
import type { TraceEvent } from "../../core/member/trace.ts";
import type { DiskTrouble, Operation } from "./operations.ts";
import type { RunViolation, SimRun, TimedAction } from "../../core/timeline/run.ts";
import type { MemberView } from "../../core/member/view.ts";

/** One clock for the whole cluster: virtualMs = virtualOriginMs + (real - realOriginMs) * scale, unless paused. */
export interface ClockRecord {
  readonly virtualOriginMs: number;
  /** `performance.timeOrigin + performance.now()` at the page when this record began. */
  readonly realOriginMs: number;
  /** Virtual milliseconds per real millisecond: 1/80 is teaching speed. */
  readonly scale: number;
  readonly paused: boolean;
  /** Why the clock stands still by itself: the tab was hidden, or the machine slept. Null when it runs, or the user paused. */
  readonly pausedBecause: "hidden" | "late" | null;
}

export type ProfileName = "teaching" | "etcd";
export type RulesName = "etcd" | "textbook";

export interface ClusterPlan {
  /** 1 to 9 members, named infra1 … infraN. */
  readonly size: number;
  readonly profile: ProfileName;
  readonly rules: RulesName;
  /** Draws election deadlines and link delays. */
  readonly seed: number;
}

export type HostedState =
  /** Its worker is starting: opening the disk, reading the log. */
  | "starting"
  | "running"
  /** Its own clock stands still; frames wait. (SIGSTOP) */
  | "paused"
  /** Its worker is terminated; only its disk is left. */
  | "stopped"
  /** It refuses to run; `why` says so in plain words. */
  | "refused"
  /** Another tab runs this member. */
  | "elsewhere";

export interface HostedMember {
  readonly name: string;
  readonly id: MemberId;
  readonly state: HostedState;
  /** A sentence for refused, elsewhere, or a stop that nobody asked for; null otherwise. */
  readonly why: string | null;
  /** The newest view; of a stopped member the last one seen. Null before the first. */
  readonly view: MemberView | null;
  /** Virtual time at which `view` was taken: timers are drawn onward from here. */
  readonly viewAtMs: number;
  /** What troubles its disk; undefined when nothing does. */
  readonly disk?: DiskTrouble;
}

/** A message on its way, or stopped by a cut link. */
export interface Flight {
  readonly messageId: string;
  readonly kind: MessageKind;
  readonly from: MemberId;
  readonly to: MemberId;
  readonly sentAtMs: number;
  /** When it lands; for a dropped one, when it would have. */
  readonly deliverAtMs: number;
  readonly dropped: boolean;
  /** Reply with a "no" in it. */
  readonly reject: boolean;
  /** A short sentence: "append 17..18, term 3", "vote for term 4". */
  readonly summary: string;
  /** Bytes on the wire; left out where nobody counted. */
  readonly sizeBytes?: number;
}

export interface LinkCut {
  readonly from: MemberId;
  readonly to: MemberId;
}

/** Something that happened, in the order it happened; the page makes its sentence from this. */
export interface ClusterEvent {
  /**
   * Different for each event, growing in the order in which the page heard of them. Reports of two members may
   * overtake each other by some milliseconds, so an event can take its place before one with a lower number.
   */
  readonly number: number;
  readonly atMs: number;
  readonly member: MemberId | null;
  readonly event:
    | TraceEvent
    /**
     * `verb` is the name of a verb below, with "cut one way" and "mend one way" for links in one direction. A clock
     * that stops or goes on by itself is "pauseClock" or "resumeClock" with the reason in `names`: "hidden", or
     * "late" when the page hung or the machine slept.
     */
    | { readonly kind: "operator"; readonly verb: string; readonly names: readonly string[] };
}

export interface ClusterFrame {
  readonly plan: ClusterPlan;
  readonly clock: ClockRecord;
  readonly members: readonly HostedMember[];
  readonly flights: readonly Flight[];
  readonly cuts: readonly LinkCut[];
  /** The newest events, oldest first, at most 500. */
  readonly events: readonly ClusterEvent[];
  /** What coming back to this cluster read from disk; null for a cluster that began in this tab. */
  readonly returned: { readonly entryCount: number; readonly memberCount: number } | null;
  /** This is a moment of the past, rebuilt; undefined for the present. */
  readonly past?: PastNote;
  /** Of a replayable run: its newest event, and the hash that names everything until then. */
  readonly run?: { readonly eventNumber: number; readonly hash: string };
  /** How often a member was held against the rules; undefined where the page itself must look. */
  readonly checkCount?: number;
  /** A rule of Raft broke here, and the run stands still. */
  readonly violation?: RunViolation | null;
}

export interface PastNote {
  readonly atMs: number;
  /** The replay said, step by step, exactly what was said then. */
  readonly agrees: boolean;
}

/** From when to when moments can be shown. */
export interface PastSpan {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface KeyAnswer {
  readonly key: string;
  readonly value: string;
  readonly modRevision: number;
  readonly version: number;
}

/** The verbs. A promise rejects with an Error whose message is a plain sentence (etcd's own words where it has any). */
export interface ClusterVerbs {
  /** A power cut: the worker is terminated on the spot. */
  crash(name: string): Promise<void>;
  restart(name: string): Promise<void>;
  pause(name: string): Promise<void>;
  resume(name: string): Promise<void>;
  /** Its election timer strikes now. */
  elect(name: string): Promise<void>;
  /** Stops messages from `a` to `b`; both ways unless `oneWay`. */
  cut(a: string, b: string, oneWay?: boolean): Promise<void>;
  mend(a: string, b: string, oneWay?: boolean): Promise<void>;
  /** Mends every link. */
  heal(): Promise<void>;
  /** Troubles of one member's disk, and changes of who is a member and who leads. */
  operate(operation: Operation): Promise<void>;
  put(key: string, value: string, at?: string): Promise<{ revision: number }>;
  get(key: string, options?: { at?: string; serializable?: boolean }): Promise<KeyAnswer | null>;
  del(key: string, at?: string): Promise<{ deleted: number; revision: number }>;
  /**
   * Anything that a client may ask of the member `at` (null: of whoever leads), and its answer, errors included. Rejects
   * like the verbs above when the member cannot be asked at all, or never answers.
   * @param told what the events say of it, as for "put" above; nothing when left out.
   */
  request(
    at: string | null,
    request: ClientRequest,
    told?: { readonly verb: string; readonly names: readonly string[] },
  ): Promise<ClientResponse>;
  /**
   * Opens a watch at the member `at` (null: at whoever leads) and hears of it until the returned function is called or
   * the stream ends; `onEnd` says why in plain words.
   */
  watch(
    at: string | null,
    create: WatchCreate,
    onResponse: (response: ClientResponse) => void,
    onEnd: (why: string) => void,
  ): () => void;
  /** A member's disk as it is now, whether or not the member runs: every file and its bytes. */
  diskImage(name: string): Promise<DiskImage>;
  /** Virtual seconds per real second, brought within 1/1000 and 1. Ends the hurry to the first leader. */
  speed(scale: number): void;
  pauseClock(): void;
  resumeClock(): void;
  /**
   * Throws away this cluster and its disks and starts another.
   * @param disks what each member's disk begins with, in the order of their names; left out: empty disks.
   */
  startOver(plan: ClusterPlan, disks?: FirstDisks): Promise<void>;
}

/** One list of operations for each member. */
export type FirstDisks = readonly (readonly DiskOp[])[];

/** A cluster that remembers. */
export interface ClusterMemory {
  /** Live: members in workers, whose past is replayed from their journals. Run: the simulator, all of it replayable. */
  readonly kind: "live" | "run";
  /** Null before there is any past. */
  readonly span: PastSpan | null;
  /** Events that are remembered, by time; the list grows in place. */
  readonly archive: readonly ClusterEvent[];
  /** The cluster as it was. Rejects with a plain sentence when that is out of reach. */
  frameAt(ms: number): Promise<ClusterFrame>;
  /** A run in the simulator that goes on from that moment, sharing nothing with this cluster. */
  branchAt(ms: number): Promise<SimRun>;
  /** What was done to this cluster so far, for a replay of the same plan. */
  readonly actions: readonly TimedAction[];
}

export interface Cluster extends ClusterVerbs, ClusterMemory {
  readonly frame: ClusterFrame;
  /** Virtual milliseconds now. */
  now(): number;
  /** Calls back after each new frame, at most once per animation frame. Returns the way to stop. */
  subscribe(onFrame: (frame: ClusterFrame) => void): () => void;
  /**
   * Hears of every message, and by id of those that did not land after all; frames leave out what landed between two
   * of them. Left out by a home whose frames tell them all. Returns the way to stop.
   */
  listen?(onMessages: (flights: readonly Flight[], lost: readonly string[]) => void): () => void;
  close(): void;
}

/** Why no cluster can live in this tab; the page shows a plain sentence for each. */
export type HomeTrouble = "noWorkers" | "noIndexedDb" | "noBroadcastChannel" | "noLocks" | "quota";
