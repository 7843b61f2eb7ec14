// The log matrix: which indexes are shown, and what stands in each column. Rows are members in their fixed order,
// columns are shared indexes; the newest entries and one empty column are shown unless the reader looks back.

import type { LogIndex, MemberId, Term } from "../../core/base/ids.ts";
import type { EntrySafety, LogCell, MemberView } from "../../core/member/view.ts";

export interface LogWindow {
  readonly first: LogIndex;
  readonly last: LogIndex;
}

/**
 * The window of `columnCount` indexes that ends `back` entries before the newest.
 * @param lastIndex the highest index any member holds.
 * @param back 0 follows the newest entry.
 */
export function logWindow(lastIndex: LogIndex, columnCount: number, back: number): LogWindow {
  const last = Math.max(lastIndex + 1 - back, columnCount);
  return { first: last - columnCount + 1, last };
}

/** How far back a reader can look: to the oldest entry that any member still shows. */
export function backMax(oldestIndex: LogIndex, lastIndex: LogIndex, columnCount: number): number {
  return Math.max(lastIndex + 1 - columnCount - oldestIndex + 1, 0);
}

export type Slot =
  | { readonly index: LogIndex; readonly kind: "entry"; readonly cell: LogCell }
  /** Folded into this member's snapshot. */
  | { readonly index: LogIndex; readonly kind: "snapshot" }
  | { readonly index: LogIndex; readonly kind: "empty" };

/** One member's row of the window. */
export function rowSlots(view: MemberView | null, window: LogWindow): Slot[] {
  const slots: Slot[] = [];
  const oldest = view?.log[0]?.index ?? 0;
  for (let index = window.first; index <= window.last; index++) {
    const cell = view === null ? undefined : view.log[index - oldest];
    if (cell !== undefined) slots.push({ index, kind: "entry", cell });
    else if (view !== null && index <= view.snapshotIndex) slots.push({ index, kind: "snapshot" });
    else slots.push({ index, kind: "empty" });
  }
  return slots;
}

/**
 * What a stopped member's disk holds: entries that were in memory only are gone, nothing is applied any more, and what
 * it knew to be committed is known up to the commit it saved.
 */
export function onDiskOnly(view: MemberView): MemberView {
  const log = view.log
    .filter((cell) => cell.safety !== "memory")
    .map((cell) => ({ ...cell, safety: diskSafety(cell.safety) }));
  return { ...view, log, lastIndex: view.durableIndex };
}

function diskSafety(safety: EntrySafety): EntrySafety {
  return safety === "applied" ? "committed" : safety;
}

export interface ColumnHead {
  readonly index: LogIndex;
  /** Disks that hold the entry most members hold here; null where nobody has one. */
  readonly diskCount: number | null;
  readonly quorum: boolean;
}

/** For each column, on how many disks its entry is. Two terms at one index are two entries: the commoner counts. */
export function columnHeads(
  views: readonly (MemberView | null)[],
  window: LogWindow,
  quorum: number,
): ColumnHead[] {
  const heads: ColumnHead[] = [];
  for (let index = window.first; index <= window.last; index++) {
    const disksOfTerm = new Map<Term, number>();
    let folded = 0;
    let held = false;
    for (const view of views) {
      if (view === null) continue;
      const cell = view.log[index - (view.log[0]?.index ?? 0)];
      if (cell === undefined) {
        if (index <= view.snapshotIndex) folded += 1;
        continue;
      }
      held = true;
      if (cell.safety !== "memory") disksOfTerm.set(cell.term, (disksOfTerm.get(cell.term) ?? 0) + 1);
    }
    const diskCount = held || folded > 0 ? Math.max(0, ...disksOfTerm.values()) + folded : null;
    heads.push({ index, diskCount, quorum: diskCount !== null && diskCount >= quorum });
  }
  return heads;
}

/** The leader's marks in a follower's row: the entry it is known to match, and the one it will be sent next. */
export interface ProgressPlace {
  readonly peer: MemberId;
  /** Null when outside the window. */
  readonly matchColumn: number | null;
  readonly nextColumn: number | null;
}

export function progressPlaces(view: MemberView, window: LogWindow): ProgressPlace[] {
  const column = (index: LogIndex) =>
    index >= window.first && index <= window.last ? index - window.first : null;
  return view.progress
    .filter((progress) => progress.peer !== view.id)
    .map(({ peer, match, next }) => ({ peer, matchColumn: column(match), nextColumn: column(next) }));
}

/** A label cut to what a cell can hold, with an ellipsis when something is missing. Wide characters count twice. */
export function fitLabel(label: string, unitsMax: number): string {
  const unitsOf = (char: string) => (char.codePointAt(0)! > 0x2e7f ? 2 : 1);
  const chars = [...label];
  let units = 0;
  let fitting = 0;
  for (const char of chars) {
    if (units + unitsOf(char) > unitsMax) break;
    units += unitsOf(char);
    fitting += 1;
  }
  return fitting === chars.length ? label : chars.slice(0, Math.max(fitting - 1, 1)).join("") + "…";
}
