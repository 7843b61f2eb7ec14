// Everything small that worlds are made of, each thing once and known by a number: states of a member, messages,
// histories. A world is then a handful of numbers, and the real core is woken only once for each pair of a state and
// what happens to it: worlds outnumber such pairs a hundredfold.

import { assert } from "../../base/assert.ts";
import type { MemberId } from "../../base/ids.ts";
import { type Message, SOUND_RULES } from "../../raft/mod.ts";
import { rulesWithout } from "../../sim/broken/mod.ts";
import type { WorldBounds } from "./bounds.ts";
import { assertBounds } from "./bounds.ts";
import { type Past, pastText, relabelPast } from "./history.ts";
import { type Look, lookAt } from "./look.ts";
import {
  firstState,
  inCanonicalOrder,
  type Input,
  type MemberState,
  stepMember,
  type StepOutcome,
  type StepSettings,
} from "./member_step.ts";
import { canonicalText, relabel, type Renaming } from "./relabel.ts";

/** A step in numbers: the state it leads to, and what is sent. */
export interface NumberedStep {
  /** -1: the member noticed itself that something is wrong. */
  readonly member: number;
  readonly sent: readonly number[];
  readonly broke: (StepOutcome & { kind: "done" })["broke"];
  readonly why: string;
}

/** Inputs other than messages, by number; messages come after them. */
const PLAIN_INPUTS = ["campaign", "beat", "written", "crash", "compact"] as const;
const FIRST_PROPOSAL = PLAIN_INPUTS.length;
const PROPOSALS_MAX = 16;
export const FIRST_MESSAGE = FIRST_PROPOSAL + PROPOSALS_MAX;
export const INPUT = { campaign: 0, beat: 1, written: 2, crash: 3, compact: 4, propose: FIRST_PROPOSAL };

export class Atlas {
  readonly bounds: WorldBounds;
  readonly ids: readonly MemberId[];
  /** Every way to rename the members; the first leaves all as it is. `renamings[r][place]` is the new place. */
  readonly renamings: readonly (readonly number[])[];
  readonly #settings: StepSettings;
  readonly #names: readonly Renaming[];
  readonly #members = new Shelf<MemberState>(canonicalText);
  readonly #messages = new Shelf<Message>(canonicalText);
  readonly #pasts = new Shelf<Past>(pastText);
  readonly #looks: Look[] = [];
  readonly #places: { readonly from: number; readonly to: number }[] = [];
  /** By state, then by input. */
  readonly #steps: Map<number, NumberedStep>[] = [];
  readonly #renamed: Record<"member" | "message" | "past", number[][]>;
  #stepCount = 0;

  constructor(bounds: WorldBounds) {
    assertBounds(bounds);
    this.bounds = bounds;
    this.ids = Array.from(
      { length: bounds.size },
      (_, place) => String(place + 1).padStart(16, "0") as MemberId,
    );
    this.#settings = {
      ids: this.ids,
      rules: bounds.broken === undefined ? SOUND_RULES : rulesWithout(bounds.broken),
      slowWrites: bounds.slowWrites,
    };
    this.renamings = orders(this.ids.map((_, place) => place));
    this.#names = this.renamings.map((to) =>
      new Map(this.ids.map((id, place) => [id, this.ids[to[place]!]!]))
    );
    const none = () => this.renamings.map((): number[] => []);
    this.#renamed = { member: none(), message: none(), past: none() };
  }

  /** How often the real core was asked. */
  get stepCount(): number {
    return this.#stepCount;
  }

  get memberCount(): number {
    return this.#members.size;
  }

  get messageCount(): number {
    return this.#messages.size;
  }

  first(place: number): number {
    return this.#addMember(firstState(this.ids[place]!, this.#settings));
  }

  member(number: number): MemberState {
    return this.#members.at(number);
  }

  look(number: number): Look {
    return this.#looks[number]!;
  }

  message(number: number): Message {
    return this.#messages.at(number);
  }

  /** Where a message comes from and goes to. */
  way(number: number): { readonly from: number; readonly to: number } {
    return this.#places[number]!;
  }

  past(number: number): Past {
    return this.#pasts.at(number);
  }

  addPast(past: Past): number {
    return this.#pasts.add(past);
  }

  step(member: number, input: number): NumberedStep {
    const known = this.#steps[member] ??= new Map();
    let step = known.get(input);
    if (step === undefined) known.set(input, step = this.#ask(member, input));
    return step;
  }

  renamedMember(member: number, renaming: number): number {
    return this.#renamed.member[renaming]![member] ??= renaming === 0
      ? member
      : this.#addMember(inCanonicalOrder(relabel(this.member(member), this.#names[renaming]!)));
  }

  renamedMessage(number: number, renaming: number): number {
    return this.#renamed.message[renaming]![number] ??= renaming === 0
      ? number
      : this.#addMessage(relabel(this.message(number), this.#names[renaming]!));
  }

  renamedPast(past: number, renaming: number): number {
    return this.#renamed.past[renaming]![past] ??= renaming === 0
      ? past
      : this.addPast(relabelPast(this.past(past), this.renamings[renaming]!));
  }

  #ask(member: number, input: number): NumberedStep {
    this.#stepCount += 1;
    const outcome = stepMember(this.member(member), this.#inputOf(input), this.#settings);
    if (outcome.kind === "stopped") return { member: -1, sent: [], broke: null, why: outcome.why };
    return {
      member: this.#addMember(outcome.state),
      sent: outcome.sent.map((message) => this.#addMessage(message)),
      broke: outcome.broke,
      why: "",
    };
  }

  #inputOf(input: number): Input {
    if (input >= FIRST_MESSAGE) return { kind: "receive", message: this.message(input - FIRST_MESSAGE) };
    if (input >= FIRST_PROPOSAL) return { kind: "propose", number: input - FIRST_PROPOSAL };
    return { kind: PLAIN_INPUTS[input]! };
  }

  #addMember(state: MemberState): number {
    const number = this.#members.add(state);
    this.#looks[number] ??= lookAt(state);
    return number;
  }

  #addMessage(message: Message): number {
    const number = this.#messages.add(message);
    this.#places[number] ??= { from: this.ids.indexOf(message.from), to: this.ids.indexOf(message.to) };
    return number;
  }
}

/** Things kept once, each under the number it came as. */
class Shelf<T> {
  readonly #textOf: (thing: T) => string;
  readonly #numbers = new Map<string, number>();
  readonly #things: T[] = [];

  constructor(textOf: (thing: T) => string) {
    this.#textOf = textOf;
  }

  get size(): number {
    return this.#things.length;
  }

  at(number: number): T {
    const thing = this.#things[number];
    assert(thing !== undefined, () => `nothing has the number ${number}`);
    return thing;
  }

  add(thing: T): number {
    const text = this.#textOf(thing);
    let number = this.#numbers.get(text);
    if (number === undefined) {
      number = this.#things.push(thing) - 1;
      this.#numbers.set(text, number);
    }
    return number;
  }
}

/** All orders of a list, its own first. */
function orders<T>(items: readonly T[]): readonly (readonly T[])[] {
  if (items.length === 0) return [[]];
  return items.flatMap((item, at) =>
    orders([...items.slice(0, at), ...items.slice(at + 1)]).map((rest) => [item, ...rest])
  );
}
