// txn: comparisons, then what to do when they hold, then what to do when they do not, each part typed on the lines
// that follow and ended by an empty line.

import { utf8 } from "../../base/bytes.ts";
import { type Compare, compare, type CompareResult, type RequestOp, txnRequest } from "../../kv/requests.ts";
import { int64ToId } from "../../wire/border.ts";
import { headerOf } from "../answers.ts";
import { ask, bool, type CtlCommand } from "./call.ts";
import { type FlagSpec, parseFlags } from "./flag_words.ts";
import { parseInteger } from "./go_text.ts";
import {
  DEL_FLAGS,
  deletionOf,
  GET_FLAGS,
  kvText,
  type ParsedOp,
  PUT_FLAGS,
  putOf,
  rangeOf,
} from "./kv_commands.ts";
import { CtlFailure, type CtlRun, EXIT, print, readLine } from "./step.ts";
import { splitWords } from "./words.ts";

export const TXN_COMMAND: CtlCommand = {
  path: ["txn"],
  about: "Does one thing or another, in one step, by comparing",
  usage: "[options]",
  flags: [bool("interactive", "name the three parts before each", "i")],
  *run(call) {
    const compares = (yield* readPart("compares:")).map(parseCompare);
    const success = (yield* readPart("success requests (get, put, del):")).map(parseOp);
    const failure = (yield* readPart("failure requests (get, put, del):")).map(parseOp);
    const { answer, result } = yield* ask(call, txnRequest({ compare: compares, success, failure }), "txn");
    yield* print(kvText(call, result, headerOf(answer), false).join("\n"));
    return EXIT.success;
  },
};

/** Lines up to an empty one. */
function* readPart(prompt: string): CtlRun<string[]> {
  const lines: string[] = [];
  for (;;) {
    const line = yield* readLine(lines.length === 0 ? prompt : "");
    if (line === null || line.trim() === "") return lines;
    lines.push(line.trim());
  }
}

const RESULTS: ReadonlyMap<string, CompareResult> = new Map([
  ["=", "equal"],
  ["!=", "notEqual"],
  [">", "greater"],
  ["<", "less"],
]);

/** `mod("key") > "0"`. @throws CtlFailure in etcdctl's words, or where etcdctl falls over. */
export function parseCompare(line: string): Compare {
  const parts = /^([^(]*)\("((?:[^"\\]|\\.)*)"\)\s*(\S+)\s+"((?:[^"\\]|\\.)*)"\s*$/.exec(line);
  if (parts === null) throw invalid(`malformed comparison: ${line}`);
  const target = parts[1]!.trim();
  const [key, value] = [unescape(parts[2]!), unescape(parts[4]!)];
  const targets = ["ver", "version", "c", "create", "m", "mod", "val", "value", "lease"];
  if (!targets.includes(target)) {
    throw invalid(`malformed comparison: ${line} (unknown target ${target})`);
  }
  const result = RESULTS.get(parts[3]!);
  if (result === undefined) throw invalid(`malformed comparison: ${line} (unknown result op ${parts[3]})`);
  const on = { key: utf8(key), result };
  if (target === "val" || target === "value") {
    return compare({ ...on, target: { kind: "value", value: utf8(value) } });
  }
  const number = parseInteger(value, { base: target === "lease" ? 16 : 10, signed: true });
  if (typeof number === "string") throw invalid(`invalid txn compare request: ${line}`);
  if (target === "lease") {
    return compare({ ...on, target: { kind: "lease", value: number === 0n ? "" : int64ToId(number) } });
  }
  const kind = target.startsWith("v") ? "version" : target.startsWith("c") ? "create" : "mod";
  return compare({ ...on, target: { kind, value: Number(number) } });
}

/** `put key value`, `get key`, `del key`, with the flags of those commands. @throws CtlFailure in etcdctl's words. */
export function parseOp(line: string): RequestOp {
  const split = splitWords(line);
  if (split.kind === "open") throw invalid(`invalid txn request: ${line}`);
  const [verb = "", ...words] = split.words;
  switch (verb) {
    case "put":
      return putOf(read(words, PUT_FLAGS));
    case "get":
      return rangeOf(read(words, GET_FLAGS));
    case "del":
      return deletionOf(read(words, DEL_FLAGS));
    default:
      throw invalid(`invalid txn request: ${line}`);
  }
}

function read(words: readonly string[], specs: readonly FlagSpec[]): ParsedOp {
  const parsed = parseFlags(words, specs);
  if ("why" in parsed) throw invalid(parsed.why);
  return { args: parsed.rest, flags: parsed.flags };
}

function invalid(message: string): CtlFailure {
  return new CtlFailure(message, EXIT.invalidInput);
}

/** The text that a Go string literal's inside stands for. */
function unescape(inside: string): string {
  return inside.replace(
    /\\(x[0-9a-fA-F]{2}|.)/g,
    (_, code: string) =>
      code.length === 3 ? String.fromCharCode(Number.parseInt(code.slice(1), 16)) : ESCAPES[code] ?? code,
  );
}

const ESCAPES: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r" };
