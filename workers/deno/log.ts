// The member's log lines, in the shape of etcd 3.4's: time, a letter for the level, the part that speaks, the line.

import { Buffer } from "node:buffer";
import type { LogLevel } from "../../core/etcd/flags.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "panic", "fatal"];
const LETTERS: Readonly<Record<LogLevel, string>> = {
  debug: "D",
  info: "I",
  warn: "W",
  error: "E",
  panic: "C",
  fatal: "C",
};

export class Log {
  readonly #least: number;

  /** @param level lines below it are not written. */
  constructor(level: LogLevel) {
    this.#least = LEVELS.indexOf(level);
  }

  isOn(level: LogLevel): boolean {
    return LEVELS.indexOf(level) >= this.#least;
  }

  /** @param part who speaks, as in etcd: "etcdserver", "rafthttp", "embed". */
  write(level: LogLevel, part: string, line: string): void {
    if (!this.isOn(level)) return;
    const time = new Date().toISOString().replace("T", " ").replace("Z", "000");
    writeLine(`${time} ${LETTERS[level]} | ${part}: ${line}`);
  }

  debug(part: string, line: string): void {
    this.write("debug", part, line);
  }

  info(part: string, line: string): void {
    this.write("info", part, line);
  }

  warn(part: string, line: string): void {
    this.write("warn", part, line);
  }

  error(part: string, line: string): void {
    this.write("error", part, line);
  }
}

/** One line on standard error, whatever the log level. Nobody reading it any more is no reason to stop. */
export function writeLine(line: string): void {
  const bytes = Buffer.from(line.replaceAll(/[\r\n]+/g, " ") + "\n");
  try {
    for (let at = 0; at < bytes.length;) at += Deno.stderr.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
