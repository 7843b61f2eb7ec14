// Could these answers all be true? A history is linearizable if each operation can be given one instant between its
// invocation and its answer such that, taken in the order of the instants, every answer is the one a single copy of
// the data would have given. (Herlihy and Wing 1990)
//
// The search is Wing and Gong's (1993) with Lowe's memory (2017): walk the events in order of time; at a call, try to
// let the operation take effect now; at an answer whose operation has not taken effect, go back and try otherwise. A
// configuration (which operations took effect, what state they led to) that was met before is not tried again. Operations that
// share no key cannot contradict each other, so each connected set of keys is searched apart: histories compose.
//
// An operation whose outcome nobody knows has no answer in time: it may take effect at any instant after its call, or
// never, and the search ends without asking for it.

import { assert } from "../base/assert.ts";

export interface TimedOperation {
  /** Places in one order of all calls and answers; no two are equal. */
  readonly invokedAt: number;
  /** Null: the outcome is unknown. */
  readonly returnedAt: number | null;
}

export interface SequentialModel<State, Operation extends TimedOperation> {
  readonly initial: State;
  /** The same model, made quicker by what these answers tell in advance; it must not accept or refuse more histories. */
  learn?(answered: readonly Operation[]): SequentialModel<State, Operation>;
  /** The keys an operation touches. Operations that touch none are their own affair. */
  keysOf(operation: Operation): readonly string[];
  /**
   * The states that may follow when the operation takes effect here; none when its answer cannot come of this state.
   * The same state object when nothing changes.
   * @param isAnswered false: whatever the operation says of its answer is not known yet, and it fits every state.
   */
  apply(operation: Operation, state: State, isAnswered: boolean): readonly State[];
  /**
   * A measure that only grows from state to state: an operation whose answer measures less than the state that was
   * reached cannot take effect any more. Lets the search see a dead end at once.
   */
  readonly measure?: { ofAnswer(operation: Operation): number; ofState(state: State): number };
  /** Equal for equal states, and only for them. */
  nameOf(state: State): string;
}

export type Verdict<Operation> =
  /** `order`: one in which the answers are true. Operations of unknown outcome that need not have happened are left out. */
  | { readonly kind: "linearizable"; readonly order: readonly Operation[] }
  | {
    readonly kind: "violation";
    /** The first answer, in order of time, that cannot be true given everything before it. */
    readonly operation: Operation;
    /** What had been called until that answer and touches the same keys: the smallest offending beginning. */
    readonly prefix: readonly Operation[];
    /** An order in which all but that answer are true. */
    readonly orderWithout: readonly Operation[];
  }
  /** The search was given up: nothing is known. */
  | { readonly kind: "unknown"; readonly why: string };

/** Steps the search may take unless told otherwise: a few seconds at worst. */
const STEPS_MAX = 2_000_000;

/**
 * Judges a history.
 * @param stepsMax how often the search may let an operation take effect, over all parts; beyond it the answer is "unknown".
 */
export function checkLinearizable<State, Operation extends TimedOperation>(
  model: SequentialModel<State, Operation>,
  history: readonly Operation[],
  stepsMax: number = STEPS_MAX,
): Verdict<Operation> {
  const budget = { stepsLeft: stepsMax };
  const orders: (readonly Operation[])[] = [];
  for (const part of partsOf(model, history)) {
    const found = search(model, part, budget);
    if (found.kind === "exhausted") return exhausted(stepsMax);
    if (found.kind === "none") return firstViolation(model, part, budget) ?? exhausted(stepsMax);
    orders.push(found.order);
  }
  return { kind: "linearizable", order: mergeOrders(orders) };
}

function exhausted(stepsMax: number): { kind: "unknown"; why: string } {
  return { kind: "unknown", why: `budget of ${stepsMax} steps exhausted` };
}

// --- Parts -----------------------------------------------------------------------------------------------------

/** Splits a history into sets of operations that share keys, directly or through others; each in order of invocation. */
function partsOf<State, Operation extends TimedOperation>(
  model: SequentialModel<State, Operation>,
  history: readonly Operation[],
): readonly (readonly Operation[])[] {
  const parent = new Map<string, string>();
  const rootOf = (key: string): string => {
    let root = key;
    while ((parent.get(root) ?? root) !== root) root = parent.get(root)!;
    return root;
  };
  const ordered = [...history].sort((a, b) => a.invokedAt - b.invokedAt);
  const keys = ordered.map((operation) => model.keysOf(operation));
  for (const [first, ...others] of keys) {
    if (first === undefined) continue;
    for (const other of others) parent.set(rootOf(other), rootOf(first));
  }
  const parts = new Map<string, Operation[]>();
  for (const [place, operation] of ordered.entries()) {
    const key = keys[place]![0];
    // "" is no key of etcd's: it gathers operations that touch none.
    const root = key === undefined ? "" : rootOf(key);
    const part = parts.get(root);
    if (part) part.push(operation);
    else parts.set(root, [operation]);
  }
  return [...parts.values()];
}

/**
 * One order of the whole from the orders of its parts. It exists because linearizability is local: whenever operations
 * are left, the next of some part was called before any of those left was answered.
 */
function mergeOrders<Operation extends TimedOperation>(
  orders: readonly (readonly Operation[])[],
): readonly Operation[] {
  const heads = orders.map(() => 0);
  // The earliest answer among what is left of a part, from each place on.
  const deadlines = orders.map((order) => {
    const from = new Array<number>(order.length + 1).fill(Infinity);
    for (let i = order.length - 1; i >= 0; i--) {
      from[i] = Math.min(from[i + 1]!, order[i]!.returnedAt ?? Infinity);
    }
    return from;
  });
  const merged: Operation[] = [];
  const count = orders.reduce((sum, order) => sum + order.length, 0);
  while (merged.length < count) {
    const deadline = Math.min(...deadlines.map((from, part) => from[heads[part]!]!));
    const part = orders.findIndex((order, part) => (order[heads[part]!]?.invokedAt ?? Infinity) < deadline);
    assert(part >= 0, "orders of independent parts always merge");
    merged.push(orders[part]![heads[part]!]!);
    heads[part]! += 1;
  }
  return merged;
}

// --- The smallest offending beginning ---------------------------------------------------------------------------

/** Every beginning of a linearizable history is linearizable, so the first answer that breaks it is found by halving. */
function firstViolation<State, Operation extends TimedOperation>(
  model: SequentialModel<State, Operation>,
  part: readonly Operation[],
  budget: Budget,
): Verdict<Operation> | null {
  const answers = part.filter((operation) => operation.returnedAt !== null)
    .sort((a, b) => a.returnedAt! - b.returnedAt!);
  let goodCount = 0;
  let badCount = answers.length;
  let good: readonly Operation[] = [];
  while (badCount - goodCount > 1) {
    const middle = (goodCount + badCount) >> 1;
    const found = search(model, part, budget, answers[middle - 1]!.returnedAt!);
    if (found.kind === "exhausted") return null;
    if (found.kind === "none") badCount = middle;
    else {
      goodCount = middle;
      good = found.order;
    }
  }
  const operation = answers[badCount - 1]!;
  const prefix = part.filter(({ invokedAt }) => invokedAt <= operation.returnedAt!);
  return { kind: "violation", operation, prefix, orderWithout: good };
}

// --- The search ------------------------------------------------------------------------------------------------

interface Budget {
  stepsLeft: number;
}

type Found<Operation> =
  | { readonly kind: "order"; readonly order: readonly Operation[] }
  | { readonly kind: "none" }
  | { readonly kind: "exhausted" };

/** A call or an answer in the list of events; taking an operation out of the list is undone in reverse order. */
interface EventNode {
  readonly operation: number;
  /** On a call: the answer that belongs to it, null when there is none. On an answer: null. */
  readonly answer: EventNode | null;
  readonly isCall: boolean;
  previous: EventNode | null;
  next: EventNode | null;
}

/** An operation that took effect, and what is needed to take that back. */
interface Choice<State> {
  readonly call: EventNode;
  readonly before: State;
  readonly afters: readonly State[];
  /** Which of `afters` was taken. */
  readonly taken: number;
}

/** @param untilAt what happened later is not known yet: later calls are left out, later answers unknown. */
function search<State, Operation extends TimedOperation>(
  model: SequentialModel<State, Operation>,
  part: readonly Operation[],
  budget: Budget,
  untilAt: number = Infinity,
): Found<Operation> {
  const operations = part.filter(({ invokedAt }) => invokedAt <= untilAt);
  const isAnswered = operations.map(({ returnedAt }) => returnedAt !== null && returnedAt <= untilAt);
  const knowing = model.learn?.(operations.filter((_, place) => isAnswered[place])) ?? model;
  const head = linkEvents(operations, isAnswered);
  const { measure } = knowing;
  const measures = measure
    ? operations.map((one, place) => isAnswered[place] ? measure.ofAnswer(one) : Infinity)
    : [];
  const done = new DoneSet(isAnswered, measures);
  const met = new Set<string>();
  const choices: Choice<State>[] = [];
  let state = model.initial;
  let event = head.next;

  /** Lets an operation take effect with the first of its outcomes, from `first` on, that leads somewhere new. */
  const take = (call: EventNode, before: State, afters: readonly State[], first: number): boolean => {
    done.add(call.operation);
    for (let taken = first; taken < afters.length; taken++) {
      const after = afters[taken]!;
      if (measure && done.leastLeft < measure.ofState(after)) continue;
      const configuration = `${done.name()}|${model.nameOf(after)}`;
      if (met.has(configuration)) continue;
      met.add(configuration);
      choices.push({ call, before, afters, taken });
      state = after;
      unlink(call);
      event = head.next;
      return true;
    }
    done.remove(call.operation);
    return false;
  };

  while (done.answeredLeft > 0) {
    if (event?.isCall) {
      if (budget.stepsLeft-- <= 0) return { kind: "exhausted" };
      const call = event;
      const afters = operationAfters(
        knowing,
        operations[call.operation]!,
        isAnswered[call.operation]!,
        state,
      );
      if (!take(call, state, afters, 0)) event = call.next;
      continue;
    }
    // An answer is due whose operation has not taken effect: the last choice was wrong.
    const choice = choices.pop();
    if (!choice) return { kind: "none" };
    const { call, before, afters, taken } = choice;
    relink(call);
    done.remove(call.operation);
    state = before;
    // An answer that changes nothing and is true here hinders no other: to have given it here was no choice, and the
    // answer that is due now stays due.
    if (afters[taken] === before && afters.length === 1) event = null;
    else if (!take(call, before, afters, taken + 1)) event = call.next;
  }
  return { kind: "order", order: choices.map(({ call }) => operations[call.operation]!) };
}

function operationAfters<State, Operation extends TimedOperation>(
  model: SequentialModel<State, Operation>,
  operation: Operation,
  isAnswered: boolean,
  state: State,
): readonly State[] {
  const afters = model.apply(operation, state, isAnswered);
  // To happen without a trace is the same as never to happen, and that needs no step.
  return isAnswered ? afters : afters.filter((after) => after !== state);
}

/** Links all calls and answers in order of time behind a head that stands for neither. */
function linkEvents(operations: readonly TimedOperation[], isAnswered: readonly boolean[]): EventNode {
  const events: { at: number; node: EventNode }[] = [];
  for (const [operation, { invokedAt, returnedAt }] of operations.entries()) {
    let answer: EventNode | null = null;
    if (isAnswered[operation]) {
      assert(returnedAt! > invokedAt, `answered at ${returnedAt}, called at ${invokedAt}`);
      answer = { operation, answer: null, isCall: false, previous: null, next: null };
      events.push({ at: returnedAt!, node: answer });
    }
    events.push({ at: invokedAt, node: { operation, answer, isCall: true, previous: null, next: null } });
  }
  events.sort((a, b) => a.at - b.at);
  const head: EventNode = { operation: -1, answer: null, isCall: false, previous: null, next: null };
  let last = head;
  for (const { node } of events) {
    last.next = node;
    node.previous = last;
    last = node;
  }
  return head;
}

function unlink(call: EventNode): void {
  for (const node of [call, call.answer]) {
    if (!node) continue;
    node.previous!.next = node.next;
    if (node.next) node.next.previous = node.previous;
  }
}

function relink(call: EventNode): void {
  for (const node of [call.answer, call]) {
    if (!node) continue;
    node.previous!.next = node;
    if (node.next) node.next.previous = node;
  }
}

/**
 * Which operations took effect. Its name stays short however long the history: of the answered ones all up to some
 * place are in it, and beyond that place only as many as were open at once.
 */
class DoneSet {
  readonly #isAnswered: readonly boolean[];
  readonly #measures: readonly number[];
  /** Places in order of measure, and how many at its beginning are in the set. */
  readonly #byMeasure: readonly number[];
  readonly #rank: readonly number[];
  #leastDone = 0;
  readonly #isDone: boolean[];
  /** Every answered operation before this place is in the set. */
  #allBefore = 0;
  /** Members at `#allBefore` or later, and unanswered ones anywhere. */
  #loose = new Set<number>();
  #answeredLeft: number;

  /** @param measures of the answered ones, Infinity for the others; empty when nothing is measured. */
  constructor(isAnswered: readonly boolean[], measures: readonly number[]) {
    this.#isAnswered = isAnswered;
    this.#measures = measures;
    this.#byMeasure = [...measures.keys()].sort((a, b) => measures[a]! - measures[b]! || a - b);
    const rank = measures.map(() => 0);
    this.#byMeasure.forEach((place, at) => rank[place] = at);
    this.#rank = rank;
    this.#isDone = isAnswered.map(() => false);
    this.#answeredLeft = isAnswered.filter(Boolean).length;
    this.#advance();
  }

  get answeredLeft(): number {
    return this.#answeredLeft;
  }

  /** The least measure of an answered operation that is not in the set. */
  get leastLeft(): number {
    const place = this.#byMeasure[this.#leastDone];
    return place === undefined ? Infinity : this.#measures[place]!;
  }

  add(operation: number): void {
    this.#isDone[operation] = true;
    this.#loose.add(operation);
    for (let place; (place = this.#byMeasure[this.#leastDone]) !== undefined && this.#isDone[place];) {
      this.#leastDone += 1;
    }
    if (!this.#isAnswered[operation]) return;
    this.#answeredLeft -= 1;
    if (operation === this.#allBefore) this.#advance();
  }

  remove(operation: number): void {
    this.#isDone[operation] = false;
    this.#loose.delete(operation);
    this.#leastDone = Math.min(this.#leastDone, this.#rank[operation] ?? Infinity);
    if (!this.#isAnswered[operation]) return;
    this.#answeredLeft += 1;
    while (this.#allBefore > operation) {
      this.#allBefore -= 1;
      if (this.#isDone[this.#allBefore]) this.#loose.add(this.#allBefore);
    }
  }

  name(): string {
    return `${this.#allBefore}:${[...this.#loose].sort((a, b) => a - b).join(",")}`;
  }

  #advance(): void {
    for (; this.#allBefore < this.#isDone.length; this.#allBefore++) {
      if (!this.#isAnswered[this.#allBefore]) continue;
      if (!this.#isDone[this.#allBefore]) break;
      this.#loose.delete(this.#allBefore);
    }
  }
}
