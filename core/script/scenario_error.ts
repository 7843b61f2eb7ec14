// A scenario that cannot be understood or carried out: says where, what was expected, and what was probably meant.

export class ScenarioError extends Error {
  override name = "ScenarioError";
  /** The line of the scenario, from 1. */
  readonly line: number;
  /** The message without its place. */
  readonly says: string;

  constructor(line: number, says: string, options?: { readonly file?: string; readonly cause?: unknown }) {
    super(`${options?.file ?? "scenario"}:${line}: ${says}`, { cause: options?.cause });
    this.line = line;
    this.says = says;
  }
}

/** The known word nearest to a mistyped one, if any is near: at most a third of its letters wrong. */
export function nearest(word: string, known: readonly string[]): string | null {
  let best: { word: string; distance: number } | null = null;
  for (const candidate of known) {
    const distance = editDistance(word, candidate);
    if (!best || distance < best.distance) best = { word: candidate, distance };
  }
  return best && best.distance <= Math.max(1, Math.floor(best.word.length / 3)) ? best.word : null;
}

/** "; did you mean …?" or nothing. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = nearest(word, known);
  return near === null ? "" : `; did you mean ${near}?`;
}

/** Letters to insert, remove or replace to get from one word to the other. (Levenshtein) */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}
