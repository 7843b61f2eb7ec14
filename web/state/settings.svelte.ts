// What a visitor chose about the page itself: language and theme. Kept in this browser; a `?lang=` in the address wins
// for this visit, so that a link can be shared in a language.

import { en, type Strings } from "../text/en.ts";
import { zh } from "../text/zh.ts";

export type LanguageCode = "en" | "zh";
export type ThemeName = "auto" | "light" | "dark";

const STRINGS: Readonly<Record<LanguageCode, Strings>> = { en, zh };
const THEMES: readonly ThemeName[] = ["auto", "light", "dark"];

export class Settings {
  language = $state<LanguageCode>("en");
  theme = $state<ThemeName>("auto");
  readonly text: Strings = $derived(STRINGS[this.language]);

  constructor(address: URL, browserLanguages: readonly string[]) {
    const asked = address.searchParams.get("lang") ?? recall("language");
    const spoken = browserLanguages.find((tag) => /^(en|zh)\b/i.test(tag)) ?? "en";
    this.language = (asked ?? spoken).toLowerCase().startsWith("zh") ? "zh" : "en";
    const theme = recall("theme");
    this.theme = THEMES.find((name) => name === theme) ?? "auto";
    this.#apply();
  }

  speak(language: LanguageCode): void {
    this.language = language;
    remember("language", language);
    this.#apply();
  }

  /** auto, light, dark, auto … */
  turnTheme(): void {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length]!;
    remember("theme", this.theme);
    this.#apply();
  }

  #apply(): void {
    const root = document.documentElement;
    root.lang = this.text.htmlLang;
    document.title = this.text.title;
    if (this.theme === "auto") delete root.dataset["theme"];
    else root.dataset["theme"] = this.theme;
  }
}

/** A value kept in this browser. A browser that keeps nothing (blocked storage) is no trouble: it just forgets. */
export function recall(name: string): string | null {
  try {
    return localStorage.getItem(`flotilla.${name}`);
  } catch {
    return null;
  }
}

export function remember(name: string, value: string): void {
  try {
    localStorage.setItem(`flotilla.${name}`, value);
  } catch {
    // Nothing depends on it.
  }
}
