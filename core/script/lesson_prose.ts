// The little Markdown that lessons are written in, as plain data, and what makes prose readable: terms that can be
// explained, a step that is not too long. Anything the page could not draw is a mistake with a line.

import type { Block, GlossaryTerm, Inline, Language } from "./lesson.ts";

/** A line of a file, numbered from 1. */
export interface Line {
  readonly line: number;
  readonly text: string;
}

export interface Problem {
  readonly line: number;
  readonly says: string;
}

/** Most words on one screen, and the Chinese characters that take as long to read. */
export const WORDS_MAX = 140;
export const CHARACTERS_MAX = Math.floor(WORDS_MAX * 1.7);

/**
 * Paragraphs, lists (`- `), fenced code and tables.
 * @param onProse is shown every paragraph and list item with its line.
 */
export function parseBlocks(
  lines: readonly Line[],
  problems: Problem[],
  onProse: (text: readonly Inline[], line: number) => void = () => {},
): readonly Block[] {
  const blocks: Block[] = [];
  const prose = (text: string, line: number) => {
    const parsed = parseInline(text, line, problems);
    onProse(parsed, line);
    return parsed;
  };
  for (let at = 0; at < lines.length;) {
    const { line, text } = lines[at]!;
    const take = (belongs: (text: string) => boolean) => {
      const from = at;
      while (at < lines.length && belongs(lines[at]!.text)) at += 1;
      return lines.slice(from, at);
    };
    if (text.trim() === "") {
      at += 1;
    } else if (text.startsWith("```")) {
      at += 1;
      const body = take((one) => !one.startsWith("```"));
      if (at >= lines.length) problems.push({ line, says: "a code fence stays open" });
      at += 1;
      blocks.push({ kind: "code", text: body.map((one) => one.text).join("\n") });
    } else if (text.startsWith("- ")) {
      const body = take((one) => one.startsWith("- ") || one.startsWith("  "));
      const items: Line[] = [];
      for (const one of body) {
        const last = items.at(-1);
        if (one.text.startsWith("- ")) items.push({ line: one.line, text: one.text.slice(2) });
        else items[items.length - 1] = { ...last!, text: joined(last!.text, one.text.trim()) };
      }
      blocks.push({ kind: "list", items: items.map((item) => prose(item.text, item.line)) });
    } else if (text.startsWith("|")) {
      const rows = take((one) => one.startsWith("|")).map((one) => ({ ...one, cells: cellsOf(one.text) }));
      const width = rows[0]!.cells.length;
      for (const row of rows) {
        if (row.cells.length !== width) {
          problems.push({
            line: row.line,
            says: `a row of ${row.cells.length} cells in a table of ${width}`,
          });
        }
      }
      const shown = rows.filter(({ cells }) => !cells.every((cell) => /^:?-+:?$/.test(cell)));
      blocks.push({
        kind: "table",
        rows: shown.map((row) => row.cells.map((cell) => parseInline(cell, row.line, problems))),
      });
    } else if (/^(#|>|\d+\. |\* )/.test(text)) {
      problems.push({ line, says: `"${text.split(" ")[0]}" is not among the marks that lessons know` });
      at += 1;
    } else {
      const body = take((one) => one.trim() !== "" && !/^(- |\||```|#)/.test(one));
      const whole = body.map((one) => one.text.trim()).reduce(joined);
      blocks.push({ kind: "paragraph", text: prose(whole, line) });
    }
  }
  return blocks;
}

/** Chinese lines meet without a blank. */
function joined(before: string, after: string): string {
  return HAN_OR_MARK.test(before.slice(-1)) && HAN_OR_MARK.test(after.slice(0, 1))
    ? before + after
    : `${before} ${after}`;
}

const HAN_OR_MARK = /[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]/;

function cellsOf(row: string): readonly string[] {
  return row.trim().replace(/^\||\|$/g, "").split("|").map((cell) => cell.trim());
}

/** `**strong**` and `` `code` ``, one inside the other not at all. */
export function parseInline(text: string, line: number, problems: Problem[]): readonly Inline[] {
  const pieces: Inline[] = [];
  let from = 0;
  for (const match of text.matchAll(/\*\*([^*`]+)\*\*|`([^`]+)`/g)) {
    if (match.index > from) pieces.push(text.slice(from, match.index));
    const [whole, strong, code] = match;
    pieces.push(strong !== undefined ? { kind: "strong", text: strong } : { kind: "code", text: code! });
    from = match.index + whole.length;
  }
  if (from < text.length) pieces.push(text.slice(from));
  for (const piece of pieces) {
    if (typeof piece === "string" && /\*\*|`/.test(piece)) {
      problems.push({ line, says: `a mark stays open in "${piece}"` });
    }
    if (typeof piece === "string" && /\]\(|!\[/.test(piece)) {
      problems.push({ line, says: "lessons have no links or pictures: they must hold offline" });
    }
  }
  return pieces;
}

/** The words alone. */
export function plainText(text: readonly Inline[]): string {
  return text.map((piece) => (typeof piece === "string" ? piece : piece.text)).join("");
}

/** Everything in blocks that is read from first to last: commands and tables are looked things up in. */
export function proseOf(blocks: readonly Block[]): readonly (readonly Inline[])[] {
  return blocks.flatMap((block) => {
    if (block.kind === "paragraph") return [block.text];
    return block.kind === "list" ? block.items : [];
  });
}

/** How long a text takes to read, in the unit of its language's limit: words, or characters where Latin words count one. */
export function readingLength(texts: readonly (readonly Inline[])[], language: Language): number {
  let length = 0;
  for (const text of texts) {
    const plain = plainText(text);
    if (language === "en") length += plain.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word)).length;
    else {
      length += [...plain].filter((one) => /[\u4e00-\u9fff]/.test(one)).length;
      length += plain.match(/[A-Za-z0-9][\w./:=-]*/g)?.length ?? 0;
    }
  }
  return length;
}

/** Abbreviations that need no explaining to anyone who got here. */
const COMMON = new Set(
  "OK URL URLs HTTP HTTPS TCP UDP DNS IP ID API CPU SSD JSON SSH VM VMs GB MB KB PUT GET SRV DHCP Mac Linux macOS CentOS GitHub GOPATH ETCD_"
    .split(" "),
);

/** Words that look like jargon and that the glossary does not know. */
export function unexplained(
  text: readonly Inline[],
  glossary: readonly GlossaryTerm[],
  language: Language,
): string[] {
  const known = glossary.flatMap(({ forms }) => [...forms.en, ...forms[language]]).join(" ");
  return text.flatMap((piece) => {
    if (typeof piece !== "string" && piece.kind === "code") return [];
    const plain = typeof piece === "string" ? piece : piece.text;
    const found = plain.match(/\b(?:[A-Z][a-z]+[A-Z]\w*|[A-Z]{2,}\w*|[a-z]+[A-Z]\w*)\b/g) ?? [];
    return found.filter((word) => !COMMON.has(word) && !known.includes(word));
  });
}

/** Marks each term's first use in the order the texts are handed in; in Chinese the English follows in brackets. */
export class TermMarker {
  readonly #language: Language;
  readonly #seen = new Set<string>();
  /** Forms, longest first, so that "candidate" is not found inside "pre-candidate". */
  readonly #forms: readonly { readonly form: string; readonly term: GlossaryTerm }[];

  constructor(glossary: readonly GlossaryTerm[], language: Language) {
    this.#language = language;
    this.#forms = glossary.flatMap((term) => term.forms[language].map((form) => ({ form, term })))
      .sort((a, b) => b.form.length - a.form.length);
  }

  mark(text: readonly Inline[]): readonly Inline[] {
    return text.flatMap((piece): readonly Inline[] => {
      if (typeof piece === "string") return this.#markPlain(piece);
      if (piece.kind !== "strong") return [piece];
      // A strong word that is a term and nothing else is that term; longer strong texts stay as they are.
      const isTerm = this.#forms.some(({ form }) =>
        form === piece.text || form === uncapitalized(piece.text)
      );
      const marked = isTerm ? this.#markPlain(piece.text) : [];
      return marked.some((one) => typeof one !== "string") ? marked : [piece];
    });
  }

  markBlocks(blocks: readonly Block[]): readonly Block[] {
    return blocks.map((block): Block => {
      switch (block.kind) {
        case "paragraph":
          return { ...block, text: this.mark(block.text) };
        case "list":
          return { ...block, items: block.items.map((item) => this.mark(item)) };
        case "table":
        case "code":
          return block;
      }
    });
  }

  #markPlain(text: string): readonly Inline[] {
    const pieces: Inline[] = [];
    let plain = "";
    for (let at = 0; at < text.length;) {
      const found = this.#termAt(text, at);
      if (!found) {
        plain += text[at++];
        continue;
      }
      const shown = text.slice(at, at + found.form.length);
      at += found.form.length;
      if (this.#seen.has(found.term.id)) {
        plain += shown;
        continue;
      }
      this.#seen.add(found.term.id);
      if (plain !== "") pieces.push(plain);
      pieces.push({ kind: "term", term: found.term.id, text: shown });
      const english = found.term.forms.en[0]!;
      const isBracketed = text[at] === "（" || shown.toLowerCase() === english.toLowerCase();
      plain = this.#language === "zh" && !isBracketed ? `（${english}）` : "";
    }
    if (plain !== "") pieces.push(plain);
    return pieces;
  }

  #termAt(text: string, at: number): { readonly form: string; readonly term: GlossaryTerm } | null {
    const isLatin = (one: string | undefined) => one !== undefined && /[A-Za-z0-9_-]/.test(one);
    if (isLatin(text[at]) && isLatin(text[at - 1])) return null;
    return this.#forms.find(({ form }) => {
      const piece = text.slice(at, at + form.length);
      const isSame = piece === form || uncapitalized(piece) === form;
      return isSame && !(isLatin(form.at(-1)) && isLatin(text[at + form.length]));
    }) ?? null;
  }
}

function uncapitalized(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}
