// Which indexes the told log shows, and on how many disks each is known to be.

import type { Glance } from "../../core/member/trace_beat.ts";
import type { Seat } from "./seats.ts";

/** One member's row, as far as it is told. */
export interface ToldRow {
  readonly seat: Seat;
  /** Entries are told; null where there is one number at most. */
  readonly glance: Glance | null;
  /** By its own word now; null of one that does not answer. */
  readonly applied: number | null;
}

export interface ToldColumn {
  readonly index: number;
  /** Disks on which the entry is known to be. What a member has applied, a quorum has on disk. */
  readonly known: number;
  /** Nobody's disk is in doubt. */
  readonly isExact: boolean;
  readonly isQuorum: boolean;
}

/** The newest indexes that any member tells of, with one empty column behind. */
export function toldColumns(rows: readonly ToldRow[], count: number, needed: number): readonly ToldColumn[] {
  const newest = Math.max(
    0,
    ...rows.map(({ glance, applied }) => Math.max(glance?.lastIndex ?? 0, applied ?? 0)),
  );
  const last = Math.max(newest + 1, count);
  return Array.from({ length: count }, (_, at) => {
    const index = last - count + 1 + at;
    const has = rows.map(({ glance, applied }): boolean | null => {
      if (glance !== null) return glance.durableIndex >= index;
      return applied !== null && applied >= index ? true : null;
    });
    const told = has.filter((one) => one === true).length;
    const isCommitted = rows.some(({ applied, glance }) =>
      Math.max(applied ?? 0, glance?.commit ?? 0) >= index
    );
    const known = isCommitted ? Math.max(told, needed) : told;
    return { index, known, isExact: !has.includes(null), isQuorum: known >= needed && index <= newest };
  });
}
