// What the time bar remembers. Frames carry only the newest events; this keeps those worth a mark, and who led when.

import type { MemberId } from "../../core/base/ids.ts";
import type { ClusterEvent, ClusterFrame } from "../../workers/browser/cluster_api.ts";
import type { LeaderSpan, TrackEvent } from "../geometry/time_track.ts";
import type { Fact } from "./facts.ts";
import { workingLeader } from "./reading.ts";
import { markOf } from "./time_events.ts";

const EVENTS_MAX = 2_000;
const SPANS_MAX = 400;

export class TimeLine {
  events: readonly TrackEvent[] = $state.raw([]);
  spans: readonly LeaderSpan[] = $state.raw([]);
  /** Virtual time of the first frame; the ribbon's words begin there. */
  startMs = $state(0);

  #lastNumber = 0;
  #started = false;
  /** What is said beside the playhead. */
  latest: Fact | null = $state.raw(null);

  take(frame: ClusterFrame, nowMs: number, facts: readonly Fact[]): void {
    if (!this.#started) {
      this.#started = true;
      this.startMs = frame.events[0]?.atMs ?? nowMs;
    }
    const fresh: TrackEvent[] = [];
    const told = this.#lastNumber;
    for (const event of frame.events) {
      if (event.number <= told) continue;
      this.#lastNumber = Math.max(this.#lastNumber, event.number);
      const mark = markOf(event, this.#leads(frame, event.member));
      if (mark !== null) fresh.push({ number: event.number, atMs: event.atMs, mark });
    }
    if (fresh.length > 0) {
      this.events = [...this.events, ...fresh].sort((a, b) => a.atMs - b.atMs).slice(-EVENTS_MAX);
    }
    const news = facts[facts.length - 1];
    if (news !== undefined) this.latest = news;
    this.#takeLeader(frame, nowMs);
  }

  /** The past of a run that comes on stage: its marks, and who led as far as the members' own words tell. */
  read(archive: readonly ClusterEvent[], nowMs: number): void {
    this.reset();
    const marks: TrackEvent[] = [];
    const spans: LeaderSpan[] = [];
    let leader: MemberId | null = null;
    const close = (atMs: number): void => {
      const last = spans[spans.length - 1];
      if (last !== undefined && last.toMs === null) spans[spans.length - 1] = { ...last, toMs: atMs };
      leader = null;
    };
    for (const event of archive) {
      const { atMs, member, event: told } = event;
      this.#lastNumber = Math.max(this.#lastNumber, event.number);
      const mark = markOf(event, member === leader);
      if (mark !== null) marks.push({ number: event.number, atMs, mark });
      if (told.kind === "role" && told.role === "leader") {
        close(atMs);
        spans.push({ fromMs: atMs, toMs: null, term: told.term });
        leader = member;
      } else if (
        member === leader && (told.kind === "role" || told.kind === "stopped" || told.kind === "recovered")
      ) {
        close(atMs);
      }
    }
    this.events = marks.slice(-EVENTS_MAX);
    this.spans = spans.slice(-SPANS_MAX);
    this.startMs = archive[0]?.atMs ?? nowMs;
    this.#started = true;
  }

  reset(): void {
    this.events = [];
    this.spans = [];
    this.latest = null;
    this.#started = false;
  }

  #leads(frame: ClusterFrame, member: string | null): boolean {
    return frame.members.some((one) => one.id === member && one.view?.role === "leader");
  }

  #takeLeader(frame: ClusterFrame, nowMs: number): void {
    const leader = workingLeader(frame);
    const term = leader?.view?.term ?? null;
    const last = this.spans[this.spans.length - 1];
    const open = last !== undefined && last.toMs === null ? last : null;
    if ((open?.term ?? null) === term) return;
    const spans = open === null ? [...this.spans] : [...this.spans.slice(0, -1), { ...open, toMs: nowMs }];
    if (leader !== null && term !== null) {
      const began = frame.events.findLast(({ member, event }) =>
        member === leader.id && event.kind === "role" && event.role === "leader" && event.term === term
      );
      // It may have lost and regained its quorum since: a span never reaches back into the one before.
      const earliest = open === null ? last?.toMs ?? Number.NEGATIVE_INFINITY : nowMs;
      spans.push({ fromMs: Math.max(began?.atMs ?? nowMs, earliest), toMs: null, term });
    }
    this.spans = spans.slice(-SPANS_MAX);
  }
}
