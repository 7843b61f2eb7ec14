// What is wrong with bytes that came from outside: a value, since the world causes it and not our code.

export interface Trouble {
  readonly kind: "trouble";
  /** What and where, as the end of a sentence that names the file: "page 7 is a branch without children". */
  readonly says: string;
}

export function trouble(says: string): Trouble {
  return { kind: "trouble", says };
}

/** True for a `Trouble`; its `kind` is used for nothing else. */
export function isTrouble(value: object | null): value is Trouble {
  return value !== null && "kind" in value && value.kind === "trouble";
}
