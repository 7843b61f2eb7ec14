// Keys as rows, revisions as columns: a version is a cell at its revision, its life the line to the next one.

import type { KeyVersion } from "../state/key_watch.svelte.ts";

export interface KeyLane {
  readonly key: string;
  readonly cells: readonly { readonly version: KeyVersion; readonly column: number }[];
  /** Columns between which the key is alive; the first may lie before the first column. */
  readonly lives: readonly { readonly from: number; readonly to: number }[];
}

export interface KeyLanes {
  readonly revisions: readonly number[];
  readonly lanes: readonly KeyLane[];
  /** Keys that have no room. */
  readonly hiddenCount: number;
}

/**
 * @param newest the highest revision to show: the cluster's, which a member may not have reached.
 * @param applied up to where this member's own lines reach.
 */
export function keyLanes(
  versions: readonly KeyVersion[],
  { newest, applied, columns, rows }: { newest: number; applied: number; columns: number; rows: number },
): KeyLanes {
  const last = Math.max(newest, applied, 1);
  const first = Math.max(2, last - columns + 1);
  const revisions = Array.from({ length: Math.max(0, last - first + 1) }, (_, at) => first + at);
  const byKey = new Map<string, KeyVersion[]>();
  for (const version of versions) {
    byKey.set(version.key, [...(byKey.get(version.key) ?? []), version]);
  }
  const alive = [...byKey.entries()]
    .map(([key, own]) => ({ key, own, last: own[own.length - 1]! }))
    .filter(({ last: end }) => end.value !== null || end.revision >= first)
    .sort((a, b) => b.last.revision - a.last.revision);
  const shown = alive.slice(0, rows).sort((a, b) => (a.key < b.key ? -1 : 1));
  return {
    revisions,
    hiddenCount: alive.length - shown.length,
    lanes: shown.map(({ key, own }) => ({
      key,
      cells: own.filter(({ revision }) => revision >= first).map((version) => ({
        version,
        column: version.revision - first,
      })),
      lives: own.flatMap((version, at) => {
        if (version.value === null) return [];
        const end = own[at + 1]?.revision ?? applied + 1;
        return end <= first ? [] : [{ from: Math.max(version.revision - first, -1), to: end - first }];
      }),
    })),
  };
}
