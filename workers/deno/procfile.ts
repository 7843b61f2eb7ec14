// A Procfile: one line for each process, "name: command". What a command means is left to the shell, as in every other
// Procfile runner: quotes, FOO=bar in front, comments and $VARIABLES then mean what they always mean, and a library
// that splits words would know only some of that. The shell is also asked whether it understands the line, so that
// `check` finds an open quote before anything runs.

import { type Refusal, refusal } from "./refusal.ts";

export interface ProcfileEntry {
  readonly name: string;
  /** As the shell is given it. */
  readonly command: string;
  /** Counted from 1. */
  readonly line: number;
}

export interface Procfile {
  readonly kind: "procfile";
  /** In the file's order. */
  readonly entries: readonly ProcfileEntry[];
}

/** @param path as messages name it. */
export function parseProcfile(path: string, text: string): Procfile | Refusal {
  const entries: ProcfileEntry[] = [];
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    const line = at + 1, content = raw.trim();
    if (content === "" || content.startsWith("#")) continue;
    const [, name, command] = /^([A-Za-z0-9_.-]+):\s*(.*)$/.exec(content) ?? [];
    if (name === undefined || command === undefined) {
      return refusal(
        `${path}:${line}: ${JSON.stringify(content.slice(0, 60))} is not "name: command"`,
        'mend the line, or begin it with "#"',
      );
    }
    const first = entries.find((entry) => entry.name === name);
    if (first !== undefined) {
      return refusal(`${path}:${line}: ${name} is on line ${first.line} already`, "give it another name");
    }
    if (command === "") {
      return refusal(`${path}:${line}: ${name} has no command`, "write one after the colon");
    }
    entries.push({ name, command: readAsMember(command), line });
  }
  if (entries.length === 0) return refusal(`${path} names no process`, 'write lines such as "etcd1: etcd …"');
  return { kind: "procfile", entries };
}

/** Null when the shell understands every command. */
export function checkCommands(path: string, { entries }: Procfile): Refusal | null {
  for (const { name, command, line } of entries) {
    const { success, stderr } = new Deno.Command("sh", { args: ["-n", "-c", command], stdin: "null" })
      .outputSync();
    if (success) continue;
    const why = new TextDecoder().decode(stderr).trim().split("\n")[0]!.replace(/^.*?: (?:\d+: )?/, "");
    return refusal(
      `${path}:${line}: the shell does not understand ${name}: ${why}`,
      "mend the line's quotes",
    );
  }
  return null;
}

/** etcd's own Procfile starts bin/etcd, below its sources; here that is the member, found by its name on the PATH. */
function readAsMember(command: string): string {
  return command.replace(/^((?:\w+=\S*\s+)*)(?:\.\/)?bin\/etcd(?=\s|$)/, "$1etcd");
}
