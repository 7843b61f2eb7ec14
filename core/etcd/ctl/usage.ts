// What `help` and `--help` say.

import type { CtlCommand } from "./call.ts";
import { COMMANDS, CTL_API_VERSION, CTL_VERSION, GLOBAL_FLAGS } from "./commands.ts";
import type { FlagSpec } from "./flag_words.ts";

export function rootUsage(): string {
  return [
    "NAME:",
    "\tetcdctl - A simple command line client for etcd3.",
    "",
    "USAGE:",
    "\tetcdctl [flags]",
    "",
    "VERSION:",
    `\t${CTL_VERSION}`,
    "",
    "API VERSION:",
    `\t${CTL_API_VERSION}`,
    "",
    "COMMANDS:",
    ...commandLines([...COMMANDS].sort((a, b) => (a.path.join(" ") < b.path.join(" ") ? -1 : 1))),
    "",
    "OPTIONS:",
    ...flagLines(GLOBAL_FLAGS),
  ].join("\n");
}

/** Of a word that only groups commands: "member", "lease", "endpoint", "alarm". */
export function groupUsage(group: string): string {
  const commands = COMMANDS.filter(({ path }) => path[0] === group && path.length > 1);
  return [
    "NAME:",
    `\t${group}`,
    "",
    "USAGE:",
    `\tetcdctl ${group} <subcommand> [flags]`,
    "",
    "COMMANDS:",
    ...commandLines(commands.map((command) => ({ ...command, path: command.path.slice(1) }))),
  ].join("\n");
}

export function commandUsage(command: CtlCommand): string {
  const name = command.path.join(" ");
  return [
    "NAME:",
    `\t${name} - ${command.about}`,
    "",
    "USAGE:",
    `\tetcdctl ${[name, command.usage, "[flags]"].filter((part) => part !== "").join(" ")}`,
    ...(command.flags.length === 0 ? [] : ["", "OPTIONS:", ...flagLines(command.flags)]),
  ].join("\n");
}

function commandLines(commands: readonly Pick<CtlCommand, "path" | "about">[]): string[] {
  const width = Math.max(...commands.map(({ path }) => path.join(" ").length));
  return commands.map(({ path, about }) => `\t${path.join(" ").padEnd(width + 2)}${about}`);
}

function flagLines(flags: readonly FlagSpec[]): string[] {
  const heads = flags.map(({ name, short, shownDefault }) =>
    `  ${short === undefined ? "    " : `-${short}, `}--${name}${shownDefault}`
  );
  const width = Math.max(...heads.map((head) => head.length));
  return flags.map(({ about }, at) => `${heads[at]!.padEnd(width + 2)}${about}`);
}
