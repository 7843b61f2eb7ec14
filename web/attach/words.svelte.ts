// The room's words in the visitor's language, and figures as that language writes them.

import { createContext } from "svelte";
import type { Settings } from "../state/settings.svelte.ts";
import { attachEn, type AttachStrings } from "../text/attach_en.ts";
import { attachZh } from "../text/attach_zh.ts";

export class Words {
  readonly #settings: Settings;
  readonly text: AttachStrings = $derived.by(() => (this.#settings.language === "zh" ? attachZh : attachEn));

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  figure(value: number): string {
    return value.toLocaleString(this.#settings.language === "zh" ? "zh-CN" : "en");
  }

  /** Bytes in KiB or MiB, as etcd's own tools count. */
  size(bytes: number): string {
    const [unit, by] = bytes < 1 << 20 ? ["KiB", 1 << 10] as const : ["MiB", 1 << 20] as const;
    return `${this.figure(Math.round((bytes / by) * 10) / 10)} ${unit}`;
  }

  /** 14:01:07 */
  clock(ms: number): string {
    return new Date(ms).toLocaleTimeString("en-GB", { hour12: false });
  }
}

export const [getWords, setWords] = createContext<Words>();
