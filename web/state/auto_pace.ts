// Speed by itself: waits in which nothing can be seen but timers running out take three seconds at most, elections and
// everything else keep the pace at which a message can be followed with the eye.

import type { ClusterFrame } from "../../workers/browser/cluster_api.ts";
import { leaderOf, nextToStrike, timingOf } from "./reading.ts";

const WAIT_REAL_MS_MAX = 3000;
/** A change smaller than this is not worth a new clock. */
const CHANGE_SHARE_MIN = 0.25;

/** The pace of each profile when there is something to see: a message flies about a second. */
export function calmScale(frame: ClusterFrame): number {
  return frame.plan.profile === "teaching" ? 1 / 80 : 1;
}

export class AutoPace {
  #begun = false;
  #waitScale: number | null = null;

  /** The speed to change to, or null to leave it. The opening is the host's: it hurries to the first leader. */
  wish(frame: ClusterFrame): number | null {
    const leader = leaderOf(frame);
    this.#begun ||= leader !== null;
    if (!this.#begun || frame.clock.paused) return null;
    const calm = calmScale(frame);
    const next = leader === null ? nextToStrike(frame) : null;
    if (next === null) {
      this.#waitScale = null;
    } else {
      // The whole wait keeps the speed it began with: slowing down towards its end would be Zeno's race.
      const waitMs = Math.max(next.ticksLeft, 1) * timingOf(frame).tickMs;
      this.#waitScale ??= Math.max(calm, Math.min(waitMs / WAIT_REAL_MS_MAX, 1));
    }
    const wanted = this.#waitScale ?? calm;
    const change = Math.abs(wanted - frame.clock.scale) / frame.clock.scale;
    return change > CHANGE_SHARE_MIN ? wanted : null;
  }

  reset(): void {
    this.#begun = false;
    this.#waitScale = null;
  }
}
