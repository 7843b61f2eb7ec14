// Which keys a user's permissions cover together: two ranges that touch cover a range across both, as etcd's interval
// tree has it. (auth/range_perm_cache.go)

import { type KeySpan, keySpanOf } from "../kv/key_text.ts";

/** Spans in order of their beginnings, none touching the next. */
export type KeyCover = readonly KeySpan[];

export function coverOf(spans: readonly KeySpan[]): KeyCover {
  const merged: { from: string; end: string }[] = [];
  for (const { from, end } of spans.toSorted((a, b) => (a.from < b.from ? -1 : a.from > b.from ? 1 : 0))) {
    const last = merged.at(-1);
    if (last !== undefined && from <= last.end) last.end = last.end > end ? last.end : end;
    else merged.push({ from, end });
  }
  return merged;
}

/** Whether every key of the range is covered. An empty `rangeEnd` means the key alone. */
export function covers(cover: KeyCover, key: Uint8Array, rangeEnd: Uint8Array): boolean {
  const { from, end } = keySpanOf(key, rangeEnd);
  return cover.some((span) => span.from <= from && end <= span.end);
}
