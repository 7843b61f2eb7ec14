// What the stage and the rows say of a member, out of its seat and its endpoint's last answer.

import type { EndpointWatch } from "./endpoint_watch.svelte.ts";
import type { Seat } from "./seats.ts";

export type AttachedRole =
  | "leader"
  | "follower"
  | "learner"
  | "candidate"
  | "preCandidate"
  | "silent"
  | "asking"
  | "notAsked"
  | "unstarted";

/** Its role by its own word; of one that says nothing, why. etcd does not tell candidates from followers. */
export function roleOf(seat: Seat, watch: EndpointWatch | null): AttachedRole {
  if (seat.state !== "answers" || watch?.status == null) {
    return seat.state === "answers" ? "asking" : seat.state;
  }
  const { status, trace } = watch;
  if (trace?.glance) return trace.glance.role;
  if (status.leader === status.header.memberId) return "leader";
  return status.isLearner || seat.isLearner ? "learner" : "follower";
}

export function secondsSince(sinceMs: number | null, nowMs: number): number {
  return sinceMs === null ? 0 : Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
}
