// Reads a command's words as what the command needs, and complains about those that nobody asked for.

import { unreachable } from "../base/assert.ts";
import type { ParsedCommand } from "./parse.ts";
import { ScenarioError, suggestion } from "./scenario_error.ts";

export interface SpanMs {
  readonly min: number;
  readonly max: number;
}

export class Arguments {
  readonly command: ParsedCommand;
  readonly #usage: string;
  readonly #left: string[];
  /** Every name asked for: what a mistyped one is compared with. */
  readonly #names: string[] = [];

  constructor(command: ParsedCommand, usage: string) {
    this.command = command;
    this.#usage = usage;
    this.#left = [...command.words];
  }

  /** The value of `name=value`, or null. Ask for named words before plain ones. */
  named(name: string): string | null {
    this.#names.push(`${name}=`);
    const place = this.#left.findIndex((word) => word.startsWith(`${name}=`));
    return place < 0 ? null : this.#left.splice(place, 1)[0]!.slice(name.length + 1);
  }

  /** True when the word stands there. */
  flag(name: string): boolean {
    this.#names.push(name);
    const place = this.#left.indexOf(name);
    if (place >= 0) this.#left.splice(place, 1);
    return place >= 0;
  }

  /** The next plain word. */
  word(what: string): string {
    return this.#left.shift() ?? this.fail(`expected ${what}`);
  }

  /** The next plain word, if any is left. */
  maybeWord(): string | null {
    return this.#left.shift() ?? null;
  }

  rest(): readonly string[] {
    return this.#left.splice(0);
  }

  /** The next plain word, which is one of `known`. */
  oneOf<T extends string>(what: string, known: readonly T[]): T {
    return this.choice(this.word(`${what}: ${known.join(", ")}`), what, known);
  }

  /** `text` as one of `known`. */
  choice<T extends string>(text: string, what: string, known: readonly T[]): T {
    const found = known.find((one) => one === text);
    return found ??
      this.fail(`expected ${what} (${known.join(", ")}), not "${text}"${suggestion(text, known)}`);
  }

  namedChoice<T extends string>(name: string, known: readonly T[], otherwise: T): T {
    const text = this.named(name);
    return text === null ? otherwise : this.choice(text, `${name}=`, known);
  }

  namedNumber(name: string, otherwise: number): number {
    const text = this.named(name);
    return text === null ? otherwise : this.number(text, `${name}=`);
  }

  namedDuration(name: string, otherwise: number): number {
    const text = this.named(name);
    return text === null ? otherwise : this.duration(text, `${name}=`);
  }

  /** `10ms`, or `10ms..14ms` for any draw between. */
  namedSpan(name: string): SpanMs | null {
    const text = this.named(name);
    if (text === null) return null;
    const [min, max, ...more] = text.split("..").map((part) => this.duration(part, `${name}=`));
    if (more.length > 0 || (max !== undefined && max < min!)) {
      this.fail(`expected ${name}= as one duration or a span like 10ms..14ms, not "${text}"`);
    }
    return { min: min!, max: max ?? min! };
  }

  /** `10%` as 100 per mille, `0.5%` as 5. */
  namedPerMille(name: string): number | null {
    const text = this.named(name);
    if (text === null) return null;
    const match = /^(\d+)(?:\.(\d))?%$/.exec(text);
    const perMille = match ? Number(match[1]) * 10 + Number(match[2] ?? 0) : 1001;
    return perMille <= 1000 ? perMille : this.fail(`expected ${name}= as a share like 10%, not "${text}"`);
  }

  number(text: string, what: string): number {
    return /^\d{1,15}$/.test(text)
      ? Number(text)
      : this.fail(`expected ${what} as a whole number, not "${text}"`);
  }

  /** Milliseconds of `180ms`, `2s`, `3m`. */
  duration(text: string, what: string): number {
    const match = /^(\d{1,9})(ms|s|m)$/.exec(text);
    if (!match) return this.fail(`expected ${what} as a duration like 180ms, 2s or 3m, not "${text}"`);
    const unit = match[2] as "ms" | "s" | "m";
    switch (unit) {
      case "ms":
        return Number(match[1]);
      case "s":
        return Number(match[1]) * 1000;
      case "m":
        return Number(match[1]) * 60_000;
      default:
        return unreachable(unit);
    }
  }

  /** Closes the reading: a word that is left was not understood. */
  end(): void {
    const [word] = this.#left;
    if (word === undefined) return;
    const name = /^[a-z-]+=/.exec(word)?.[0] ?? word;
    this.fail(`"${word}" is not understood${suggestion(name, this.#names)}`);
  }

  fail(says: string): never {
    throw new ScenarioError(this.command.line, `${says} (usage: ${this.#usage})`);
  }
}
