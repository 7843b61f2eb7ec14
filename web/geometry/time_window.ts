// The stretch of time that the time bar shows: the present at a fixed place, or a window that holds still while
// somebody looks at the past in it.

/** Virtual milliseconds at x = 0 and pixels per millisecond. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly perMs: number;
}

export interface WindowWish {
  /** Pixels, and the share of them that lies left of the present. */
  readonly width: number;
  readonly nowX: number;
  /** Milliseconds between the left edge and the present. */
  readonly spanMs: number;
  readonly nowMs: number;
  /** The moment looked at; null for the present. */
  readonly atMs: number | null;
}

/** Keeps the moment in sight: the window follows it back only when it would leave on the left. */
export function timeWindow({ nowX, spanMs, nowMs, atMs }: WindowWish): TimeWindow {
  const perMs = nowX / spanMs;
  const fromMs = nowMs - spanMs;
  if (atMs === null || atMs >= fromMs + spanMs * 0.02) return { fromMs, perMs };
  return { fromMs: atMs - spanMs * 0.3, perMs };
}

export function xOf({ fromMs, perMs }: TimeWindow, ms: number): number {
  return (ms - fromMs) * perMs;
}

export function msAt({ fromMs, perMs }: TimeWindow, x: number): number {
  return fromMs + x / perMs;
}
