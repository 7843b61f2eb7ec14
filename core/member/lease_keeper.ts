// Who counts a lease's time: the leader alone, in ticks of its own clock (the primary half of etcd's lease/lessor.go).
// That a lease exists is in the log; how much time it has left is only here, and is lost with the leader. So a new
// leader gives every lease its whole time again, and one election timeout on top for the clients that could not reach
// anyone meanwhile: a lease may live longer than it was granted, never shorter.

import { Heap } from "../base/heap.ts";
import type { Lease } from "../kv/lease_book.ts";
import type { LeaseId } from "../kv/requests.ts";
import type { Timing } from "./options.ts";

/** Leases revoked in a second, at most. (leaseRevokeRate) */
const REVOKED_PER_SECOND_MAX = 1_000;

interface Deadline {
  readonly id: LeaseId;
  readonly atTick: number;
}

export interface LeaseKeeperState {
  readonly deadlines: readonly (readonly [LeaseId, number])[];
  /** As the heap holds them; a lease that was renewed has outdated ones among them. */
  readonly queue: readonly Deadline[];
  readonly revoking: readonly (readonly [LeaseId, number])[];
  readonly leads: boolean;
}

export class LeaseKeeper {
  readonly #timing: Timing;
  /** The tick at which each lease is over. Invariant, while leading: one for every lease of the store. */
  #deadlines = new Map<LeaseId, number>();
  #queue = newQueue();
  /** Over, and proposed for revocation; proposed again at that tick if it is still there. */
  #revoking = new Map<LeaseId, number>();
  #leads = false;

  constructor(timing: Timing) {
    this.#timing = timing;
  }

  static restore(timing: Timing, state: LeaseKeeperState): LeaseKeeper {
    const keeper = new LeaseKeeper(timing);
    keeper.#deadlines = new Map(state.deadlines);
    for (const deadline of state.queue) keeper.#queue.push(deadline);
    keeper.#revoking = new Map(state.revoking);
    keeper.#leads = state.leads;
    return keeper;
  }

  capture(): LeaseKeeperState {
    return {
      deadlines: [...this.#deadlines],
      queue: [...this.#queue.items()],
      revoking: [...this.#revoking],
      leads: this.#leads,
    };
  }

  /** True from `promote` to `demote`: only then are there answers. */
  get leads(): boolean {
    return this.#leads;
  }

  /** Leases being counted. */
  get count(): number {
    return this.#deadlines.size;
  }

  /** This member leads and has applied everything of earlier terms. */
  promote(leases: readonly Lease[], tick: number): void {
    this.demote();
    this.#leads = true;
    for (const { id, grantedTtl } of leases) {
      this.#setDeadline(id, tick + this.#ticksOf(grantedTtl) + this.#timing.electionTicks);
    }
  }

  /** Someone else leads, or nobody. */
  demote(): void {
    this.#leads = false;
    this.#deadlines.clear();
    this.#revoking.clear();
    this.#queue = newQueue();
  }

  granted({ id, grantedTtl }: Lease, tick: number): void {
    if (this.#leads) this.#setDeadline(id, tick + this.#ticksOf(grantedTtl));
  }

  /** The log has revoked it. Its place in the queue is passed over when its time comes. */
  revoked(id: LeaseId): void {
    this.#deadlines.delete(id);
    this.#revoking.delete(id);
  }

  /** Gives a lease its whole time again; false when there is none or it is over: what is being revoked stays so. */
  renew({ id, grantedTtl }: Lease, tick: number): boolean {
    if (!this.#isAlive(id, tick)) return false;
    this.#setDeadline(id, tick + this.#ticksOf(grantedTtl));
    return true;
  }

  /** Whole seconds surely left; -1 when there is no such lease or it is over. */
  secondsLeft(id: LeaseId, tick: number): number {
    if (!this.#isAlive(id, tick)) return -1;
    // The tick that is running is counted as gone, as it may be.
    const ticksLeft = this.#deadlines.get(id)! - tick - 1;
    // The second that is running counts as gone too: a lease of ten seconds has nine and a little, as etcd tells it.
    return Math.max(0, Math.ceil((ticksLeft * this.#timing.tickMs) / 1000) - 1);
  }

  /** Leases to propose for revocation now: those that are over, and those whose revocation seems lost. */
  takeDue(tick: number): readonly LeaseId[] {
    const due: LeaseId[] = [];
    const countMax = Math.max(1, Math.floor((REVOKED_PER_SECOND_MAX * this.#timing.tickMs) / 1000));
    for (const [id, againAtTick] of this.#revoking) {
      if (againAtTick <= tick && due.length < countMax) due.push(id);
    }
    while (due.length < countMax && (this.#queue.peek()?.atTick ?? Infinity) <= tick) {
      const { id, atTick } = this.#queue.pop()!;
      if (this.#deadlines.get(id) === atTick && !this.#revoking.has(id)) due.push(id);
    }
    for (const id of due) {
      this.#revoking.delete(id);
      this.#revoking.set(id, tick + this.#timing.electionTicks);
    }
    return due;
  }

  #isAlive(id: LeaseId, tick: number): boolean {
    return (this.#deadlines.get(id) ?? -Infinity) > tick;
  }

  #setDeadline(id: LeaseId, atTick: number): void {
    if (this.#deadlines.get(id) === atTick) return;
    this.#deadlines.set(id, atTick);
    this.#queue.push({ id, atTick });
  }

  /** One more than the seconds need: the first tick may come at once. */
  #ticksOf(seconds: number): number {
    return Math.ceil((seconds * 1000) / this.#timing.tickMs) + 1;
  }
}

/** Seconds to live that a lease gets at least: one and a half election timeouts, in whole seconds. (MinLeaseTTL) */
export function leaseTtlMin({ electionTicks, tickMs }: Timing): number {
  return Math.ceil((Math.floor((3 * electionTicks) / 2) * tickMs) / 1000);
}

function newQueue(): Heap<Deadline> {
  return new Heap((a, b) => a.atTick < b.atTick || (a.atTick === b.atTick && a.id < b.id));
}
