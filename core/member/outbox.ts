// What a member has to say, gathered while it takes a step.

import type { Output } from "./io.ts";
import type { TraceEvent } from "./trace.ts";

export class Outbox {
  readonly #traces: boolean;
  #outputs: Output[] = [];

  /** @param traces whether trace events are kept at all. */
  constructor(traces: boolean) {
    this.#traces = traces;
  }

  /** False when a trace event would be thrown away: whoever must work to make one looks first. */
  get traces(): boolean {
    return this.#traces;
  }

  push(output: Output): void {
    this.#outputs.push(output);
  }

  trace(event: TraceEvent): void {
    if (this.#traces) this.#outputs.push({ kind: "trace", event });
  }

  /** Everything pushed since the last call, in order. */
  take(): readonly Output[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}
