// How a member declines to start, or gives up: what is wrong and what to do about it, in one line for a person to
// read. A value, not an exception, since the world causes it and not our code.

export interface Refusal {
  readonly kind: "refused";
  /** What is wrong, naming the flag, file or address. */
  readonly says: string;
  /** What the operator can do. */
  readonly remedy: string;
}

export function refusal(says: string, remedy: string): Refusal {
  return { kind: "refused", says, remedy };
}
