// put, get, del and compaction.

import { EMPTY_BYTES, utf8 } from "../../base/bytes.ts";
import {
  type DeleteRangeRequest,
  deleteRangeRequest,
  FROM_KEY_END,
  prefixEnd,
  type PutRequest,
  putRequest,
  type RangeRequest,
  rangeRequest,
  type SortOrder,
  type SortTarget,
} from "../../kv/requests.ts";
import { int64ToId } from "../../wire/border.ts";
import { headerOf } from "../answers.ts";
import { ask, badArgs, bool, type CtlCall, type CtlCommand, int, isSet, text, unsupported } from "./call.ts";
import type { FlagSpec } from "./flag_words.ts";
import { goJson, parseInteger } from "./go_text.ts";
import { headerJson, headerLines, kvResponseJson, kvResponseLines, kvResponsePlain } from "./printing.ts";
import { CtlFailure, type CtlRun, EXIT, print } from "./step.ts";

export type ParsedOp = Pick<CtlCall, "args" | "flags">;

export const PUT_FLAGS: readonly FlagSpec[] = [
  bool("ignore-lease", "keep the key's present lease"),
  bool("ignore-value", "keep the key's present value"),
  text("lease", "0", "lease to attach, its ID in hex"),
  bool("prev-kv", "print the pair as it was before"),
];

export const GET_FLAGS: readonly FlagSpec[] = [
  text(
    "consistency",
    "l",
    "l: ask the majority first (linearizable); s: this member's own copy (serializable)",
  ),
  bool("from-key", "all keys from this one on"),
  bool("keys-only", "keys without values"),
  int("limit", "most pairs to print"),
  text("order", "", "ASCEND or DESCEND"),
  bool("prefix", "all keys that begin so"),
  bool("print-value-only", "values without keys"),
  int("rev", "as it was at this revision"),
  text("sort-by", "", "CREATE, KEY, MODIFY, VALUE or VERSION"),
];

export const DEL_FLAGS: readonly FlagSpec[] = [
  bool("from-key", "all keys from this one on"),
  bool("prefix", "all keys that begin so"),
  bool("prev-kv", "print the pairs as they were before"),
];

export const KV_COMMANDS: readonly CtlCommand[] = [
  {
    path: ["put"],
    about: "Stores a value under a key",
    usage: "[options] <key> <value>",
    flags: PUT_FLAGS,
    *run(call) {
      const { answer, result } = yield* ask(call, putOf(call), "put");
      yield* printKv(call, result, headerOf(answer));
      return EXIT.success;
    },
  },
  {
    path: ["get"],
    about: "Reads a key, or a range of keys",
    usage: "[options] <key> [range_end]",
    flags: GET_FLAGS,
    *run(call) {
      const request = rangeOf(call);
      const valueOnly = isSet(call, "print-value-only");
      if (valueOnly && call.format !== "simple") {
        throw badArgs("print-value-only is only for `--write-out=simple`");
      }
      const { answer, result } = yield* ask(call, request, "range");
      yield* printKv(call, result, headerOf(answer), valueOnly);
      return EXIT.success;
    },
  },
  {
    path: ["del"],
    about: "Deletes a key, or a range of keys",
    usage: "[options] <key> [range_end]",
    flags: DEL_FLAGS,
    *run(call) {
      const { answer, result } = yield* ask(call, deletionOf(call), "deleteRange");
      yield* printKv(call, result, headerOf(answer));
      return EXIT.success;
    },
  },
  {
    path: ["compaction"],
    about: "Forgets history before a revision",
    usage: "[options] <revision>",
    flags: [bool("physical", "answer once the space is given back")],
    *run(call) {
      if (call.args.length !== 1) throw badArgs("compaction command needs 1 argument");
      const revision = parseInteger(call.args[0]!, { base: 10, signed: true });
      if (typeof revision === "string") throw new CtlFailure(revision, EXIT.error);
      const request = {
        kind: "compact",
        revision: saturated(revision),
        physical: isSet(call, "physical"),
      } as const;
      yield* ask(call, request, "compact");
      yield* print(`compacted revision ${revision}`);
      return EXIT.success;
    },
  },
];

/** @throws CtlFailure in etcdctl's words. */
export function putOf(call: ParsedOp): PutRequest {
  const [key, value] = call.args;
  const ignoreValue = call.flags.get("ignore-value") === "true";
  if (key === undefined) throw badArgs("put command needs 1 argument and input from stdin or 2 arguments");
  if (ignoreValue && value !== undefined) {
    throw badArgs("put command needs only 1 argument when 'ignore-value' is set");
  }
  // There is no standard input to read a value from here.
  if (!ignoreValue && value === undefined) {
    throw badArgs("put command needs 1 argument and input from stdin or 2 arguments");
  }
  const lease = parseInteger(call.flags.get("lease") ?? "0", { base: 16, signed: true });
  if (typeof lease === "string") throw badArgs(`bad lease ID (${lease}), expecting ID in Hex`);
  return putRequest({
    key: utf8(key),
    value: value === undefined ? EMPTY_BYTES : utf8(value),
    lease: lease === 0n ? "" : int64ToId(lease),
    prevKv: call.flags.get("prev-kv") === "true",
    ignoreValue,
    ignoreLease: call.flags.get("ignore-lease") === "true",
  });
}

/** @throws CtlFailure in etcdctl's words. */
export function rangeOf(call: ParsedOp): RangeRequest {
  const { key, rangeEnd } = spanOf("get", call);
  const consistency = call.flags.get("consistency") ?? "l";
  if (consistency !== "l" && consistency !== "s") {
    throw new CtlFailure(`unknown consistency flag ${JSON.stringify(consistency)}`, EXIT.badFeature);
  }
  const order = SORT_ORDERS.get((call.flags.get("order") ?? "").toUpperCase());
  if (order === undefined) {
    throw new CtlFailure(`bad sort order ${call.flags.get("order")}`, EXIT.badFeature);
  }
  const target = SORT_TARGETS.get((call.flags.get("sort-by") ?? "").toUpperCase());
  if (target === undefined) {
    throw new CtlFailure(`bad sort target ${call.flags.get("sort-by")}`, EXIT.badFeature);
  }
  return rangeRequest({
    key,
    rangeEnd,
    sortOrder: order,
    sortTarget: target,
    serializable: consistency === "s",
    limit: Number(call.flags.get("limit") ?? 0),
    revision: Number(call.flags.get("rev") ?? 0),
    keysOnly: call.flags.get("keys-only") === "true",
  });
}

/** @throws CtlFailure in etcdctl's words. */
export function deletionOf(call: ParsedOp): DeleteRangeRequest {
  return deleteRangeRequest({ ...spanOf("del", call), prevKv: call.flags.get("prev-kv") === "true" });
}

const SORT_ORDERS: ReadonlyMap<string, SortOrder> = new Map([
  ["", "none"],
  ["ASCEND", "ascend"],
  ["DESCEND", "descend"],
]);
const SORT_TARGETS: ReadonlyMap<string, SortTarget> = new Map([
  ["", "key"],
  ["CREATE", "create"],
  ["KEY", "key"],
  ["MODIFY", "mod"],
  ["VALUE", "value"],
  ["VERSION", "version"],
]);

function spanOf(command: string, { args, flags }: ParsedOp): { key: Uint8Array; rangeEnd: Uint8Array } {
  const [key, end] = args;
  const [prefix, fromKey] = [flags.get("prefix") === "true", flags.get("from-key") === "true"];
  if (key === undefined) {
    throw badArgs(`${command} command needs one argument as key and an optional argument as range_end`);
  }
  if (prefix && fromKey) {
    throw badArgs("`--prefix` and `--from-key` cannot be set at the same time, choose one");
  }
  if (end !== undefined && (prefix || fromKey)) {
    throw badArgs("too many arguments, only accept one argument when `--prefix` or `--from-key` is set");
  }
  return keySpan(key, { end, prefix, fromKey });
}

/** The range that a key and its options stand for; a prefix of nothing is every key. */
export function keySpan(
  key: string,
  { end, prefix, fromKey }: { end: string | undefined; prefix: boolean; fromKey: boolean },
): { key: Uint8Array; rangeEnd: Uint8Array } {
  const bytes = utf8(key);
  if ((prefix || fromKey) && bytes.length === 0) return { key: new Uint8Array([0]), rangeEnd: FROM_KEY_END };
  if (prefix) return { key: bytes, rangeEnd: prefixEnd(bytes) };
  return { key: bytes, rangeEnd: fromKey ? FROM_KEY_END : utf8(end ?? "") };
}

function* printKv(
  call: CtlCall,
  response: Parameters<typeof kvResponseJson>[0],
  header: Parameters<typeof headerJson>[0],
  valueOnly = false,
): CtlRun<void> {
  const lines = kvText(call, response, header, valueOnly);
  if (lines.length > 0) yield* print(lines.join("\n"));
}

export function kvText(
  call: Pick<CtlCall, "format" | "hex">,
  response: Parameters<typeof kvResponseJson>[0],
  header: Parameters<typeof headerJson>[0],
  valueOnly: boolean,
): string[] {
  switch (call.format) {
    case "simple":
      return kvResponsePlain(response, { hex: call.hex, valueOnly });
    case "json":
      return [goJson({ header: headerJson(header), ...kvResponseJson(response) })];
    case "fields":
      return [...headerLines(header), ...kvResponseLines(response)];
    case "table":
      throw unsupported(call.format);
  }
}

function saturated(value: bigint): number {
  return Number(value > BigInt(Number.MAX_SAFE_INTEGER) ? BigInt(Number.MAX_SAFE_INTEGER) : value);
}
