// A few characters that tell what an entry holds, for log cells and traces.

import { fromUtf8 } from "../base/bytes.ts";
import type { Entry } from "../raft/types.ts";
import { confChangeCodec } from "../wire/conf_change_codec.ts";
import { decodeLogCommand } from "../wire/request_codec.ts";
import type { MemberInfo } from "./io.ts";

const LABEL_LENGTH_MAX = 24;

/** "x=7", "del x", "txn", "no-op", "+infra4"; never longer than a cell can show. */
export function entryLabel(entry: Entry, members: readonly MemberInfo[]): string {
  if (entry.data.length === 0) return "no-op";
  if (entry.kind !== "normal") return confChangeLabel(entry, members);
  const command = decodeLogCommand(entry.data);
  if (command.kind === "malformed") return "?";
  const { request } = command;
  switch (request.kind) {
    case "put":
      return clip(`${shown(request.key)}=${request.ignoreValue ? "…" : shown(request.value)}`);
    case "deleteRange":
      return clip(`del ${shown(request.key)}${request.rangeEnd.length > 0 ? "…" : ""}`);
    case "compact":
      return `compact ${request.revision}`;
    case "publish":
      return clip(`hello ${request.name}`);
    default:
      return request.kind;
  }
}

function confChangeLabel(entry: Entry, members: readonly MemberInfo[]): string {
  if (entry.kind === "normal") return "";
  const { changes } = confChangeCodec.decode(entry.kind, entry.data);
  const words = changes.map(({ kind, member }) => {
    const name = members.find((known) => known.id === member)?.name || member.slice(0, 4);
    return (kind === "remove" ? "−" : kind === "update" ? "~" : kind === "addLearner" ? "+L " : "+") + name;
  });
  return clip(words.join(" ") || "leave joint");
}

function shown(bytes: Uint8Array): string {
  return fromUtf8(bytes.subarray(0, LABEL_LENGTH_MAX * 4));
}

function clip(text: string): string {
  const characters = [...text];
  return characters.length <= LABEL_LENGTH_MAX
    ? text
    : characters.slice(0, LABEL_LENGTH_MAX - 1).join("") + "…";
}
