// A small world: a few members, the messages under way, what is left to spend, and the past. What may happen next, and the
// world after it. Worlds that differ only in the names of their members are one world.

import { assert } from "../../base/assert.ts";
import { type Atlas, FIRST_MESSAGE, INPUT } from "./atlas.ts";
import { type Breach, checkLeader, checkLogs, NO_PAST, remember } from "./history.ts";

/** All of it numbers of an atlas. */
export interface World {
  /** By place. */
  readonly members: readonly number[];
  readonly past: number;
  /** How much of each bound is spent, four bits each. */
  readonly purse: number;
  /** Under way, sorted; a number that stands twice is a message that is there twice. */
  readonly messages: readonly number[];
}

/** What happens: an input to the member at a place. `stays`: the message received is on its way once more. */
export interface Move {
  readonly place: number;
  readonly input: number;
  readonly stays: boolean;
}

export type Successor =
  | { readonly kind: "world"; readonly world: World }
  /** Nothing came of it. A message that did nothing might as well be on its way still. */
  | { readonly kind: "same" }
  /** A member noticed itself that something is wrong. */
  | { readonly kind: "stopped"; readonly why: string }
  | { readonly kind: "broken"; readonly breach: Breach };

const PURSE = { proposals: 0, crashes: 4, duplicates: 8, beats: 12, compactions: 16 } as const;
type Coin = keyof typeof PURSE;

/** All have just been installed. */
export function firstWorld(atlas: Atlas): World {
  return {
    members: atlas.ids.map((_, place) => atlas.first(place)),
    past: atlas.addPast(NO_PAST),
    purse: 0,
    messages: [],
  };
}

function spent(purse: number, coin: Coin): number {
  return (purse >> PURSE[coin]) & 15;
}

// --- What may happen -------------------------------------------------------------------------------------------

/** Every move there is, in a fixed order. */
export function movesOf(atlas: Atlas, { members, purse, messages }: World): readonly Move[] {
  const { bounds } = atlas;
  const moves: Move[] = [];
  const may = (coin: Coin) => spent(purse, coin) < bounds[`${coin}Max`];
  members.forEach((member, place) => {
    const look = atlas.look(member);
    const add = (input: number) => moves.push({ place, input, stays: false });
    if (look.writes) add(INPUT.written);
    if (!look.leads && look.term < bounds.termMax) add(INPUT.campaign);
    if (look.leads && may("proposals")) add(INPUT.propose + spent(purse, "proposals"));
    if (look.leads && may("beats")) add(INPUT.beat);
    if (may("crashes")) add(INPUT.crash);
    if (may("compactions") && !look.writes && look.machine.length > look.base) add(INPUT.compact);
  });
  messages.forEach((message, at) => {
    if (message === messages[at - 1]) return;
    const move = { place: atlas.way(message).to, input: FIRST_MESSAGE + message };
    moves.push({ ...move, stays: false });
    if (may("duplicates")) moves.push({ ...move, stays: true });
  });
  return moves;
}

const COINS: ReadonlyMap<number, Coin> = new Map([
  [INPUT.crash, "crashes"],
  [INPUT.beat, "beats"],
  [INPUT.compact, "compactions"],
]);

function coinOf({ input, stays }: Move): Coin | null {
  if (input >= FIRST_MESSAGE) return stays ? "duplicates" : null;
  return input >= INPUT.propose ? "proposals" : COINS.get(input) ?? null;
}

// --- The world after it ----------------------------------------------------------------------------------------

/** @param mayBreak whether a breach of this promise counts. */
export function after(
  atlas: Atlas,
  world: World,
  move: Move,
  mayBreak: (breach: Breach) => boolean,
): Successor {
  const { place, input, stays } = move;
  const step = atlas.step(world.members[place]!, input);
  if (step.member < 0) return { kind: "stopped", why: step.why };
  if (step.broke !== null && mayBreak(step.broke)) return { kind: "broken", breach: step.broke };
  if (step.member === world.members[place] && step.sent.length === 0) return { kind: "same" };

  const members = world.members.slice();
  members[place] = step.member;
  const breach = breachIn(atlas, members, world.past, place);
  if (breach.found !== null && mayBreak(breach.found)) return { kind: "broken", breach: breach.found };

  const messages = world.messages.slice();
  if (input >= FIRST_MESSAGE && !stays) messages.splice(messages.indexOf(input - FIRST_MESSAGE), 1);
  messages.push(...step.sent);
  const coin = coinOf(move);
  return {
    kind: "world",
    world: {
      members,
      past: breach.past,
      purse: coin === null ? world.purse : world.purse + (1 << PURSE[coin]),
      messages: messages.filter((message) => !isVoid(atlas, message, step.member, place)).sort(ascending),
    },
  };
}

function breachIn(
  atlas: Atlas,
  members: readonly number[],
  past: number,
  place: number,
): { readonly past: number; readonly found: Breach | null } {
  const before = atlas.past(past);
  const look = atlas.look(members[place]!);
  const now = remember(before, place, look);
  if ("invariant" in now) return { past, found: now };
  for (let other = 0; other < members.length; other++) {
    const theirs = atlas.look(members[other]!);
    const found = checkLeader(now, other, theirs) ??
      (other === place ? null : checkLogs([place, other], look, theirs));
    if (found !== null) return { past, found };
  }
  return { past: now === before ? past : atlas.addPast(now), found: null };
}

const REPLIES: ReadonlySet<string> = new Set(["appendReply", "voteReply", "heartbeatReply"]);

/**
 * True for a message that can never again do anything: it is of a term that its receiver's disk has left behind, or it
 * answers one who follows by now and cannot campaign or lead in that term any more.
 */
function isVoid(atlas: Atlas, message: number, member: number, place: number): boolean {
  if (atlas.way(message).to !== place) return false;
  const { term, kind } = atlas.message(message);
  const { savedTerm, follows, term: now } = atlas.look(member);
  const isVoid = term < savedTerm || (term === savedTerm && term === now && follows && REPLIES.has(kind));
  if (!isVoid) return false;
  const step = atlas.step(member, FIRST_MESSAGE + message);
  assert(
    step.member === member && step.sent.length === 0,
    () => `a ${kind} of term ${term} was taken for void and is not`,
  );
  return true;
}

function ascending(a: number, b: number): number {
  return a - b;
}

// --- Symmetry --------------------------------------------------------------------------------------------------

/** The world as it is called by whichever renaming of its members makes it the smallest, and that renaming. */
export function canonical(
  atlas: Atlas,
  world: World,
  isSymmetric: boolean,
): { readonly world: World; readonly renaming: number } {
  let best = { world, renaming: 0 };
  if (!isSymmetric) return best;
  for (let renaming = 1; renaming < atlas.renamings.length; renaming++) {
    const members = renamedMembers(atlas, world, renaming);
    const order = compareNumbers(members, best.world.members);
    if (order > 0) continue;
    const past = atlas.renamedPast(world.past, renaming);
    const messages = world.messages.map((message) => atlas.renamedMessage(message, renaming)).sort(ascending);
    const isSmaller = order < 0 ||
      (past - best.world.past || compareNumbers(messages, best.world.messages)) < 0;
    if (isSmaller) best = { world: { members, past, purse: world.purse, messages }, renaming };
  }
  return best;
}

function renamedMembers(atlas: Atlas, { members }: World, renaming: number): readonly number[] {
  const to = atlas.renamings[renaming]!;
  const renamed: number[] = [];
  members.forEach((member, place) => renamed[to[place]!] = atlas.renamedMember(member, renaming));
  return renamed;
}

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}
