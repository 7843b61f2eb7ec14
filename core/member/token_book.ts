// The tokens that clients have been given: random words, known to the members that applied the entry which gave them
// out, and to nobody after a restart. A client whose token is not known asks for a new one. (auth/simple_token.go)
//
// A token ends in the index of its entry, so that a member that has not come so far yet waits, and does not refuse.

import type { LogIndex } from "../base/ids.ts";

interface Token {
  readonly name: string;
  /** Grows with every use. */
  expiresAtTick: number;
}

export type TokenBookState = readonly (readonly [token: string, name: string, expiresAtTick: number])[];

export class TokenBook {
  readonly #ttlTicks: number;
  readonly #tokens: Map<string, Token>;

  constructor(ttlTicks: number, state: TokenBookState = []) {
    this.#ttlTicks = ttlTicks;
    this.#tokens = new Map(state.map(([token, name, expiresAtTick]) => [token, { name, expiresAtTick }]));
  }

  capture(): TokenBookState {
    return [...this.#tokens].map(([token, { name, expiresAtTick }]) => [token, name, expiresAtTick] as const);
  }

  assign(token: string, name: string, tick: number): void {
    this.#tokens.set(token, { name, expiresAtTick: tick + this.#ttlTicks });
  }

  /** Whose token this is; null when it is nobody's. Its life begins anew. */
  use(token: string, tick: number): string | null {
    const known = this.#tokens.get(token);
    if (!known || known.expiresAtTick <= tick) return null;
    known.expiresAtTick = tick + this.#ttlTicks;
    return known.name;
  }

  invalidate(name: string): void {
    for (const [token, { name: owner }] of this.#tokens) if (owner === name) this.#tokens.delete(token);
  }

  clear(): void {
    this.#tokens.clear();
  }

  tick(tick: number): void {
    for (const [token, { expiresAtTick }] of this.#tokens) {
      if (expiresAtTick <= tick) this.#tokens.delete(token);
    }
  }
}

/** The index that a token ends in; null when it is no token at all. */
export function tokenIndex(token: string): LogIndex | null {
  const parts = /^[^.]*\.([0-9]{1,15})$/.exec(token);
  return parts ? Number(parts[1]) : null;
}
