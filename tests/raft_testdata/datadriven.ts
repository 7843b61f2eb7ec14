// Files of commands and expectations, in the format of cockroachdb/datadriven:
//
//   # commentary
//   command arg key=value key=(a,b)
//   input, if any
//   ----
//   expected output, up to a blank line; begun by a second "----" it may hold blank lines and ends with two more

export interface Argument {
  readonly key: string;
  readonly values: readonly string[];
}

export interface Case {
  /** Where the command stands in the file, counted from 1. */
  readonly line: number;
  readonly command: string;
  readonly args: readonly Argument[];
  readonly input: string;
  readonly expected: string;
}

const SEPARATOR = "----";

/** @throws Error when a command has no expectation. */
export function parseCases(text: string): readonly Case[] {
  const lines = text.split("\n").map((line) => line.trimEnd());
  const cases: Case[] = [];
  let at = 0;
  while (at < lines.length) {
    const head = lines[at]!;
    if (head === "" || head.startsWith("#")) {
      at += 1;
      continue;
    }
    const line = at + 1;
    const separator = lines.indexOf(SEPARATOR, at);
    if (separator < 0) throw new Error(`line ${line}: no ${SEPARATOR} after ${head}`);
    const input = lines.slice(at + 1, separator).join("\n");
    at = separator + 1;
    const end = lines[at] === SEPARATOR ? endOfFenced(lines, ++at) : endOfPlain(lines, at);
    const expected = lines.slice(at, end.last).join("\n");
    at = end.next;
    const [command, ...args] = splitArguments(head);
    cases.push({ line, command: command!.key, args, input, expected });
  }
  return cases;
}

function endOfPlain(lines: readonly string[], from: number): { last: number; next: number } {
  const blank = lines.indexOf("", from);
  const last = blank < 0 ? lines.length : blank;
  return { last, next: last };
}

function endOfFenced(lines: readonly string[], from: number): { last: number; next: number } {
  for (let at = from; at + 1 < lines.length; at++) {
    if (lines[at] === SEPARATOR && lines[at + 1] === SEPARATOR) return { last: at, next: at + 2 };
  }
  throw new Error(`line ${from}: the expectation does not end`);
}

function splitArguments(head: string): readonly Argument[] {
  const words = head.match(/[^\s=]+=\([^)]*\)|\S+/g) ?? [];
  return words.map((word) => {
    const equals = word.indexOf("=");
    if (equals < 0) return { key: word, values: [] };
    const value = word.slice(equals + 1).replace(/^\(|\)$/g, "");
    return { key: word.slice(0, equals), values: value.split(/[\s,]+/).filter((part) => part !== "") };
  });
}

/** The values of the argument `key`; undefined when it is not there. */
export function valuesOf(args: readonly Argument[], key: string): readonly string[] | undefined {
  return args.find((arg) => arg.key === key)?.values;
}

/** The first value of the argument `key`. */
export function valueOf(args: readonly Argument[], key: string): string | undefined {
  return valuesOf(args, key)?.[0];
}

/** Arguments without a value, in order. */
export function bareWords(args: readonly Argument[]): readonly string[] {
  return args.filter((arg) => arg.values.length === 0).map((arg) => arg.key);
}
