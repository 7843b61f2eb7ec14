// One line typed at the prompt: which program it is for, and that program at work. etcdctl's own words may be left out
// where a line begins with one of its commands.

import type { CtlCall, Format } from "./call.ts";
import { ELSEWHERE, findCommand, GLOBAL_FLAGS, topWords } from "./commands.ts";
import { parseFlags } from "./flag_words.ts";
import { runGoreman } from "./procfile.ts";
import { complain, CtlFailure, type CtlRun, type CtlWorld, EXIT, print } from "./step.ts";
import { commandUsage, groupUsage, rootUsage } from "./usage.ts";
import { editDistance, splitWords } from "./words.ts";

const FORMATS: readonly Format[] = ["simple", "table", "json", "fields"];

/** Exit code of a shell that knows no such program. */
const NOT_FOUND = 127;

/**
 * Runs a line. A prompt copied along with it ("$ "), settings in front ("ETCDCTL_API=3") and a path to the program are
 * left aside. An empty line, or a comment, does nothing.
 */
export function* runLine(line: string, world: CtlWorld): CtlRun {
  const split = splitWords(
    line.trim().replace(/^[$#%]\s+(?=\S)/, (prompt) => (prompt.startsWith("#") ? prompt : "")),
  );
  if (split.kind === "open") {
    yield* complain(`a ${split.quote} is opened and not closed`);
    return EXIT.error;
  }
  const words = split.words.filter((word, at, all) =>
    !(/^[A-Za-z_]\w*=/.test(word) && all.slice(0, at).every((before) => /^[A-Za-z_]\w*=/.test(before)))
  );
  const [first, ...rest] = words;
  if (first === undefined || first === "export") return EXIT.success;
  const program = first.slice(first.lastIndexOf("/") + 1);
  try {
    if (program === "etcdctl") return yield* runEtcdctl(rest, world);
    if (program === "goreman") return yield* runGoreman(rest, world);
    if (program === "help") return yield* runHelp(rest);
    if (topWords().includes(first) || first.startsWith("-")) return yield* runEtcdctl(words, world);
    yield* complain(`${first}: command not found`);
    return NOT_FOUND;
  } catch (error) {
    if (!(error instanceof CtlFailure)) throw error;
    if (error.message !== "") yield* complain(`Error: ${error.message}`);
    return error.exitCode;
  }
}

/** Splits what was pasted into lines; one that ends in a backslash goes on in the next. */
export function pastedLines(text: string): readonly string[] {
  return text.replaceAll("\r", "").replace(/\\\n\s*/g, "").split("\n");
}

function* runEtcdctl(words: readonly string[], world: CtlWorld): CtlRun {
  const commandWords = plainWords(words);
  const [first = ""] = commandWords;
  if (first === "" || first === "help") {
    return words.includes("help") || words.length === 0 || words.includes("-h") || words.includes("--help")
      ? yield* runHelp(commandWords.slice(1))
      : yield* flagsAlone(words);
  }
  const command = findCommand(commandWords);
  if (command === null) return yield* unknownCommand(commandWords);

  const parsed = parseFlags(withoutPath(words, command.path), [...command.flags, ...GLOBAL_FLAGS]);
  if ("why" in parsed) {
    yield* complain(`Error: ${parsed.why}`);
    yield* complain(commandUsage(command));
    return EXIT.error;
  }
  const { flags, rest } = parsed;
  if (flags.get("help") === "true") return yield* printed(commandUsage(command));
  const format = FORMATS.find((name) => name === (flags.get("write-out") ?? "simple"));
  if (format === undefined) throw new CtlFailure("unsupported output format", EXIT.badFeature);
  const endpoints = flags.get("endpoints");
  const call: CtlCall = {
    world,
    endpoints: endpoints === undefined ? world.endpoints : endpoints.split(",").filter((one) => one !== ""),
    format,
    hex: flags.get("hex") === "true",
    args: rest,
    flags,
  };
  return yield* command.run(call);
}

function* runHelp(words: readonly string[]): CtlRun {
  const command = findCommand(words);
  if (command !== null) return yield* printed(commandUsage(command));
  const [group = ""] = words;
  return yield* printed(topWords().includes(group) ? groupUsage(group) : rootUsage());
}

function* printed(text: string): CtlRun {
  yield* print(text);
  return EXIT.success;
}

/** Flags without a command: a mistake in them, or nothing to do but to help. */
function* flagsAlone(words: readonly string[]): CtlRun {
  const parsed = parseFlags(words, GLOBAL_FLAGS);
  if ("why" in parsed) throw new CtlFailure(parsed.why, EXIT.error);
  return yield* printed(rootUsage());
}

function* unknownCommand(words: readonly string[]): CtlRun {
  const [first = ""] = words;
  if (ELSEWHERE.includes(first)) {
    throw new CtlFailure(
      `"${first}" needs the real etcdctl; start the members over TCP and paste it there`,
      EXIT.badFeature,
    );
  }
  // A word that only groups commands shows them.
  if (topWords().includes(first)) return yield* printed(groupUsage(first));
  const near = [...topWords(), "auth"].filter((known) =>
    editDistance(first.toLowerCase(), known) <= 2 || known.startsWith(first.toLowerCase())
  );
  const hint = near.length === 0
    ? ""
    : `\n\nDid you mean this?\n${near.map((name) => `\t${name}\n`).join("")}`;
  throw new CtlFailure(
    `unknown command "${first}" for "etcdctl"${hint}\nRun 'etcdctl --help' for usage.`,
    EXIT.error,
  );
}

/** The words that are neither flags nor a flag's value, in order. */
function plainWords(words: readonly string[]): readonly string[] {
  const plain: string[] = [];
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--") return [...plain, ...words.slice(at + 1)];
    if (!word.startsWith("-")) plain.push(word);
    else if (takesNext(word)) at += 1;
  }
  return plain;
}

/** Whether a global flag's value is the next word. Before the command is known, only these can be told. */
function takesNext(word: string): boolean {
  if (word.includes("=")) return false;
  const spec = GLOBAL_FLAGS.find(({ name, short }) => word === `--${name}` || word === `-${short}`);
  return spec !== undefined && spec.kind !== "bool";
}

/** Everything but the command's own words, which may stand between flags. */
function withoutPath(words: readonly string[], path: readonly string[]): readonly string[] {
  const left: string[] = [];
  let next = 0;
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (next < path.length && word === path[next]) next += 1;
    else {
      left.push(word);
      if (word.startsWith("-") && takesNext(word) && at + 1 < words.length) left.push(words[++at]!);
    }
  }
  return left;
}
