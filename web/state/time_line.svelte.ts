// What the time bar remembers. Frames carry only the newest events; this keeps those worth a mark, and who led when.

import type { Role } from "../../core/raft/types.ts";
import type { ClusterFrame } from "../../workers/browser/cluster_api.ts";
import type { LeaderSpan, TrackEvent, TrackMark } from "../geometry/time_track.ts";
import type { Fact } from "./facts.ts";
import { workingLeader } from "./reading.ts";

const EVENTS_MAX = 600;
const SPANS_MAX = 60;

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
      const mark = trackMark(event.event, this.#leads(frame, event.member));
      if (mark !== null) fresh.push({ number: event.number, atMs: event.atMs, mark });
    }
    if (fresh.length > 0) {
      this.events = [...this.events, ...fresh].sort((a, b) => a.atMs - b.atMs).slice(-EVENTS_MAX);
    }
    const news = facts[facts.length - 1];
    if (news !== undefined) this.latest = news;
    this.#takeLeader(frame, nowMs);
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

function trackMark(event: ClusterFrame["events"][number]["event"], byLeader: boolean): TrackMark | null {
  switch (event.kind) {
    case "role":
      return ROLE_MARKS[event.role] ?? null;
    case "voteCast":
      return event.granted && !event.pre ? "voteYes" : null;
    case "committed":
      return byLeader ? "commit" : null;
    case "requested":
      return "request";
    case "snapshot":
      return event.what === "sent" ? null : "snapshot";
    case "operator":
      return VERB_MARKS[event.verb] ?? null;
    default:
      return null;
  }
}

const ROLE_MARKS: Readonly<Partial<Record<Role, TrackMark>>> = {
  leader: "leader",
  candidate: "candidate",
  preCandidate: "preVote",
};

const VERB_MARKS: Readonly<Record<string, TrackMark>> = {
  crash: "crash",
  restart: "back",
  cut: "cut",
  "cut one way": "cut",
};
