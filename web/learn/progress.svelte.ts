// The reader's way through all lessons: kept in the browser where it lets us, in memory where it does not.

import { SvelteMap } from "svelte/reactivity";
import type { Lesson, LessonProgress } from "../../core/script/mod.ts";
import { ProgressStore } from "../../workers/browser/progress_store.ts";

/** What is kept of one lesson. */
export interface LessonRecord {
  readonly progress: LessonProgress;
  /** Every step was left behind once. */
  readonly done: boolean;
}

export class Progress {
  readonly records: SvelteMap<string, LessonRecord> = new SvelteMap();
  /** Why nothing is kept, as a clause; null while it is. */
  trouble: string | null = $state(null);
  readonly ready: Promise<void>;
  #store: ProgressStore | null = null;

  constructor() {
    this.ready = this.#open();
  }

  /** "new", "begun" or "done". */
  stateOf({ slug }: Lesson): "new" | "begun" | "done" {
    const record = this.records.get(slug);
    if (record === undefined) return "new";
    return record.done ? "done" : "begun";
  }

  save(progress: LessonProgress, done: boolean): void {
    const record = { progress, done: done || (this.records.get(progress.slug)?.done ?? false) };
    this.records.set(progress.slug, record);
    this.#store?.save(progress.slug, record).catch((error: Error) => this.trouble = error.message);
  }

  /** Everything that is kept, to take along. */
  toText(): string {
    return JSON.stringify({ flotillaProgress: 1, lessons: Object.fromEntries(this.records) }, null, 2);
  }

  async #open(): Promise<void> {
    const opened = await ProgressStore.open();
    if (opened.kind === "failed") {
      this.trouble = opened.why;
      return;
    }
    this.#store = opened.store;
    for (const [slug, value] of opened.records) {
      const record = asRecord(value, slug);
      // What was done before the store was open counts more.
      if (record !== null && !this.records.has(slug)) this.records.set(slug, record);
    }
  }
}

/** A record as it was read: another version of the page may have written it. */
export function asRecord(value: unknown, slug: string): LessonRecord | null {
  const { progress, done } = (value ?? {}) as Partial<LessonRecord>;
  const isObject = (part: unknown) => typeof part === "object" && part !== null;
  if (progress?.slug !== slug || typeof done !== "boolean") return null;
  const { step, revealed, said, decidedAt } = progress;
  const fits = Number.isInteger(step) && typeof revealed === "boolean" && isObject(said) &&
    isObject(decidedAt) &&
    Object.values(said).every(Array.isArray);
  return fits ? { progress, done } : null;
}
