// Runs what a Procfile names, side by side: their lines go to one output, each behind its name in a colour of its own,
// and any of them can be stopped and started while the others run. (github.com/mattn/goreman)

import { ProcessGroup } from "./process_group.ts";
import type { ProcfileEntry } from "./procfile.ts";

export interface RunnerOptions {
  readonly entries: readonly ProcfileEntry[];
  readonly cwd: string;
  /** Added to each process's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Takes whole lines. */
  readonly write: (line: string) => void;
  readonly isColoured: boolean;
}

/** The first process is told this $PORT, each next one a hundred more: foreman's custom. */
const PORT_FIRST = 5_000;
const PORT_STEP = 100;
/** Bright where the terminal has it; the name says who speaks in any case. */
const COLOURS = [32, 36, 35, 33, 34, 31];
/** A line this long is cut: a process that never ends its line must not fill the memory. */
const LINE_CHARACTERS_MAX = 64 * 1024;

interface Place {
  readonly entry: ProcfileEntry;
  readonly prefix: (time: string) => string;
  readonly port: number;
  running: ProcessGroup | null;
  /** It was asked to stop: its end is no news. */
  isStopping: boolean;
  partial: string;
}

export class ClusterRunner {
  readonly #options: RunnerOptions;
  readonly #places: ReadonlyMap<string, Place>;
  readonly #onQuiet: () => void;
  #failed = false;

  /** @param onQuiet nothing runs any more, and nobody asked for that. */
  constructor(options: RunnerOptions, onQuiet: () => void) {
    this.#options = options;
    this.#onQuiet = onQuiet;
    const width = Math.max(...options.entries.map(({ name }) => name.length));
    this.#places = new Map(options.entries.map((entry, i) => {
      const text = (time: string) => `${time} ${entry.name.padStart(width)} |`;
      const colour = COLOURS[i % COLOURS.length]!;
      return [entry.name, {
        entry,
        prefix: (time: string) =>
          options.isColoured ? `\x1b[1;${colour}m${text(time)}\x1b[0m ` : `${text(time)} `,
        port: PORT_FIRST + i * PORT_STEP,
        running: null,
        isStopping: false,
        partial: "",
      }];
    }));
  }

  /** Some process ended by itself with a status other than 0. */
  get failed(): boolean {
    return this.#failed;
  }

  get names(): readonly string[] {
    return [...this.#places.keys()];
  }

  isRunning(name: string): boolean {
    return this.#places.get(name)?.running != null;
  }

  /** Null when it has been started; else why not. */
  start(name: string): string | null {
    const place = this.#places.get(name);
    if (place === undefined) return unknown(name, this.names);
    if (place.running !== null) return `${name} runs already`;
    const { entry, port } = place;
    this.#say(place, `Starting ${name} on port ${port}`);
    const env = { ...this.#options.env, PORT: String(port) };
    const group = new ProcessGroup(entry.command, env, this.#options.cwd, (text) => this.#hear(place, text));
    place.running = group;
    place.isStopping = false;
    void group.ended.then(({ code, signal }) => {
      if (place.partial !== "") this.#hear(place, "\n");
      this.#say(place, `Terminating ${name}${code === 0 ? "" : ` (${signal ?? `status ${code}`})`}`);
      place.running = null;
      if (place.isStopping) return;
      if (code !== 0) this.#failed = true;
      if ([...this.#places.values()].every(({ running }) => running === null)) this.#onQuiet();
    });
    return null;
  }

  /** Null when it has ended; else why it could not be stopped. */
  async stop(name: string): Promise<string | null> {
    const place = this.#places.get(name);
    if (place === undefined) return unknown(name, this.names);
    if (place.running === null) return `${name} does not run`;
    place.isStopping = true;
    await place.running.stop();
    return null;
  }

  async stopAll(): Promise<void> {
    await Promise.all(this.names.map((name) => this.stop(name)));
  }

  #hear(place: Place, text: string): void {
    const lines = (place.partial + text).split(/\r?\n/);
    place.partial = lines.pop()!;
    if (place.partial.length > LINE_CHARACTERS_MAX) {
      lines.push(place.partial);
      place.partial = "";
    }
    for (const line of lines) this.#say(place, line);
  }

  #say(place: Place, line: string): void {
    const time = new Date().toTimeString().slice(0, 8);
    this.#options.write(place.prefix(time) + line);
  }
}

function unknown(name: string, names: readonly string[]): string {
  return `unknown proc: ${name}; there are ${names.join(", ")}`;
}
