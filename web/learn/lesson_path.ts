// A lesson in an address: `#/learn/6/half` is step `half` of the sixth; challenges and the last part go by name.

import type { Lesson } from "../../core/script/mod.ts";
import { hashOf } from "../router.ts";

/** What stands for a lesson in an address. */
export function nameOf({ number, slug }: Lesson): string {
  return number === null ? slug.replace(/^challenges\//, "") : String(number);
}

export function lessonNamed(lessons: readonly Lesson[], name: string): Lesson | null {
  return lessons.find((lesson) => nameOf(lesson) === name) ?? null;
}

export function lessonHash(lesson: Lesson, step?: string): string {
  return hashOf("learn", undefined, [nameOf(lesson), ...(step === undefined ? [] : [step])]);
}
