// One reader's way through one lesson: question, prediction, experiment, the two answers side by side, next. It is told
// moments and does nothing by itself; the simulator, the tab's live cluster and tests drive it alike.
//
//   asking ── commit, for each prediction ──▶ running ── every condition that can be is met ──▶ revealed ── next ──▶ …

import { assert } from "../base/assert.ts";
import { openCondition, type Watch } from "./conditions.ts";
import type { Moment } from "./happening.ts";
import {
  isSayable,
  judge,
  type Judgement,
  LANGUAGES,
  type Lesson,
  type LessonStep,
  type Said,
} from "./lesson.ts";

export type LessonPhase = "asking" | "running" | "revealed" | "done";

export interface ChecklistItem {
  readonly id: string;
  readonly met: boolean;
  /** The event that decided it; null until it is met. */
  readonly decidedAt: number | null;
  /** How far it has come, in few words that need no language, such as "1/2"; empty when there is nothing to say. */
  readonly note: string;
  /** The machinery it waits for; null when it can come true. */
  readonly pending: string | null;
  readonly impossible: boolean;
}

export interface Reveal {
  readonly prediction: string;
  readonly said: Said;
  readonly right: Said;
  readonly judgement: Judgement;
  /** The deciding moment: an event's number, null where only the text can tell. */
  readonly decidedAt: number | null;
}

/** What is kept between two visits: plain data. Conditions under way begin anew. */
export interface LessonProgress {
  readonly slug: string;
  readonly step: number;
  readonly revealed: boolean;
  readonly said: Readonly<Record<string, Said>>;
  readonly decidedAt: Readonly<Record<string, number>>;
}

export class LessonRun {
  readonly lesson: Lesson;
  #step: number;
  #said: Map<string, Said>;
  #decidedAt: Map<string, number>;
  #notes = new Map<string, string>();
  #watches = new Map<string, Watch>();
  #revealed: boolean;
  /** The newest moment, whatever the phase: how things stand when an experiment begins. */
  #newest: Moment | null = null;

  /** @param from progress of an earlier visit to the same lesson; what no longer fits it is forgotten. */
  constructor(lesson: Lesson, from?: LessonProgress) {
    this.lesson = lesson;
    const kept = from?.slug === lesson.slug && from.step >= 0 && from.step <= lesson.steps.length
      ? from
      : null;
    this.#step = kept?.step ?? 0;
    const step = lesson.steps[this.#step];
    const knows = (id: string) => step?.conditions.some((condition) => condition.id === id) ?? false;
    this.#said = new Map(
      Object.entries(kept?.said ?? {}).filter(([id, said]) =>
        step?.predictions.some((prediction) => prediction.id === id && isSayable(prediction, said))
      ),
    );
    this.#decidedAt = new Map(Object.entries(kept?.decidedAt ?? {}).filter(([id]) => knows(id)));
    this.#revealed = kept?.revealed ?? false;
    this.#open();
  }

  progress(): LessonProgress {
    return {
      slug: this.lesson.slug,
      step: this.#step,
      revealed: this.#revealed,
      said: Object.fromEntries(this.#said),
      decidedAt: Object.fromEntries(this.#decidedAt),
    };
  }

  get phase(): LessonPhase {
    const step = this.step;
    if (step === null) return "done";
    if (step.predictions.some(({ id }) => !this.#said.has(id))) return "asking";
    return this.#revealed ? "revealed" : "running";
  }

  /** The step at hand; null when the lesson is done. */
  get step(): LessonStep | null {
    return this.lesson.steps[this.#step] ?? null;
  }

  /** Its place, from 0. */
  get stepIndex(): number {
    return this.#step;
  }

  /** Goes to any step, forwards or back, and begins it anew. */
  goTo(step: number): void {
    assert(step >= 0 && step <= this.lesson.steps.length, `step ${step} of ${this.lesson.steps.length}`);
    this.#step = step;
    this.#said.clear();
    this.#decidedAt.clear();
    this.#notes.clear();
    this.#revealed = false;
    this.#open();
    this.#look();
  }

  /** "Reset": the same step without what was seen; predictions stay. */
  reset(): void {
    this.#decidedAt.clear();
    this.#notes.clear();
    this.#revealed = false;
    this.#open();
    this.#look();
  }

  /** @returns false when this cannot be said, or was committed already: a prediction is made once. */
  commit(prediction: string, said: Said): boolean {
    const found = this.step?.predictions.find(({ id }) => id === prediction);
    if (!found || this.#said.has(prediction) || !isSayable(found, said)) return false;
    this.#said.set(prediction, [...said]);
    this.#look();
    this.#maybeReveal();
    return true;
  }

  /** Shows every condition the moment, once the predictions are made. What came before them proves nothing. */
  see(moment: Moment): void {
    this.#newest = moment;
    if (this.phase !== "running") return;
    this.#show(moment);
    this.#maybeReveal();
  }

  /** Lets a fresh experiment see who leads and what stands; that by itself is not an event of it. */
  #look(): void {
    if (this.phase === "running" && this.#newest) this.#show({ ...this.#newest, what: { kind: "look" } });
  }

  #show(moment: Moment): void {
    for (const [id, watch] of this.#watches) {
      const seen = watch.next(moment);
      if (seen.done) {
        this.#watches.delete(id);
        this.#decidedAt.set(id, moment.number);
        this.#notes.delete(id);
      } else if (seen.value !== undefined) this.#notes.set(id, seen.value);
    }
  }

  checklist(): readonly ChecklistItem[] {
    return (this.step?.conditions ?? []).map(({ id, pending, impossible }) => ({
      id,
      met: this.#decidedAt.has(id),
      decidedAt: this.#decidedAt.get(id) ?? null,
      note: this.#notes.get(id) ?? "",
      pending,
      impossible,
    }));
  }

  /** "You said B. It was C.", for each prediction of the step; empty before the verdict. */
  reveals(): readonly Reveal[] {
    const step = this.step;
    if (this.phase !== "revealed" || step === null) return [];
    return step.predictions.map((prediction) => {
      const { id, right, decidedBy } = prediction;
      const said = this.#said.get(id)!;
      const known = LANGUAGES.flatMap((one) => Object.keys(step.texts[one].predictions[id]?.answers ?? {}));
      return {
        prediction: id,
        said,
        right,
        judgement: judge(prediction, said, known),
        decidedAt: decidedBy === null ? null : this.#decidedAt.get(decidedBy) ?? null,
      };
    });
  }

  /** Shows the verdict without the experiment's end: for what cannot be done, and for who has seen enough. */
  concede(): void {
    if (this.phase === "running") this.#revealed = true;
  }

  /** From a revealed step to the one after. @returns false while there is nothing to leave behind. */
  next(): boolean {
    if (this.phase !== "revealed") return false;
    this.goTo(this.#step + 1);
    return true;
  }

  #open(): void {
    this.#watches = new Map();
    for (const { id, words, pending } of this.step?.conditions ?? []) {
      if (pending === null && !this.#decidedAt.has(id)) this.#watches.set(id, openCondition(words));
    }
    // Where everything waits for machinery, reading is all there is to do.
    this.#maybeReveal();
  }

  #maybeReveal(): void {
    if (this.phase === "running" && this.#watches.size === 0) this.#revealed = true;
  }
}
