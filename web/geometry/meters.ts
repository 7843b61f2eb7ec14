// Six figures over the last minute of cluster time, second by second, all by one clock. Where nobody led there is a
// hole, not a zero: what could not be measured is not measured as nothing.

import type { LeaderSample } from "../state/recorder.ts";
import type { DeskOperation } from "../state/client_desk.svelte.ts";
import type { ClusterEvent, Flight } from "../../workers/browser/cluster_api.ts";

export const METER_SECONDS = 60;

/** One value a second, oldest first; null: not known, or nobody led. */
export type Series = readonly (number | null)[];

export interface Election {
  /** Seconds before now. */
  readonly ago: number;
  readonly member: string;
  readonly term: number;
}

export interface Meters {
  readonly writes: Series;
  /** Milliseconds from the leader's log to the quorum, for half of the commits and for 99 in 100. */
  readonly commitHalf: Series;
  readonly commitMost: Series;
  readonly messages: Series;
  /** Kilobytes. */
  readonly bytes: Series;
  readonly syncs: Series;
  readonly elections: readonly Election[];
  /** Spans without a leader, in seconds before now: [from, to]. */
  readonly outages: readonly (readonly [number, number])[];
}

interface Told {
  readonly flights: readonly Flight[];
  readonly events: readonly ClusterEvent[];
  readonly leaders: readonly LeaderSample[];
  readonly operations: readonly DeskOperation[];
  /** When the page began to look. */
  readonly startMs: number;
  readonly nowMs: number;
}

export function measure(told: Told): Meters {
  const { nowMs, startMs } = told;
  const endMs = nowMs;
  const place = (ms: number): number => METER_SECONDS - 1 - Math.floor((endMs - ms) / 1000);
  const outages = outagesOf(told);
  const isKnown = (at: number): boolean => {
    const fromMs = endMs - (METER_SECONDS - at) * 1000;
    return fromMs + 1000 > startMs;
  };
  const isDark = (at: number): boolean => {
    const ago = METER_SECONDS - at;
    return outages.some(([from, to]) => from >= ago && to <= ago - 1);
  };
  const series = (moments: Iterable<readonly [number, number]>): Series => {
    const sums = new Array<number>(METER_SECONDS).fill(0);
    for (const [ms, amount] of moments) {
      const at = place(ms);
      if (at >= 0 && at < METER_SECONDS) sums[at]! += amount;
    }
    return sums.map((sum, at) => (!isKnown(at) || (sum === 0 && isDark(at)) ? null : sum));
  };

  const leaderAt = leaderLookup(told.leaders);
  const fromLeader = told.flights.filter((flight) => flight.from === leaderAt(flight.sentAtMs));
  const writes = told.operations.filter(({ outcome, request }) =>
    outcome === "ok" && request.kind !== "range"
  );
  const latencies = commitLatencies(told);
  const quantile = (share: number): Series => {
    const buckets = Array.from({ length: METER_SECONDS }, (): number[] => []);
    for (const [ms, took] of latencies) buckets[place(ms)]?.push(took);
    return buckets.map((bucket) => {
      if (bucket.length === 0) return null;
      bucket.sort((a, b) => a - b);
      return bucket[Math.min(bucket.length - 1, Math.ceil(share * bucket.length) - 1)]!;
    });
  };
  return {
    writes: series(writes.map(({ returnedAtMs }) => [returnedAtMs ?? 0, 1] as const)),
    commitHalf: quantile(0.5),
    commitMost: quantile(0.99),
    messages: series(fromLeader.map(({ sentAtMs }) => [sentAtMs, 1] as const)),
    bytes: series(fromLeader.map(({ sentAtMs, sizeBytes }) => [sentAtMs, (sizeBytes ?? 0) / 1000] as const)),
    syncs: series(
      told.events.flatMap(({ atMs, event }) => (event.kind === "writeDurable" ? [[atMs, 1] as const] : [])),
    ),
    elections: told.events.flatMap(({ atMs, member, event }) =>
      event.kind === "role" && event.role === "leader" && endMs - atMs <= METER_SECONDS * 1000
        ? [{ ago: (endMs - atMs) / 1000, member: member ?? "", term: event.term }]
        : []
    ),
    outages,
  };
}

/** The newest whole second that was measured; null when none was. */
export function latest(series: Series): number | null {
  for (let at = METER_SECONDS - 2; at >= 0; at--) if (series[at] !== null) return series[at]!;
  return null;
}

/** A round number at or above every value: the top of the scale. */
export function scaleTop(...all: readonly Series[]): number {
  const highest = Math.max(1, ...all.flatMap((series) => series.map((value) => value ?? 0)));
  const step = 10 ** Math.floor(Math.log10(highest));
  return ([1, 2, 4, 5, 10].find((factor) => factor * step >= highest) ?? 10) * step;
}

/** A line through the values, broken at every hole. */
export function linePath(
  series: Series,
  { width, height, top }: { width: number; height: number; top: number },
): string {
  const step = width / (METER_SECONDS - 1);
  let path = "";
  let pen = false;
  series.forEach((value, at) => {
    if (value === null) {
      pen = false;
      return;
    }
    const y = height - (Math.min(value, top) / top) * height;
    path += `${pen ? "L" : "M"}${(at * step).toFixed(1)} ${y.toFixed(1)}`;
    // A lone value is a dot, drawn as the shortest of lines.
    if (!pen && (series[at + 1] ?? null) === null) path += "h.01";
    pen = true;
  });
  return path;
}

function outagesOf({ leaders, nowMs }: Told): [number, number][] {
  const ago = (ms: number) => Math.min(METER_SECONDS, (nowMs - ms) / 1000);
  return leaders.flatMap(({ atMs, id }, at): [number, number][] => {
    if (id !== null) return [];
    const endMs = leaders[at + 1]?.atMs ?? nowMs;
    return nowMs - endMs > METER_SECONDS * 1000 ? [] : [[ago(atMs), ago(endMs)]];
  });
}

function leaderLookup(leaders: readonly LeaderSample[]): (ms: number) => string | null {
  return (ms) => {
    for (let at = leaders.length - 1; at >= 0; at--) if (leaders[at]!.atMs <= ms) return leaders[at]!.id;
    return leaders[0]?.id ?? null;
  };
}

/** When each entry was known committed by the leader that had taken it in, and how long that took. */
function commitLatencies({ events }: Told): (readonly [number, number])[] {
  const taken = new Map<string, { atMs: number; last: number }[]>();
  const found: (readonly [number, number])[] = [];
  const leading = new Set<string>();
  for (const { atMs, member, event } of events) {
    const id = member ?? "";
    if (event.kind === "role") {
      if (event.role === "leader") leading.add(id);
      else leading.delete(id);
      taken.delete(id);
    } else if (event.kind === "appended" && (leading.has(id) || leading.size === 0)) {
      taken.set(id, [...(taken.get(id) ?? []), { atMs, last: event.last }]);
    } else if (event.kind === "committed") {
      const waiting = taken.get(id) ?? [];
      for (const { atMs: tookAtMs, last } of waiting) {
        if (last <= event.index) found.push([atMs, atMs - tookAtMs]);
      }
      taken.set(id, waiting.filter(({ last }) => last > event.index));
    }
  }
  return found;
}
