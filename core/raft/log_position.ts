// Where a log ends, or two logs may meet: what elections and appends compare.

import type { LogIndex, Term } from "../base/ids.ts";

/** The place of one entry. Two logs that hold the same position are the same up to it. (Paper §5.3) */
export interface LogPosition {
  readonly index: LogIndex;
  readonly term: Term;
}

/**
 * Negative, zero or positive as the log ending at `a` is behind, level with or ahead of the one ending at `b`: the
 * later term decides, and only between equal terms the greater length. (Paper §5.4.1)
 */
export function compareLogPosition(a: LogPosition, b: LogPosition): number {
  return a.term !== b.term ? a.term - b.term : a.index - b.index;
}
