// The lessons as one module of the page: `import { course } from "virtual:lessons"`. They are read when the site is built
// or served, not when it is opened; a mistake in one fails the build with its file and line.

import type { Plugin } from "vite";
import { lessonFiles, LESSONS_FOLDER, lessonSlugs, readCourse } from "./course.ts";

const NAME = "virtual:lessons";
const RESOLVED = `\0${NAME}`;

export function lessons(): Plugin {
  return {
    name: "lessons",
    resolveId: (id) => (id === NAME ? RESOLVED : undefined),
    load(id) {
      if (id !== RESOLVED) return;
      this.addWatchFile(`${LESSONS_FOLDER}glossary.md`);
      for (const slug of lessonSlugs()) {
        for (const file of Object.keys(lessonFiles(slug))) {
          this.addWatchFile(`${LESSONS_FOLDER}${slug}/${file}`);
        }
      }
      return courseModule();
    },
  };
}

/** @throws Error that names every mistake by file and line. */
export function courseModule(): string {
  const { glossary, lessons, problems } = readCourse();
  if (problems.length > 0) {
    const lines = problems.map(({ file, line, says }) => `lessons/${file}:${line}: ${says}`);
    throw new Error(`the lessons have mistakes:\n${lines.join("\n")}`);
  }
  // JSON in a string is parsed faster than the same as a literal, and holds nothing that could run.
  return `export const course = JSON.parse(${JSON.stringify(JSON.stringify({ glossary, lessons }))});`;
}
