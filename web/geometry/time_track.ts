// The time bar: what happened, as small marks over a ribbon of who led. The newest moment stands still at the playhead
// and the past runs off to the left.

import { scaleLinear, scaleLog } from "d3";
import type { Term } from "../../core/base/ids.ts";

export type TrackMark =
  | "preVote"
  | "candidate"
  | "voteYes"
  | "leader"
  | "leaderLost"
  | "commit"
  | "request"
  | "crash"
  | "cut"
  | "back"
  | "snapshot";

export interface TrackEvent {
  readonly number: number;
  readonly atMs: number;
  readonly mark: TrackMark;
}

/** A span in which one member led with a quorum behind it; `toMs` is null while it lasts. */
export interface LeaderSpan {
  readonly fromMs: number;
  readonly toMs: number | null;
  readonly term: Term;
}

/** Pixels per virtual millisecond when `spanMs` of the past fit left of the playhead. */
export function trackScale(playheadX: number, spanMs: number): (durationMs: number) => number {
  return scaleLinear([0, spanMs], [0, playheadX]);
}

/** What is worth the most ink when two marks would touch. */
const WEIGHT: Readonly<Record<TrackMark, number>> = {
  leader: 9,
  crash: 8,
  cut: 8,
  back: 7,
  leaderLost: 6,
  snapshot: 5,
  candidate: 4,
  request: 3,
  preVote: 2,
  voteYes: 2,
  commit: 1,
};

/** Leaves out marks that would touch a weightier one. Order is kept. @param gapMs the least distance of two marks. */
export function thinTrack(events: readonly TrackEvent[], gapMs: number): TrackEvent[] {
  const kept: TrackEvent[] = [];
  for (const event of events) {
    // Commits are ticks below the marks' row: they only thin among themselves.
    const row = event.mark === "commit";
    let rival = kept.length - 1;
    while (rival >= 0 && (kept[rival]!.mark === "commit") !== row) rival--;
    const last = kept[rival];
    if (last === undefined || event.atMs - last.atMs >= gapMs) kept.push(event);
    else if (WEIGHT[event.mark] > WEIGHT[last.mark]) {
      kept.splice(rival, 1);
      kept.push(event);
    }
  }
  return kept;
}

/** The speed slider: its travel from 0 to 1000 is logarithmic between 1/1000 and 1. */
const speedScale = scaleLog([1 / 1000, 1], [0, 1000]).clamp(true);

export function speedToTravel(scale: number): number {
  return Math.round(speedScale(scale));
}

/** A slider's place as a speed, kept to simple fractions: 1/80, 1/50, 1/2. */
export function travelToSpeed(travel: number): number {
  return simpleSpeed(speedScale.invert(travel));
}

/** The stops of `[` and `]`, slowest first. */
export const SPEED_STOPS = [1 / 1000, 1 / 400, 1 / 160, 1 / 80, 1 / 40, 1 / 20, 1 / 10, 1 / 4, 1] as const;

export function nextSpeed(scale: number, direction: 1 | -1): number {
  const near = 1e-6;
  return direction === 1
    ? SPEED_STOPS.find((stop) => stop > scale + near) ?? SPEED_STOPS[SPEED_STOPS.length - 1]!
    : SPEED_STOPS.findLast((stop) => stop < scale - near) ?? SPEED_STOPS[0];
}

function simpleSpeed(scale: number): number {
  const divisor = 1 / scale;
  const step = divisor > 200 ? 50 : divisor > 100 ? 20 : divisor > 20 ? 10 : divisor > 10 ? 5 : 1;
  return 1 / Math.max(1, Math.round(divisor / step) * step);
}
