// Lock and Election are no part of the store: etcd builds them from transactions, leases and watches, as any client
// could (its clientv3/concurrency). Each is written here as a recipe, a generator that yields what it wants done next
// and is resumed with what came of it, so that a wait of hours reads like a line of code.

import { type EtcdError, isEtcdError, otherError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import type { ClientRequest, WatchResult } from "../member/io.ts";
import type { CallMeaning, Reply } from "../wire/rpc.ts";
import { type Answer, resultOf } from "./answers.ts";
import type { MemberPort } from "./member_port.ts";

export type RecipeStep<Fields> =
  /** Resumed with the answer. An error ends the recipe and is its answer. */
  | { readonly kind: "ask"; readonly request: ClientRequest }
  /** Watches a range from a revision on, in place of what was watched before. Resumed at once. */
  | {
    readonly kind: "watch";
    readonly key: Uint8Array;
    readonly rangeEnd: Uint8Array;
    readonly startRevision: Revision;
  }
  /** Resumed with the next events of the watch; null when the watch has ended. */
  | { readonly kind: "events" }
  /** Sends a response. Resumed when the client can take more. */
  | { readonly kind: "send"; readonly fields: Fields }
  /** From now on: what to undo when the client goes away, and when the recipe fails. Resumed at once. */
  | {
    readonly kind: "undoBy";
    readonly whenCancelled: ClientRequest | null;
    readonly whenFailed: ClientRequest | null;
  };

/** Events of one watch response, with the answer's header. */
export interface RecipeEvents {
  readonly answer: Answer;
  readonly events: WatchResult["events"];
}

/** What a step is resumed with: an answer after "ask", events or null after "events", else undefined. */
export type RecipeInput = Answer | RecipeEvents | null | undefined;

/** Ends by returning null when all went well, else what the client is told. */
export type Recipe<Fields> = Generator<RecipeStep<Fields>, EtcdError | null, RecipeInput>;

/** A part of a recipe, which sends nothing itself and comes to a `T`. */
export type RecipePart<T> = Generator<RecipeStep<never>, T, RecipeInput>;

/** Responses that may be on their way to the client before a recipe waits. */
const UNTAKEN_COUNT_MAX = 16;

/** Runs the recipe that the call's first message asks for. */
export function followRecipe<Message, Fields>(
  member: MemberPort,
  reply: Reply<Fields>,
  recipeFor: (message: Message) => Recipe<Fields>,
): CallMeaning<Message> {
  let cook: Cook<Fields> | null = null;
  return {
    take: (message) => {
      // There is but one message to these calls; a client that sends more is not listened to.
      if (cook) return;
      cook = new Cook(member, reply, recipeFor(message));
      cook.resume(undefined);
    },
    halfClose: () => {},
    cancel: () => cook?.cancel(),
    taken: (count) => cook?.taken(count),
  };
}

class Cook<Fields> {
  readonly #member: MemberPort;
  readonly #reply: Reply<Fields>;
  readonly #recipe: Recipe<Fields>;
  #isOver = false;
  #asked: number | null = null;
  #watch: number | null = null;
  /** Watch responses not looked at yet; the member sends no more than a few before they are. */
  #heard: RecipeEvents[] = [];
  #watchEnded = false;
  #waitsForEvents = false;
  #waitsForClient = false;
  #untaken = 0;
  #whenCancelled: ClientRequest | null = null;
  #whenFailed: ClientRequest | null = null;

  constructor(member: MemberPort, reply: Reply<Fields>, recipe: Recipe<Fields>) {
    this.#member = member;
    this.#reply = reply;
    this.#recipe = recipe;
  }

  /** Goes on until the recipe has to wait, or is done. */
  resume(input: RecipeInput): void {
    let next = this.#recipe.next(input);
    while (!next.done) {
      const result = this.#carryOut(next.value);
      if (result === WAIT) return;
      next = this.#recipe.next(result);
    }
    this.#finish(next.value);
  }

  cancel(): void {
    if (this.#isOver) return;
    this.#close();
    // Nobody waits for the answer any more.
    if (this.#whenCancelled) this.#member.request(this.#whenCancelled, () => {});
  }

  taken(count: number): void {
    this.#untaken = Math.max(0, this.#untaken - count);
    if (!this.#waitsForClient || this.#untaken >= UNTAKEN_COUNT_MAX) return;
    this.#waitsForClient = false;
    this.resume(undefined);
  }

  #carryOut(step: RecipeStep<Fields>): RecipeInput | typeof WAIT {
    switch (step.kind) {
      case "ask":
        this.#ask(step.request);
        return WAIT;
      case "watch":
        this.#startWatch(step);
        return undefined;
      case "events":
        this.#waitsForEvents = true;
        return this.#nextEvents();
      case "send":
        this.#untaken += 1;
        this.#reply.send(step.fields);
        this.#waitsForClient = this.#untaken >= UNTAKEN_COUNT_MAX;
        return this.#waitsForClient ? WAIT : undefined;
      case "undoBy":
        this.#whenCancelled = step.whenCancelled;
        this.#whenFailed = step.whenFailed;
        return undefined;
    }
  }

  #ask(request: ClientRequest): void {
    // An answer may come before `request` has returned its number.
    let answered = false;
    const requestId = this.#member.request(request, (response) => {
      answered = true;
      this.#asked = null;
      if (this.#isOver) return;
      if (isEtcdError(response)) this.#fail(response);
      else this.resume(response);
    });
    if (!answered) this.#asked = requestId;
  }

  #startWatch({ key, rangeEnd, startRevision }: Extract<RecipeStep<Fields>, { kind: "watch" }>): void {
    this.#endWatch();
    const requestId = this.#member.request({ kind: "watch", requireLeader: false }, (response) => {
      if (this.#isOver || this.#watch !== requestId) return;
      this.#onWatch(isEtcdError(response) ? null : response);
    });
    this.#watch = requestId;
    this.#member.say(requestId, {
      kind: "create",
      create: {
        key,
        rangeEnd,
        startRevision,
        watchId: 0,
        prevKv: false,
        noPut: false,
        noDelete: false,
        progressNotify: false,
        fragment: false,
      },
    });
  }

  #onWatch(answer: Answer | null): void {
    const result = answer && resultOf(answer, "watch");
    if (!result || result.cancelled) this.#watchEnded = true;
    else if (result.events.length > 0) this.#heard.push({ answer: answer!, events: result.events });
    else this.#member.taken(this.#watch!);
    const events = this.#waitsForEvents ? this.#nextEvents() : WAIT;
    if (events !== WAIT) this.resume(events);
  }

  #nextEvents(): RecipeEvents | null | typeof WAIT {
    const events = this.#heard.shift() ?? (this.#watchEnded ? null : WAIT);
    if (events === WAIT) return WAIT;
    this.#waitsForEvents = false;
    if (events && this.#watch !== null) this.#member.taken(this.#watch);
    return events;
  }

  #endWatch(): void {
    if (this.#watch !== null) this.#member.cancel(this.#watch);
    this.#watch = null;
    this.#heard = [];
    this.#watchEnded = false;
    this.#waitsForEvents = false;
  }

  #finish(error: EtcdError | null): void {
    if (error) return this.#fail(error);
    this.#close();
    this.#reply.end(null);
  }

  #fail(error: EtcdError): void {
    this.#close();
    if (this.#whenFailed) this.#member.request(this.#whenFailed, () => {});
    // etcd's services ask through a client of their own, which loses the code on the way.
    this.#reply.end(otherError(error.message));
  }

  #close(): void {
    this.#isOver = true;
    this.#endWatch();
    if (this.#asked !== null) this.#member.cancel(this.#asked);
  }
}

const WAIT = Symbol("wait");
