// One clock for a cluster in a tab. The page leads: it owns a `ClockRecord` and tells every worker of each change;
// a worker follows: it derives virtual time from the record and the real time both can read,
// `performance.timeOrigin + performance.now()`.
//
// The page lends the time in short leases, renewed with its animation frames. Beyond the lease virtual time stands
// still, for page and workers alike, without a message: a hidden tab, a sleeping laptop or a page stuck in a
// debugger cannot leave the members running on unseen, and what was missed is never caught up. When the page comes
// back it begins a new record where the lease ended.

import { assert } from "../../core/base/assert.ts";
import type { ClockRecord } from "./cluster_api.ts";

/** A page frame later than this pauses the clock. */
export const LEASE_MS = 500;
/** A lease with less than this left is renewed; so a worker hears of it about five times a second. */
const RENEW_BELOW_MS = 300;
/** Virtual seconds per real second: a thousandth to the real thing. */
export const SCALE_MIN = 1 / 1000;
export const SCALE_MAX = 1;
/** Two contexts of a page agree on real time to well below this, unless the machine's clock was set between them. */
const SKEW_MS_MIN = 1000;

/** What the page tells its workers. */
export interface ClockNotice {
  readonly record: ClockRecord;
  /** Real time, as the page reads it, beyond which virtual time stands still. */
  readonly leaseUntilMs: number;
  /** When the page sent this, by its own reading. */
  readonly sentAtMs: number;
}

/** Milliseconds since 1970, never set back while a context lives, comparable between a page and its workers. */
export function realNow(): number {
  return performance.timeOrigin + performance.now();
}

/** Virtual time at a real instant, as the record alone has it. */
export function virtualAt(record: ClockRecord, realMs: number): number {
  if (record.paused) return record.virtualOriginMs;
  return record.virtualOriginMs + Math.max(0, realMs - record.realOriginMs) * record.scale;
}

/** The page's side: makes records. Each method returns what changed, to be told to the workers; null: nothing. */
export class LeadingClock {
  #record: ClockRecord;
  #leaseUntilMs: number;
  readonly #realNow: () => number;

  /** Starts running. @param virtualOriginMs where virtual time begins. */
  constructor(scale: number, readReal: () => number = realNow, virtualOriginMs = 0) {
    this.#realNow = readReal;
    const realOriginMs = readReal();
    this.#record = { virtualOriginMs, realOriginMs, scale, paused: false, pausedBecause: null };
    this.#leaseUntilMs = realOriginMs + LEASE_MS;
  }

  get record(): ClockRecord {
    return this.#record;
  }

  now(): number {
    return virtualAt(this.#record, Math.min(this.#realNow(), this.#leaseUntilMs));
  }

  notice(): ClockNotice {
    return { record: this.#record, leaseUntilMs: this.#leaseUntilMs, sentAtMs: this.#realNow() };
  }

  /** @param scale virtual seconds per real second, brought within SCALE_MIN and SCALE_MAX. */
  setScale(scale: number): ClockNotice | null {
    assert(Number.isFinite(scale), () => `a clock scale of ${scale}`);
    const kept = Math.min(SCALE_MAX, Math.max(SCALE_MIN, scale));
    return kept === this.#record.scale ? null : this.#begin({ scale: kept });
  }

  /** @param because null when the user asked for it; a pause by the user outlasts any other. */
  pause(because: ClockRecord["pausedBecause"]): ClockNotice | null {
    const { paused, pausedBecause } = this.#record;
    if (paused && (pausedBecause === null || because !== null)) return null;
    return this.#begin({ paused: true, pausedBecause: because });
  }

  resume(): ClockNotice | null {
    return this.#record.paused ? this.#begin({ paused: false, pausedBecause: null }) : null;
  }

  /**
   * To be called with every animation frame: keeps the lease alive. When the lease had run out, the frame is late:
   * the clock goes on from where it stopped, and `late` says so.
   */
  frame(): { readonly notice: ClockNotice | null; readonly late: boolean } {
    if (this.#record.paused) return { notice: null, late: false };
    const realMs = this.#realNow();
    if (realMs > this.#leaseUntilMs) return { notice: this.#begin({}), late: true };
    if (this.#leaseUntilMs - realMs >= RENEW_BELOW_MS) return { notice: null, late: false };
    this.#leaseUntilMs = realMs + LEASE_MS;
    return { notice: this.notice(), late: false };
  }

  /** Every change begins a new record here and now: virtual time never jumps. */
  #begin(change: Partial<Pick<ClockRecord, "scale" | "paused" | "pausedBecause">>): ClockNotice {
    const virtualOriginMs = this.now();
    const realOriginMs = this.#realNow();
    this.#record = { ...this.#record, ...change, virtualOriginMs, realOriginMs };
    this.#leaseUntilMs = realOriginMs + LEASE_MS;
    return this.notice();
  }
}

/** A worker's side: reads virtual time from the newest notice. Never goes back, even where a new record would. */
export class FollowingClock {
  #notice: ClockNotice;
  /** How far this context's real time is ahead of the page's. */
  #skewMs = 0;
  #latestMs = 0;
  readonly #realNow: () => number;

  constructor(first: ClockNotice, readReal: () => number = realNow) {
    this.#notice = first;
    this.#realNow = readReal;
    this.#skewMs = this.#skewSeenBy(first);
  }

  apply(notice: ClockNotice): void {
    // Read once by the old notice, so that what was reached by it is never taken back.
    this.now();
    this.#notice = notice;
    this.#skewMs = this.#skewSeenBy(notice);
  }

  now(): number {
    const realMs = Math.min(this.#realNow() - this.#skewMs, this.#notice.leaseUntilMs);
    this.#latestMs = Math.max(this.#latestMs, virtualAt(this.#notice.record, realMs));
    return this.#latestMs;
  }

  /**
   * Real milliseconds until virtual time reaches `virtualMs`; 0 when it has. Null while the present lease does not
   * reach that far or the clock is paused: then the next notice is the time to ask again.
   */
  realMsUntil(virtualMs: number): number | null {
    if (this.now() >= virtualMs) return 0;
    const { record, leaseUntilMs } = this.#notice;
    if (record.paused) return null;
    const atMs = record.realOriginMs + (virtualMs - record.virtualOriginMs) / record.scale;
    return atMs > leaseUntilMs ? null : Math.max(0, atMs - (this.#realNow() - this.#skewMs));
  }

  /**
   * A context begun after the machine's clock was set, or after a sleep, reads another real time than the page. The
   * notice's own time of sending shows it; what a notice merely waited for a busy worker is nearly always less, and
   * the next notice, a moment later, mends it where it was not.
   */
  #skewSeenBy(notice: ClockNotice): number {
    const apartMs = this.#realNow() - notice.sentAtMs;
    return Math.abs(apartMs) >= SKEW_MS_MIN ? apartMs : 0;
  }
}
