// `deno task lessons [--rewrite] [slug…]`: reads every lesson, plays its solution, and names what is missing, by file and
// line: a language, a solution, a condition that nothing makes true or that is true from the start, a step too long, a
// word that nobody explains, a wrong answer without a text. With --rewrite, scenario.txt and solution.txt take over
// what really came of their commands.

import { writeFileSync } from "node:fs";
import process from "node:process";
import { differenceText, playLesson, rewriteScenario, ScenarioError } from "../../core/script/mod.ts";
import { lessonFiles, LESSONS_FOLDER, readCourse } from "../../lessons/course.ts";

const words = process.argv.slice(2);
const rewrite = words.includes("--rewrite");
const wanted = words.filter((word) => !word.startsWith("-"));
const course = readCourse();
let troubleCount = 0;
const complain = (text: string) => {
  troubleCount += 1;
  console.log(text);
};

for (const { file, line, says } of course.problems) complain(`lessons/${file}:${line}: ${says}`);
for (const lesson of course.lessons) {
  if (wanted.length > 0 && !wanted.some((slug) => lesson.slug.includes(slug))) continue;
  try {
    const steps = playLesson(lesson);
    for (const step of steps) {
      for (const id of step.metBefore) {
        complain(`lessons/${lesson.slug}: ${step.id}: ${id} is true before anything is done`);
      }
      for (const id of step.unmet) {
        complain(`lessons/${lesson.slug}: ${step.id}: the solution does not make ${id} true`);
      }
      for (const id of step.impossibleMet) complain(`lessons/${lesson.slug}: ${step.id}: ${id} came true`);
      for (const id of step.pending) console.log(`lessons/${lesson.slug}: ${step.id}: ${id} is pending`);
    }
    const played = {
      "scenario.txt": steps.flatMap(({ setUp }) => setUp),
      "solution.txt": steps.flatMap(({ solution }) => solution),
    };
    for (const [file, commands] of Object.entries(played)) {
      const path = `${lesson.slug}/${file}`;
      const difference = differenceText(commands, path);
      if (difference === "") continue;
      if (rewrite) {
        const text = lessonFiles(lesson.slug)[file]!;
        writeFileSync(
          `${LESSONS_FOLDER}${path}`,
          rewriteScenario(text, commands.map(({ actual }) => actual)),
        );
        console.log(`lessons/${path}: rewritten`);
      } else complain(difference);
    }
    const count = steps.reduce((sum, { setUp, solution }) => sum + setUp.length + solution.length, 0);
    console.log(`lessons/${lesson.slug}: ${steps.length} steps, ${count} commands`);
  } catch (error) {
    if (!(error instanceof ScenarioError)) throw error;
    complain(`lessons/${error.message}`);
  }
}
console.log(troubleCount === 0 ? "every lesson holds" : `${troubleCount} to mend`);
if (troubleCount > 0) process.exitCode = 1;
