// The name of a run: everything its members said, folded into one hash as it is said. Values are taken in the order in
// which an event lists them; each kind of event lists them in one order, so the kind stands for their names.

import type { StateHash } from "../base/bytes.ts";
import type { MemberId } from "../base/ids.ts";
import type { TraceEvent } from "../member/trace.ts";

export function addTrace(
  hash: StateHash,
  { atMs, member, event }: { readonly atMs: number; readonly member: MemberId; readonly event: TraceEvent },
): void {
  hash.addNumber(atMs).addText(member);
  addFields(hash, event);
}

function addFields(hash: StateHash, fields: object): void {
  for (const name in fields) addValue(hash, (fields as Readonly<Record<string, unknown>>)[name]);
}

function addValue(hash: StateHash, value: unknown): void {
  switch (typeof value) {
    case "string":
      hash.addText(value);
      return;
    case "number":
      hash.addNumber(value);
      return;
    case "boolean":
      hash.addNumber(value ? 1 : 0);
      return;
    default:
      if (value === null || value === undefined) hash.addNumber(-1);
      else if (Array.isArray(value)) {
        hash.addNumber(value.length);
        for (const item of value) addValue(hash, item);
      } else addFields(hash, value as object);
  }
}
