// The glossary at hand: what a word means, and which one is being explained.

import { createContext } from "svelte";
import type { GlossaryTerm, Language } from "../../core/script/mod.ts";

export class Explain {
  /** The term that is explained on the page; null when none is. */
  shown: string | null = $state(null);
  readonly #terms: ReadonlyMap<string, GlossaryTerm>;
  readonly #language: () => Language;

  constructor(glossary: readonly GlossaryTerm[], language: () => Language) {
    this.#terms = new Map(glossary.map((term) => [term.id, term]));
    this.#language = language;
  }

  show(id: string): void {
    this.shown = this.shown === id ? null : id;
  }

  word(id: string): string {
    return this.#terms.get(id)?.forms[this.#language()][0] ?? id;
  }

  means(id: string): string {
    return this.#terms.get(id)?.means[this.#language()] ?? "";
  }
}

export const [getExplain, setExplain] = createContext<Explain>();
