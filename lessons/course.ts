// Where the lessons lie, and reading them from disk.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  type FileProblem,
  type GlossaryTerm,
  type Lesson,
  LESSON_FILES,
  type LessonFiles,
  readGlossary,
  readLesson,
} from "../core/script/mod.ts";

export const LESSONS_FOLDER = fileURLToPath(new URL(".", import.meta.url));

/** The slugs of all lessons in their order, then those of the challenges: folders with a lesson.txt. */
export function lessonSlugs(): readonly string[] {
  const folders = (under: string) =>
    readdirSync(`${LESSONS_FOLDER}${under}`, { withFileTypes: true })
      .filter((entry) =>
        entry.isDirectory() && existsSync(`${LESSONS_FOLDER}${under}${entry.name}/lesson.txt`)
      )
      .map((entry) => `${under}${entry.name}`).sort();
  return [...folders(""), ...folders("challenges/")];
}

export function lessonFiles(slug: string): LessonFiles {
  const found = LESSON_FILES.flatMap((file) => {
    const path = `${LESSONS_FOLDER}${slug}/${file}`;
    return existsSync(path) ? [[file, readFileSync(path, "utf8")] as const] : [];
  });
  return Object.fromEntries(found);
}

export interface Course {
  readonly glossary: readonly GlossaryTerm[];
  readonly lessons: readonly Lesson[];
  /** Files relative to `lessons/`. */
  readonly problems: readonly FileProblem[];
}

/** Everything there is to learn, and all that is wrong with it. */
export function readCourse(): Course {
  const { glossary, problems } = readGlossary(readFileSync(`${LESSONS_FOLDER}glossary.md`, "utf8"));
  const course = {
    glossary,
    lessons: [] as Lesson[],
    problems: problems.map((problem): FileProblem => ({ ...problem, file: "glossary.md" })),
  };
  for (const slug of lessonSlugs()) {
    const { lesson, problems } = readLesson(slug, lessonFiles(slug), glossary);
    if (lesson) course.lessons.push(lesson);
    course.problems.push(...problems.map((problem) => ({ ...problem, file: `${slug}/${problem.file}` })));
  }
  return course;
}
