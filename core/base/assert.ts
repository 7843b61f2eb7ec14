// Assertions. Two kinds of trouble exist: a broken promise inside our own code, which lands here and stops
// the member with its trace kept; and a trouble of the world (peer gone, quota full, key compacted), which is
// a value in a return type and never an exception.

/** Thrown when the code has broken its own promise. A host stops the member for good when it sees one. */
export class InvariantViolation extends Error {
  override name = "InvariantViolation";
}

/**
 * Demands one fact. Put the numbers that matter into the message.
 * @throws InvariantViolation when `fact` is false.
 */
export function assert(fact: boolean, message: string | (() => string)): asserts fact {
  if (!fact) throw new InvariantViolation(typeof message === "string" ? message : message());
}

/**
 * Closes an exhaustive `switch`: the type checker rejects the call while a case is missing.
 * @throws InvariantViolation always, should a value of no known kind arrive at run time.
 */
export function unreachable(value: never): never {
  throw new InvariantViolation(`unexpected value ${JSON.stringify(value)}`);
}
