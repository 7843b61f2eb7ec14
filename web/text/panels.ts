// The words of drawers and inspector tabs, loaded with the first of them.

import type { LanguageCode } from "../state/settings.svelte.ts";
import { panelsEn, type PanelStrings } from "./panels_en.ts";
import { panelsZh } from "./panels_zh.ts";

export function panelStrings(language: LanguageCode): PanelStrings {
  return language === "zh" ? panelsZh : panelsEn;
}
