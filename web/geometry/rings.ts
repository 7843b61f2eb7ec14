// The rings around a disc: a follower's patience and a leader's contact. Everything is a share of a turn, so the same
// numbers draw a ring of any size.

import { arcPath, type Point, pointAt, round, TWELVE_O_CLOCK } from "./angles.ts";

export interface TimerReading {
  /** Ticks since the last reset at the moment of the reading. */
  readonly elapsedTicks: number;
  /** What was drawn: the timer strikes at this many ticks. */
  readonly deadlineTicks: number;
  readonly electionTicks: number;
}

/**
 * What is left of a timer as a share of two election timeouts, the longest draw there is: different draws start at
 * different places and all strike at the same one.
 * @param ticksSince ticks of the member's own time since the reading.
 */
export function timerRemaining(reading: TimerReading, ticksSince: number): number {
  const left = reading.deadlineTicks - reading.elapsedTicks - ticksSince;
  return clampShare(left / (2 * reading.electionTicks));
}

/** Where the draw put the hand: the notch on the ring. */
export function timerDrawn(reading: TimerReading): number {
  return clampShare(reading.deadlineTicks / (2 * reading.electionTicks));
}

/** The arc of what is left. Its hand runs clockwise and strikes at 12 o'clock. */
export function timerArc(centre: Point, radius: number, remaining: number): string {
  return arcPath(centre, radius, TWELVE_O_CLOCK + (1 - clampShare(remaining)) * 360, TWELVE_O_CLOCK + 360);
}

/** The angle at which a share of a turn is left before 12 o'clock. */
export function handAngle(remaining: number): number {
  return TWELVE_O_CLOCK + (1 - clampShare(remaining)) * 360;
}

/** Half the width in degrees of a contact segment: n of them with gaps of 14 degrees. */
export function contactHalfWidth(memberCount: number): number {
  return Math.max(180 / memberCount - 7, 8);
}

export function contactSegment(
  centre: Point,
  radius: number,
  peerAngle: number,
  memberCount: number,
): string {
  const half = contactHalfWidth(memberCount);
  return arcPath(centre, radius, peerAngle - half, peerAngle + half);
}

/**
 * How fresh a peer's last answer is: 1 just heard, towards 0 as the quorum check comes near, 0 when it is older.
 * @param heardTicksAgo null when the peer was never heard.
 */
export function contactFreshness(heardTicksAgo: number | null, electionTicks: number): number {
  return heardTicksAgo === null ? 0 : clampShare(1 - heardTicksAgo / electionTicks);
}

/** Ink of a contact segment: 100 % to 25 % while answers are fresh enough, 12 % once they are not. */
export function contactOpacity(freshness: number): number {
  return freshness > 0 ? round(0.25 + 0.75 * freshness) : 0.12;
}

/** A vote dot sits inside the disc at its voter's own place on the ring. */
export function voteDotPlace(centre: Point, discRadius: number, voterAngle: number): Point {
  return pointAt(centre, discRadius * 0.66, voterAngle);
}

function clampShare(share: number): number {
  return Math.min(Math.max(share, 0), 1);
}
