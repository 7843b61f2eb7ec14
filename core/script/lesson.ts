// A lesson as plain data: what is asked, what must come true on the cluster, and the words for it in each language.
// `readLesson` makes it from a folder of text files; `LessonRun` walks through it.

export type Language = "en" | "zh";
export const LANGUAGES: readonly Language[] = ["en", "zh"];

/** A run of words, one mark at most. `term` is a glossary entry's id: the page can explain it. */
export type Inline =
  | string
  | { readonly kind: "strong" | "code"; readonly text: string }
  | { readonly kind: "term"; readonly term: string; readonly text: string };

export type Block =
  | { readonly kind: "paragraph"; readonly text: readonly Inline[] }
  | { readonly kind: "list"; readonly items: readonly (readonly Inline[])[] }
  | { readonly kind: "code"; readonly text: string }
  /** The first row is the head. */
  | { readonly kind: "table"; readonly rows: readonly (readonly (readonly Inline[])[])[] };

/**
 * What a reader is asked to foretell, and what is right:
 *   choice  the option's key
 *   ticks   the keys of all options that hold, in the order of the options
 *   order   the keys of all options, first to last
 *   number  a whole number
 *   points  a whole number for each of 1, 2, 3, …
 */
export type PredictionKind = "choice" | "ticks" | "order" | "number" | "points";

export interface Prediction {
  readonly id: string;
  readonly kind: PredictionKind;
  /** Keys of the options, in the order shown; empty for number and points. */
  readonly options: readonly string[];
  readonly right: Said;
  /** The condition whose coming true decides it; null when only the text can. */
  readonly decidedBy: string | null;
}

/** A prediction made: one key or number for choice and number, a list for the others. */
export type Said = readonly (string | number)[];

export interface LessonCondition {
  readonly id: string;
  /** The predicate's words, as `openCondition` reads them. */
  readonly words: readonly string[];
  /** What it waits for that is not built; null when it can come true. */
  readonly pending: string | null;
  /** Watched like any other, but nothing makes it true while the rules hold: that is what it is there to show. */
  readonly impossible: boolean;
}

export interface LessonStep {
  readonly id: string;
  readonly predictions: readonly Prediction[];
  readonly conditions: readonly LessonCondition[];
  /** Scenario text that sets the stage for this step; empty to go on from where the step before ended. */
  readonly setUp: string;
  /** "Show me": scenario text that makes every condition true that can come true. */
  readonly solution: string;
  readonly texts: Readonly<Record<Language, StepText>>;
}

export interface StepText {
  readonly title: string;
  /** Before the prediction. */
  readonly before: readonly Block[];
  readonly predictions: Readonly<Record<string, PredictionText>>;
  /** For each condition, a line of the checklist. */
  readonly conditions: Readonly<Record<string, readonly Inline[]>>;
  /** After 45 seconds without a move. */
  readonly hint: readonly Inline[];
  /** Under the two answers. */
  readonly after: readonly Block[];
}

export interface PredictionText {
  readonly ask: readonly Inline[];
  readonly options: Readonly<Record<string, readonly Inline[]>>;
  /** By the keys that `judge` gives. */
  readonly answers: Readonly<Record<string, readonly Inline[]>>;
}

export interface Lesson {
  /** `06-clean-cut`: names its folder and its URL. */
  readonly slug: string;
  /** From 1; null for a challenge. */
  readonly number: number | null;
  readonly part: string;
  readonly minutes: number;
  /** Machinery that some condition waits for. */
  readonly needs: readonly string[];
  readonly steps: readonly LessonStep[];
  /** A lesson's set-up in words: what was rigged, said aloud. */
  readonly texts: Readonly<Record<Language, LessonText>>;
}

export interface LessonText {
  /** The topic in plain words. */
  readonly title: string;
  readonly question: string;
  /** What chance was taken out, for the page to say; empty when nothing was. */
  readonly rigged: string;
}

export interface GlossaryTerm {
  readonly id: string;
  /** What each language calls it; the first form is the one that is shown. */
  readonly forms: Readonly<Record<Language, readonly string[]>>;
  readonly means: Readonly<Record<Language, string>>;
}

export interface Judgement {
  readonly right: boolean;
  /** Keys of the answer texts to show, the right one's when nothing is wrong. */
  readonly answers: readonly string[];
}

/**
 * Holds what was said against what is right. Wrong answers are not scored, each is answered:
 *   choice  the key that was said
 *   ticks   every key ticked wrongly, and every one wrongly left
 *   order   the first key that stands where another belongs
 *   number  the number itself if it has a text of its own, else "below" or "above"
 *   points  "too-high", "too-low", or "mixed" where both happen
 * @param known the keys that have a text; only numbers look at it.
 */
export function judge({ kind, options, right }: Prediction, said: Said, known: readonly string[]): Judgement {
  switch (kind) {
    case "choice":
      return { right: said[0] === right[0], answers: [`${said[0]}`] };
    case "ticks": {
      const wrong = options.filter((option) => said.includes(option) !== right.includes(option));
      return verdict(wrong);
    }
    case "order": {
      const place = right.findIndex((key, i) => said[i] !== key);
      return verdict(place < 0 ? [] : [`${said[place] ?? right[place]}`]);
    }
    case "number": {
      const [number] = said;
      if (number === right[0]) return verdict([]);
      if (known.includes(`${number}`)) return verdict([`${number}`]);
      return verdict([Number(number) < Number(right[0]) ? "below" : "above"]);
    }
    case "points": {
      const high = right.some((point, i) => Number(said[i]) > Number(point));
      const low = right.some((point, i) => !(Number(said[i]) >= Number(point)));
      return verdict(high && low ? ["mixed"] : high ? ["too-high"] : low ? ["too-low"] : []);
    }
  }
}

/** The keys for which a prediction must have an answer text. */
export function answerKeys({ kind, options }: Prediction): readonly string[] {
  switch (kind) {
    case "choice":
      return options;
    case "ticks":
    case "order":
      return ["right", ...options];
    case "number":
      return ["right", "below", "above"];
    case "points":
      return ["right", "too-high", "too-low", "mixed"];
  }
}

/** Whether something can be said at all: the form a page must see to before it lets a prediction be committed. */
export function isSayable({ kind, options, right }: Prediction, said: Said): boolean {
  const isKey = (key: string | number) => typeof key === "string" && options.includes(key);
  const isWhole = (number: string | number) => Number.isInteger(number) && Number(number) >= 0;
  switch (kind) {
    case "choice":
      return said.length === 1 && said.every(isKey);
    case "ticks":
      return said.every(isKey) && new Set(said).size === said.length;
    case "order":
      return said.length === options.length && said.every(isKey) && new Set(said).size === said.length;
    case "number":
      return said.length === 1 && said.every(isWhole);
    case "points":
      return said.length === right.length && said.every(isWhole);
  }
}

function verdict(wrong: readonly string[]): Judgement {
  return wrong.length === 0 ? { right: true, answers: ["right"] } : { right: false, answers: wrong };
}
