// Plays a whole lesson in the simulator as an obedient reader would: says what is right, presses "Show me", goes on. Shows
// that each condition is false before and true after, and that every command comes out as written.

import { Violation } from "../check/violation.ts";
import type { Lesson } from "./lesson.ts";
import { LessonRun } from "./lesson_run.ts";
import { parseScenario } from "./parse.ts";
import type { PlayedStep } from "./play.ts";
import { ScenarioError } from "./scenario_error.ts";
import { ScenarioRunner } from "./scenario_runner.ts";
import type { Carry } from "./stage.ts";

export interface PlayedLessonStep {
  readonly id: string;
  readonly setUp: readonly PlayedStep[];
  readonly solution: readonly PlayedStep[];
  /** Conditions that the set-up alone makes true: nothing would be left to do. */
  readonly metBefore: readonly string[];
  /** Conditions that the solution does not make true although it could. */
  readonly unmet: readonly string[];
  /** Conditions that came true although nothing should make them. */
  readonly impossibleMet: readonly string[];
  readonly pending: readonly string[];
  /** The event that decides each prediction; null where only the text can tell. */
  readonly decidedAt: Readonly<Record<string, number | null>>;
}

/**
 * @param carry what carries its clusters; left out: a simulator.
 * @throws ScenarioError when a command is not understood or a rule of Raft was broken.
 */
export function playLesson(
  lesson: Lesson,
  carry?: Carry,
): readonly PlayedLessonStep[] {
  const run = new LessonRun(lesson);
  const runner = new ScenarioRunner({ onMoment: (moment) => run.see(moment), ...(carry ? { carry } : {}) });
  return lesson.steps.map((step, place): PlayedLessonStep => {
    run.goTo(place);
    const setUp = playText(step.setUp, `${lesson.slug}/scenario.txt ${step.id}`, runner);
    for (const { id, right } of step.predictions) run.commit(id, right);
    const metBefore = run.checklist().filter(({ met }) => met).map(({ id }) => id);
    const solution = playText(step.solution, `${lesson.slug}/solution.txt ${step.id}`, runner);
    const checklist = run.checklist();
    return {
      id: step.id,
      setUp,
      solution,
      metBefore,
      unmet: checklist.filter(({ met, pending, impossible }) => !met && pending === null && !impossible)
        .map(({ id }) => id),
      impossibleMet: checklist.filter(({ met, impossible }) => met && impossible).map(({ id }) => id),
      pending: checklist.filter(({ pending }) => pending !== null).map(({ id }) => id),
      decidedAt: Object.fromEntries(
        run.reveals().map(({ prediction, decidedAt }) => [prediction, decidedAt]),
      ),
    };
  });
}

function playText(text: string, file: string, runner: ScenarioRunner): readonly PlayedStep[] {
  return parseScenario(text, file).map(({ command, expected }): PlayedStep => {
    try {
      return { line: command.line, command: command.text, expected, actual: runner.run(command) };
    } catch (error) {
      if (error instanceof ScenarioError) {
        throw new ScenarioError(error.line, error.says, { file, cause: error });
      }
      if (!(error instanceof Violation)) throw error;
      throw new ScenarioError(command.line, `a rule was broken: ${error.message}`, { file, cause: error });
    }
  });
}
