// Space and time on paper: members as lanes, time to the right, messages as lines from lane to lane. Stretches in which
// nothing but heartbeats happened are folded to one width and counted, so that a minute of waiting takes no more room
// than a breath of it.

import { ticks } from "d3";
import type { Role } from "../../core/raft/types.ts";
import type { ClusterEvent, Flight, HostedMember } from "../../workers/browser/cluster_api.ts";
import { markOf, type MessageShape } from "./marks.ts";

export interface Fold {
  readonly fromMs: number;
  readonly toMs: number;
  readonly x: number;
  readonly width: number;
}

export interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly x: number;
  readonly width: number;
}

/** Time as a stretch of pixels with folds in it. */
export interface TimeRuler {
  readonly fromMs: number;
  readonly toMs: number;
  readonly pieces: readonly Piece[];
  readonly folds: readonly Fold[];
  x(ms: number): number;
  /** The moment at a place. */
  ms(x: number): number;
}

const FOLD_WIDTH = 84;
const FOLD_WIDTH_MIN = 30;

/**
 * A ruler from `fromMs` to `toMs` over `width` pixels.
 * @param busy spans of time in which something worth seeing happened, in any order.
 * @param quietMs a stretch without them at least this long is folded.
 */
export function timeRuler(
  busy: readonly (readonly [number, number])[],
  { fromMs, toMs, width, quietMs }: { fromMs: number; toMs: number; width: number; quietMs: number },
): TimeRuler {
  const margin = quietMs / 6;
  const spans: [number, number][] = [];
  for (const [start, end] of [...busy].sort((a, b) => a[0] - b[0])) {
    const [low, high] = [Math.max(fromMs, start - margin), Math.min(toMs, end + margin)];
    const last = spans[spans.length - 1];
    if (high <= low) continue;
    if (last !== undefined && low - last[1] < quietMs) last[1] = Math.max(last[1], high);
    else spans.push([low, high]);
  }
  const edges: { fromMs: number; toMs: number; folded: boolean }[] = [];
  let at = fromMs;
  for (const [low, high] of spans) {
    if (low - at >= quietMs) edges.push({ fromMs: at, toMs: low, folded: true });
    else if (low > at) edges.push({ fromMs: at, toMs: low, folded: false });
    edges.push({ fromMs: low, toMs: high, folded: false });
    at = high;
  }
  if (toMs > at) edges.push({ fromMs: at, toMs, folded: toMs - at >= quietMs });

  const folds = edges.filter(({ folded }) => folded).length;
  const openMs = edges.reduce((sum, edge) => (edge.folded ? sum : sum + edge.toMs - edge.fromMs), 0);
  const foldWidth = openMs === 0
    ? width / Math.max(1, folds)
    : Math.max(FOLD_WIDTH_MIN, Math.min(FOLD_WIDTH, (width * 0.4) / Math.max(1, folds)));
  const perMs = openMs === 0 ? 0 : Math.max(0, width - folds * foldWidth) / openMs;

  let x = 0;
  const placed = edges.map((edge) => {
    const own = edge.folded ? foldWidth : (edge.toMs - edge.fromMs) * perMs;
    const piece = { ...edge, x, width: own };
    x += own;
    return piece;
  });
  const share = (value: number, from: number, to: number) => (to <= from ? 0 : (value - from) / (to - from));
  return {
    fromMs,
    toMs,
    pieces: placed.filter(({ folded }) => !folded),
    folds: placed.filter(({ folded }) => folded),
    x(ms) {
      const piece = placed.find((one) => ms <= one.toMs) ?? placed[placed.length - 1];
      return piece === undefined
        ? 0
        : piece.x + Math.max(0, share(ms, piece.fromMs, piece.toMs)) * piece.width;
    },
    ms(place) {
      const piece = placed.find((one) => place <= one.x + one.width) ?? placed[placed.length - 1];
      if (piece === undefined) return fromMs;
      return piece.fromMs + share(place, piece.x, piece.x + piece.width) * (piece.toMs - piece.fromMs);
    },
  };
}

/** Round moments to write above the ruler, about one every `gap` pixels. */
export function rulerTicks(ruler: TimeRuler, gap: number): readonly number[] {
  return ruler.pieces.flatMap((piece) =>
    piece.width < gap / 2 ? [] : ticks(piece.fromMs, piece.toMs, Math.max(1, Math.floor(piece.width / gap)))
  );
}

/** A stretch of a member's life with one role and one term. */
export interface LaneSegment {
  readonly fromMs: number;
  readonly toMs: number;
  readonly role: Role | "learner" | "stopped";
  readonly term: number;
}

/** A member's life between two moments, from what was told of it; what came before is read off its first news. */
export function laneSegments(
  member: HostedMember,
  events: readonly ClusterEvent[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): readonly LaneSegment[] {
  let role: LaneSegment["role"] = "follower";
  let term = 0;
  let known = false;
  let since = fromMs;
  const segments: LaneSegment[] = [];
  const close = (atMs: number): void => {
    if (known && atMs > since) segments.push({ fromMs: since, toMs: atMs, role, term });
    since = Math.max(fromMs, atMs);
  };
  for (const { atMs, member: id, event } of events) {
    if (atMs > toMs) break;
    const own = id === member.id;
    if (own && event.kind === "role") {
      if (atMs > fromMs) close(atMs);
      [role, term, known] = [event.role, event.term, true];
    } else if (own && event.kind === "recovered") {
      if (atMs > fromMs) close(atMs);
      [role, term, known] = ["follower", event.term, true];
    } else if (event.kind === "operator" && event.verb === "crash" && event.names[0] === member.name) {
      if (atMs > fromMs) close(atMs);
      [role, known] = ["stopped", true];
    }
  }
  if (!known) {
    [role, term, known] = [
      member.state === "stopped" ? "stopped" : member.view?.role ?? "follower",
      member.view?.term ?? 0,
      true,
    ];
  }
  close(toMs);
  return segments;
}

/** A message as a line: where it leaves, and where it is or ended. */
export interface RayPicture {
  readonly flight: Flight;
  readonly shape: MessageShape;
  readonly reply: boolean;
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly state: "landed" | "flying" | "lost";
  /** Where its mark stands. */
  readonly markX: number;
  readonly markY: number;
}

/** Share of the way at which the mark of a landed message stands, near its sender as in a written letter. */
const MARK_SHARE = 0.3;
/** Share of the way at which a lost one ends. */
const LOST_SHARE = 0.6;

export function rayOf(
  flight: Flight,
  { ruler, yFrom, yTo, nowMs }: { ruler: TimeRuler; yFrom: number; yTo: number; nowMs: number },
): RayPicture {
  const { shape, reply } = markOf(flight.kind);
  const x1 = ruler.x(flight.sentAtMs);
  const full = { x: ruler.x(flight.deliverAtMs), y: yTo };
  const flown = Math.min(1, (nowMs - flight.sentAtMs) / Math.max(1e-6, flight.deliverAtMs - flight.sentAtMs));
  const share = flight.dropped ? Math.min(LOST_SHARE, flown) : flown;
  const xEnd = flown < 1 && !flight.dropped ? ruler.x(nowMs) : x1 + (full.x - x1) * share;
  const y2 = yFrom + (yTo - yFrom) * share;
  const state = flight.dropped ? "lost" : flown < 1 ? "flying" : "landed";
  const mark = state === "landed" ? MARK_SHARE : 1;
  return {
    flight,
    shape,
    reply,
    x1,
    y1: yFrom,
    x2: xEnd,
    y2,
    state,
    markX: x1 + (xEnd - x1) * mark,
    markY: yFrom + (y2 - yFrom) * mark,
  };
}

export function isHeartbeat(flight: Flight): boolean {
  return flight.kind === "heartbeat" || flight.kind === "heartbeatReply";
}

/** Heartbeats of a fold: how many were answered, how many were lost. */
export function countHeartbeats(
  flights: readonly Flight[],
  { fromMs, toMs }: { fromMs: number; toMs: number },
): { readonly acked: number; readonly lost: number } {
  let [acked, lost] = [0, 0];
  for (const flight of flights) {
    if (!isHeartbeat(flight) || flight.sentAtMs < fromMs || flight.sentAtMs >= toMs) continue;
    if (flight.dropped) lost += 1;
    else if (flight.kind === "heartbeatReply") acked += 1;
  }
  return { acked, lost };
}
