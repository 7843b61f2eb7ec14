// The form of a scenario file. Steps stand apart by blank lines; each is commentary, one command, and what is expected:
//
//     # The leader goes down with a write that nobody else holds.
//     crash leader
//     ----
//     n2 crashed
//
// Commentary may also stand alone. Expected text ends at a blank line; an empty one is a step without expectation yet.

import { ScenarioError } from "./scenario_error.ts";

export interface ParsedCommand {
  /** Its line in the file, from 1. */
  readonly line: number;
  /** The whole command as written. */
  readonly text: string;
  /** Its first word. */
  readonly name: string;
  /** The words after the first; quotes are taken off. */
  readonly words: readonly string[];
}

export interface ScenarioStep {
  readonly command: ParsedCommand;
  readonly expected: string;
  /** Line of the first expected line: the one after `----`. */
  readonly expectedLine: number;
}

const SEPARATOR = "----";

/** @throws ScenarioError when a command has no `----` behind it, or a quote stays open. */
export function parseScenario(text: string, file?: string): readonly ScenarioStep[] {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const steps: ScenarioStep[] = [];
  for (let at = 0; at < lines.length; at++) {
    const line = lines[at]!;
    if (line === "" || line.startsWith("#")) continue;
    if (line === SEPARATOR) {
      throw new ScenarioError(at + 1, `${SEPARATOR} without a command above it`, { file });
    }
    const command = parseCommand(line, at + 1, file);
    if (lines[at + 1] !== SEPARATOR) {
      throw new ScenarioError(at + 2, `expected ${SEPARATOR} after the command "${line}"`, { file });
    }
    const expectedFrom = at + 2;
    let end = expectedFrom;
    while (end < lines.length && lines[end] !== "") end += 1;
    const expected = lines.slice(expectedFrom, end).join("\n");
    steps.push({ command, expected, expectedLine: expectedFrom + 1 });
    at = end;
  }
  return steps;
}

/** The words of one command line. Double quotes keep blanks together: `put x "two words"`. */
export function parseCommand(text: string, line = 1, file?: string): ParsedCommand {
  const words: string[] = [];
  for (const [, quoted, plain, open] of text.matchAll(/"([^"]*)"(?=\s|$)|([^\s"]\S*)|(\S)/g)) {
    if (open !== undefined) throw new ScenarioError(line, `a quote stays open in "${text}"`, { file });
    words.push(quoted ?? plain!);
  }
  const [name, ...rest] = words;
  if (name === undefined) throw new ScenarioError(line, "expected a command", { file });
  return { line, text: text.trim(), name, words: rest };
}

/** The file with other texts in place of what was expected; everything else stays as it is. */
export function rewriteScenario(text: string, actuals: readonly string[]): string {
  const steps = parseScenario(text);
  const lines = text.split("\n").map((line) => line.trimEnd());
  const parts: string[] = [];
  let from = 0;
  for (const [place, { expected, expectedLine }] of steps.entries()) {
    parts.push(...lines.slice(from, expectedLine - 1));
    if (actuals[place] !== "") parts.push(actuals[place]!);
    from = expectedLine - 1 + (expected === "" ? 0 : expected.split("\n").length);
  }
  parts.push(...lines.slice(from));
  return parts.join("\n").trimEnd() + "\n";
}
