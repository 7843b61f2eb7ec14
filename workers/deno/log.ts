// The member's log lines. --logger=capnslog writes text in the shape of etcd 3.4's (time, a letter for the level, the
// part that speaks, the line); --logger=zap writes one JSON object a line. --log-outputs says where.

import { Buffer } from "node:buffer";
import type { LogLevel } from "../../core/etcd/flags.ts";
import { type Refusal, refusal } from "./refusal.ts";

const LEVELS: readonly LogLevel[] = ["debug", "info", "warn", "error", "panic", "fatal"];
const LETTERS: Readonly<Record<LogLevel, string>> = {
  debug: "D",
  info: "I",
  warn: "W",
  error: "E",
  panic: "C",
  fatal: "C",
};

export type LogFormat = "text" | "json";

/** Where whole lines go. */
export interface LogOutput {
  writeSync(bytes: Uint8Array): number;
}

export class Log {
  readonly #least: number;
  readonly #format: LogFormat;
  readonly #outputs: readonly LogOutput[];

  /** @param level lines below it are not written. */
  constructor(level: LogLevel, format: LogFormat = "text", outputs: readonly LogOutput[] = [Deno.stderr]) {
    this.#least = LEVELS.indexOf(level);
    this.#format = format;
    this.#outputs = outputs;
  }

  isOn(level: LogLevel): boolean {
    return LEVELS.indexOf(level) >= this.#least;
  }

  /** @param part who speaks, as in etcd: "etcdserver", "rafthttp", "embed". */
  write(level: LogLevel, part: string, line: string): void {
    if (!this.isOn(level)) return;
    const at = new Date().toISOString();
    const text = this.#format === "json"
      ? JSON.stringify({ level, ts: at, caller: part, msg: line })
      : `${at.replace("T", " ").replace("Z", "000")} ${LETTERS[level]} | ${part}: ${line}`;
    for (const output of this.#outputs) writeTo(output, text);
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

/** The log that the flags ask for. Files are appended to, and created where they are missing. */
export function openLog(
  level: LogLevel,
  { logger, logOutputs }: { readonly logger: "zap" | "capnslog"; readonly logOutputs: readonly string[] },
): { readonly kind: "log"; readonly log: Log } | Refusal {
  const outputs: LogOutput[] = [];
  for (const name of logOutputs) {
    try {
      outputs.push(
        name === "stderr"
          ? Deno.stderr
          : name === "stdout"
          ? Deno.stdout
          : Deno.openSync(name, { append: true, create: true, mode: 0o644 }),
      );
    } catch (error) {
      return refusal(
        `--log-outputs: cannot write to ${name}: ${error instanceof Error ? error.message : String(error)}`,
        "name stderr, stdout or a file that this user can write",
      );
    }
  }
  return { kind: "log", log: new Log(level, logger === "zap" ? "json" : "text", outputs) };
}

/** One line on standard error, whatever the log level. Nobody reading it any more is no reason to stop. */
export function writeLine(line: string): void {
  writeTo(Deno.stderr, line);
}

function writeTo(output: LogOutput, line: string): void {
  const bytes = Buffer.from(line.replaceAll(/[\r\n]+/g, " ") + "\n");
  try {
    for (let at = 0; at < bytes.length;) at += output.writeSync(bytes.subarray(at));
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
  }
}
