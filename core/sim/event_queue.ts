// Virtual time: what will happen, earliest first, and in the order it was planned where two things fall on the same
// millisecond. Events are plain data, so that a keyframe can hold the future too.

import { Heap } from "../base/heap.ts";
import type { MemberId } from "../base/ids.ts";
import type { ClientRequest, WatchMessage } from "../member/io.ts";

export type SimEvent =
  | { readonly kind: "tick"; readonly member: MemberId; readonly start: number }
  /** `start` numbers a member's starts: what was meant for an earlier life finds nobody. */
  | { readonly kind: "written"; readonly member: MemberId; readonly start: number; readonly writeId: number }
  /** The disk has no room for the write in flight. */
  | { readonly kind: "refusedWrite"; readonly member: MemberId; readonly start: number }
  | { readonly kind: "frame"; readonly from: MemberId; readonly to: MemberId; readonly frame: Uint8Array }
  | {
    readonly kind: "request";
    readonly member: MemberId;
    readonly requestId: number;
    readonly request: ClientRequest;
  }
  /** A client speaks on a stream it opened, takes its responses, or goes. */
  | {
    readonly kind: "say";
    readonly member: MemberId;
    readonly requestId: number;
    readonly message: WatchMessage;
  }
  | {
    readonly kind: "taken";
    readonly member: MemberId;
    readonly requestId: number;
    readonly count: number;
  }
  | { readonly kind: "cancel"; readonly member: MemberId; readonly requestId: number }
  /** A plan of the fault injector or of clients: the owner knows what `what` means. */
  | { readonly kind: "plan"; readonly owner: PlanOwner; readonly what: string };

export type PlanOwner = "faults" | "workload" | "sessions";

export interface PlannedEvent {
  readonly atMs: number;
  readonly order: number;
  readonly event: SimEvent;
}

export interface EventQueueState {
  readonly planned: readonly PlannedEvent[];
  readonly nowMs: number;
  readonly nextOrder: number;
}

/** When a frame that is held falls due: later than any run ends. */
export const HELD_AT_MS = 2 ** 45;
/** More than any run's count of events. */
const AHEAD = 2 ** 52;

export class EventQueue {
  #heap = new Heap<PlannedEvent>(isBefore);
  #nowMs = 0;
  #nextOrder = 0;

  static restore(state: EventQueueState): EventQueue {
    const queue = new EventQueue();
    for (const planned of state.planned) queue.#heap.push(planned);
    queue.#nowMs = state.nowMs;
    queue.#nextOrder = state.nextOrder;
    return queue;
  }

  capture(): EventQueueState {
    return { planned: [...this.#heap.items()], nowMs: this.#nowMs, nextOrder: this.#nextOrder };
  }

  get nowMs(): number {
    return this.#nowMs;
  }

  get size(): number {
    return this.#heap.size;
  }

  /** When the next event is due; null when nothing is planned. */
  get nextAtMs(): number | null {
    return this.#heap.peek()?.atMs ?? null;
  }

  /**
   * @param delayMs whole milliseconds from now, >= 0.
   * @param first ahead of everything else on that millisecond, whenever that was planned.
   */
  plan(delayMs: number, event: SimEvent, first = false): void {
    const order = this.#nextOrder++ - (first ? AHEAD : 0);
    this.#heap.push({ atMs: this.#nowMs + delayMs, order, event });
  }

  /** The event at this place in the queue's numbering; null when it has been taken or never was. */
  find(order: number): PlannedEvent | null {
    return this.#heap.items().find((planned) => planned.order === order) ?? null;
  }

  /** Lets a planned event fall due at another time, under its own number; null: never. */
  move(order: number, atMs: number | null): void {
    const planned = [...this.#heap.items()];
    this.#heap = new Heap<PlannedEvent>(isBefore);
    for (const each of planned) {
      if (each.order !== order) this.#heap.push(each);
      else if (atMs !== null) this.#heap.push({ ...each, atMs });
    }
  }

  /** Moves time to the next event and takes it. */
  take(): SimEvent | null {
    const planned = this.#heap.pop();
    if (!planned) return null;
    this.#nowMs = planned.atMs;
    return planned.event;
  }

  /** Lets time pass without an event. Never beyond the next one. */
  passTo(atMs: number): void {
    this.#nowMs = Math.max(this.#nowMs, Math.min(atMs, this.nextAtMs ?? atMs));
  }

  /** The planned events in no particular order, for views. */
  planned(): readonly PlannedEvent[] {
    return this.#heap.items();
  }
}

function isBefore(a: PlannedEvent, b: PlannedEvent): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}
