// A sentence with marks in it: bold words, and terms that carry their hue. The same sentence without marks is what a
// screen reader hears and the console prints.

export interface Mark {
  readonly text: string;
  readonly bold?: true;
  /** A term: shown as a chip with its hue and its number. */
  readonly term?: number;
}

export type Rich = readonly (string | Mark)[];

/** A place where a Chinese display line may break: a zero-width space in the strings, `<wbr>` in the page. */
export const PHRASE_BREAK = "\u200b";

export function bold(text: string): Mark {
  return { text, bold: true };
}

export function termChip(text: string, term: number): Mark {
  return { text, term };
}

export function plain(rich: Rich): string {
  return rich.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("").replaceAll(
    PHRASE_BREAK,
    "",
  );
}
