// One call of a command: its arguments and flags read, its endpoints known, and the ways every command asks and prints.

import { isEtcdError } from "../../base/etcd_error.ts";
import type { MemberId } from "../../base/ids.ts";
import type { ClientRequest } from "../../member/io.ts";
import { uint64ToId } from "../../wire/border.ts";
import { type Answer, type ResultOf, resultOf } from "../answers.ts";
import type { ClientResult } from "../../member/io.ts";
import type { FlagSpec } from "./flag_words.ts";
import { parseInteger } from "./go_text.ts";
import { askEndpoint, CtlFailure, type CtlRun, type CtlWorld, EXIT } from "./step.ts";

export type Format = "simple" | "table" | "json" | "fields";

export interface CtlCommand {
  /** Its words: ["member", "add"]. */
  readonly path: readonly string[];
  readonly about: string;
  /** What follows its words. */
  readonly usage: string;
  readonly flags: readonly FlagSpec[];
  run(call: CtlCall): CtlRun;
}

export interface CtlCall {
  readonly world: CtlWorld;
  /** As --endpoints names them, or the world's. */
  readonly endpoints: readonly string[];
  readonly format: Format;
  readonly hex: boolean;
  readonly args: readonly string[];
  /** Flags by name, as given. */
  readonly flags: ReadonlyMap<string, string>;
}

export function isSet(call: CtlCall, flag: string): boolean {
  return call.flags.get(flag) === "true";
}

/** An int flag, 0 when it was not given. */
export function intFlag(call: CtlCall, flag: string): number {
  return Number(call.flags.get(flag) ?? 0);
}

/** Asks the first endpoint that answers, as etcd's client goes on to the next one when one is away. */
export function* ask<Kind extends ClientResult["kind"]>(
  call: CtlCall,
  request: ClientRequest,
  kind: Kind,
  wrap: (message: string) => CtlFailure = (message) => new CtlFailure(message, EXIT.error),
): CtlRun<{ readonly answer: Answer; readonly result: ResultOf<Kind> }> {
  for (const endpoint of call.endpoints) {
    const answer = yield* askEndpoint(endpoint, request);
    if (answer.kind === "unreachable") continue;
    if (isEtcdError(answer.response)) throw wrap(answer.response.message);
    return { answer: answer.response, result: resultOf(answer.response, kind) };
  }
  throw wrap("context deadline exceeded");
}

/** @throws CtlFailure with `fail`'s words when the text is no id in hex. */
export function memberIdArg(text: string): MemberId {
  const id = parseInteger(text, { base: 16, signed: false });
  if (typeof id === "string") {
    throw new CtlFailure(`bad member ID arg (${id}), expecting ID in Hex`, EXIT.badArgs);
  }
  return uint64ToId(id) as MemberId;
}

export function badArgs(message: string): CtlFailure {
  return new CtlFailure(message, EXIT.badArgs);
}

export function unsupported(format: Format): CtlFailure {
  return new CtlFailure(`${format} not supported as output format`, EXIT.badFeature);
}

/** A flag that is on or off. */
export function bool(name: string, about: string, short?: string): FlagSpec {
  return { name, kind: "bool", shownDefault: "[=false]", about, ...(short === undefined ? {} : { short }) };
}

export function int(name: string, about: string): FlagSpec {
  return { name, kind: "int", shownDefault: "=0", about };
}

export function text(name: string, shownDefault: string, about: string): FlagSpec {
  return { name, kind: "string", shownDefault: `="${shownDefault}"`, about };
}
