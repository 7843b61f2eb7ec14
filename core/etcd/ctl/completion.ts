// What the word being typed could become: commands, flags, their values, keys, members.

import { COMMANDS, findCommand, GLOBAL_FLAGS, topWords } from "./commands.ts";
import type { FlagSpec } from "./flag_words.ts";

export interface CompletionWorld {
  readonly keys: readonly string[];
  readonly endpoints: readonly string[];
  readonly members: readonly { readonly name: string; readonly id: string }[];
  readonly leases: readonly string[];
  readonly processes: readonly string[];
}

export interface Suggestion {
  /** Takes the place of the word being typed. */
  readonly text: string;
  /** What it is, in etcdctl's terms; empty for keys and names. */
  readonly about: string;
}

export interface Completion {
  /** Where the word being typed begins. */
  readonly from: number;
  readonly suggestions: readonly Suggestion[];
}

const SUGGESTIONS_MAX = 12;

const FLAG_VALUES: Readonly<Record<string, readonly Suggestion[]>> = {
  "write-out": [
    { text: "table", about: "" },
    { text: "json", about: "" },
    { text: "fields", about: "" },
    { text: "simple", about: "" },
  ],
  consistency: [
    { text: "s", about: "this member’s own copy, may be old" },
    { text: "l", about: "ask the majority first (the default)" },
  ],
  order: [{ text: "ASCEND", about: "" }, { text: "DESCEND", about: "" }],
  "sort-by": ["KEY", "VALUE", "VERSION", "CREATE", "MODIFY"].map((text) => ({ text, about: "" })),
};

/** @param line what stands before the cursor. */
export function complete(line: string, world: CompletionWorld): Completion {
  const from = line.lastIndexOf(" ") + 1;
  const typed = line.slice(from);
  const before = line.slice(0, from).split(" ").filter((word) => word !== "" && word !== "$");
  const fits = ({ text }: Suggestion) => text.startsWith(typed) && text !== typed;
  const suggestions = candidates(before, typed, world).filter(fits).slice(0, SUGGESTIONS_MAX);
  return { from, suggestions };
}

function candidates(before: readonly string[], typed: string, world: CompletionWorld): readonly Suggestion[] {
  const [program, ...rest] = before;
  if (program === undefined) {
    return [
      { text: "etcdctl", about: "the cluster’s client" },
      { text: "goreman", about: "starts and stops members" },
      { text: "help", about: "" },
      { text: "clear", about: "" },
      ...groups([]),
    ];
  }
  if (program === "goreman") return goremanWords(rest, world);
  const words = program === "etcdctl" || program === "help" ? rest : before;
  const plain = words.filter((word) => !word.startsWith("-"));
  const command = findCommand(plain);
  const flags: readonly FlagSpec[] = [
    ...(command?.flags ?? []),
    ...GLOBAL_FLAGS.filter(({ about }) => about !== ""),
  ];
  const value = flagValues(words, typed, flags, world);
  if (value !== null) return value;
  if (typed.startsWith("-")) return flags.map(asFlag);
  if (command === null) return groups(plain);
  return argumentsOf(command.path.join(" "), world);
}

/** The next word of commands that begin with `path`. */
function groups(path: readonly string[]): readonly Suggestion[] {
  if (path.length === 0) {
    return topWords().map((text) => ({
      text,
      about: COMMANDS.find(({ path: [only, more] }) => only === text && more === undefined)?.about ?? "",
    }));
  }
  return COMMANDS.filter((command) =>
    path.every((word, at) => command.path[at] === word) && command.path.length > path.length
  )
    .map((command) => ({ text: command.path[path.length]!, about: command.about }));
}

function goremanWords(rest: readonly string[], world: CompletionWorld): readonly Suggestion[] {
  const [verb, command] = rest;
  if (verb === undefined) return ["check", "run"].map((text) => ({ text, about: "" }));
  if (verb === "run" && command === undefined) {
    return ["stop", "start", "restart", "status", "list"].map((text) => ({ text, about: "" }));
  }
  return world.processes.map((text) => ({ text, about: "" }));
}

function flagValues(
  words: readonly string[],
  typed: string,
  flags: readonly FlagSpec[],
  world: CompletionWorld,
): readonly Suggestion[] | null {
  const glued = /^--?([\w-]+)=/.exec(typed);
  const last = words[words.length - 1] ?? "";
  const name = glued?.[1] ?? (last.startsWith("-") && !last.includes("=") ? last.replace(/^-+/, "") : null);
  const spec = flags.find((flag) => flag.name === name || flag.short === name);
  if (spec === undefined || spec.kind === "bool") return null;
  const values = spec.name === "endpoints"
    ? world.endpoints.map((text) => ({ text, about: "" }))
    : spec.name === "lease"
    ? world.leases.map((text) => ({ text, about: "" }))
    : FLAG_VALUES[spec.name] ?? [];
  return glued === null ? values : values.map(({ text, about }) => ({ text: glued[0] + text, about }));
}

function argumentsOf(command: string, world: CompletionWorld): readonly Suggestion[] {
  switch (command) {
    case "get":
    case "put":
    case "del":
    case "watch":
      return world.keys.map((text) => ({ text, about: "" }));
    case "member remove":
    case "member promote":
    case "member update":
    case "move-leader":
      return world.members.map(({ id, name }) => ({ text: id, about: name }));
    case "lease revoke":
    case "lease timetolive":
    case "lease keep-alive":
      return world.leases.map((text) => ({ text, about: "" }));
    default:
      return [];
  }
}

function asFlag({ name, kind, about }: FlagSpec): Suggestion {
  return { text: kind === "bool" ? `--${name}` : `--${name}=`, about };
}
