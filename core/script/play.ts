// Plays a whole scenario file and holds what came of it against what was expected.

import { Violation } from "../check/violation.ts";
import { parseScenario, rewriteScenario } from "./parse.ts";
import { ScenarioError } from "./scenario_error.ts";
import { ScenarioRunner } from "./scenario_runner.ts";

export interface PlayedStep {
  /** Line of the command, from 1. */
  readonly line: number;
  /** The command as written. */
  readonly command: string;
  readonly expected: string;
  readonly actual: string;
}

/**
 * Plays every step, whether the ones before went as expected or not.
 * @throws ScenarioError naming file and line when the file cannot be understood or a rule of Raft was broken on the way.
 */
export function playScenario(text: string, file = "scenario"): { readonly steps: readonly PlayedStep[] } {
  const runner = new ScenarioRunner();
  const steps = parseScenario(text, file).map(({ command, expected }): PlayedStep => {
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
  return { steps };
}

/** The same file with what really came of each step as its expectation. */
export function replayedText(text: string, file = "scenario"): string {
  return rewriteScenario(text, playScenario(text, file).steps.map(({ actual }) => actual));
}

/** What differs, readable: place, command, lines expected and lines that came instead; empty when all is as expected. */
export function differenceText(steps: readonly PlayedStep[], file: string): string {
  return steps.filter(({ expected, actual }) => expected !== actual).map((step) => {
    const lines = diffLines(step.expected.split("\n"), step.actual.split("\n"));
    return [`${file}:${step.line}: ${step.command}`, ...lines].join("\n");
  }).join("\n\n");
}

/** Common lines with two blanks before them, missing ones with `-`, new ones with `+`. (Longest common subsequence) */
function diffLines(expected: readonly string[], actual: readonly string[]): readonly string[] {
  const common = Array.from(
    { length: expected.length + 1 },
    () => new Array<number>(actual.length + 1).fill(0),
  );
  for (let i = expected.length - 1; i >= 0; i--) {
    for (let j = actual.length - 1; j >= 0; j--) {
      common[i]![j] = expected[i] === actual[j]
        ? common[i + 1]![j + 1]! + 1
        : Math.max(common[i + 1]![j]!, common[i]![j + 1]!);
    }
  }
  const lines: string[] = [];
  let i = 0;
  let j = 0;
  while (i < expected.length || j < actual.length) {
    if (i < expected.length && j < actual.length && expected[i] === actual[j]) {
      lines.push(`  ${expected[i++]}`);
      j += 1;
    } else if (j >= actual.length || (i < expected.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      lines.push(`- ${expected[i++]}`);
    } else lines.push(`+ ${actual[j++]}`);
  }
  return lines;
}
