// Words of a command line, as a shell would split them: blanks separate, quotes hold together, a backslash takes the
// next character as it is. Nothing is expanded: no variables, no wildcards, no pipes.

export type SplitLine =
  | { readonly kind: "words"; readonly words: readonly string[] }
  /** A quote was opened and not closed. */
  | { readonly kind: "open"; readonly quote: string };

/** @param line without a newline at its end. */
export function splitWords(line: string): SplitLine {
  const words: string[] = [];
  let word: string | null = null;
  let quote: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const character = line[at]!;
    if (quote !== null) {
      if (character === quote) quote = null;
      else if (character === "\\" && quote === '"' && '"\\$`'.includes(line[at + 1] ?? " ")) {
        at += 1;
        word += line[at]!;
      } else word += character;
    } else if (character === "'" || character === '"') {
      quote = character;
      word ??= "";
    } else if (character === " " || character === "\t") {
      if (word !== null) words.push(word);
      word = null;
    } else if (character === "#" && word === null) break;
    else if (character === "\\" && at + 1 < line.length) {
      at += 1;
      word = (word ?? "") + line[at]!;
    } else word = (word ?? "") + character;
  }
  if (quote !== null) return { kind: "open", quote };
  if (word !== null) words.push(word);
  return { kind: "words", words };
}

/** How many small changes (a letter more, less, or other) turn one word into the other. */
export function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    row = next;
  }
  return row[b.length]!;
}
