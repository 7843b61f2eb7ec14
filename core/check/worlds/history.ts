// What a small world remembers of its own past, which no member needs to know: who led which term, and which entries were
// ever known to be committed. The paper's promises (figure 3) are held against it.

import type { Term } from "../../base/ids.ts";
import type { InvariantName } from "../violation.ts";
import type { Look } from "./look.ts";

export interface Past {
  /** The place of each term's leader; null where nobody has led. */
  readonly leaders: readonly (number | null)[];
  /** From index 1 on: the entry, and the lowest term in which a member knew it committed. */
  readonly committed: readonly { readonly entry: string; readonly inTerm: Term }[];
}

export const NO_PAST: Past = { leaders: [], committed: [] };

export interface Breach {
  readonly invariant: InvariantName;
  readonly message: string;
}

export function pastText({ leaders, committed }: Past): string {
  return `${leaders.join()}|${committed.map(({ entry, inTerm }) => `${entry}@${inTerm}`).join()}`;
}

export function relabelPast(past: Past, renaming: readonly number[]): Past {
  return { ...past, leaders: past.leaders.map((place) => place === null ? null : renaming[place]!) };
}

/** The past after a step of the member at `place`, or the promise that the step broke. */
export function remember(past: Past, place: number, now: Look): Past | Breach {
  let { leaders, committed } = past;
  if (now.leads && (leaders[now.term] ?? null) !== place) {
    const other = leaders[now.term] ?? null;
    if (other !== null) {
      return breach(
        "oneLeaderPerTerm",
        `${name(place)} leads term ${now.term}, which ${name(other)} has led`,
      );
    }
    leaders = Array.from(
      { length: Math.max(leaders.length, now.term + 1) },
      (_, term) => term === now.term ? place : leaders[term] ?? null,
    );
  }
  for (let index = 1; index <= now.commit; index++) {
    const entry = now.log[index] ?? null;
    const known = committed[index - 1];
    // A snapshot on its way to the disk hides what it stands for.
    if (entry === null) break;
    if (known === undefined) committed = [...committed, { entry, inTerm: now.term }];
    else if (known.entry !== entry) {
      return breach(
        "committedNeverChanges",
        `${name(place)} commits ${entry} at ${index}, where ${known.entry} was committed`,
      );
    } else if (now.term < known.inTerm) {
      committed = committed.map((one, at) => at === index - 1 ? { entry, inTerm: now.term } : one);
    }
  }
  const applied = now.machine.findIndex((entry, at) => committed[at]?.entry !== entry);
  if (applied >= 0) {
    return breach("statesAgree", `${name(place)} applied ${now.machine[applied]} at ${applied + 1}`);
  }
  return leaders === past.leaders && committed === past.committed ? past : { leaders, committed };
}

/** A leader holds all that was committed in earlier terms. */
export function checkLeader({ committed }: Past, place: number, { leads, term, log }: Look): Breach | null {
  if (!leads) return null;
  const at = committed.findIndex(({ entry, inTerm }, at) => inTerm < term && (log[at + 1] ?? null) !== entry);
  if (at < 0) return null;
  const { entry, inTerm } = committed[at]!;
  return breach(
    "leaderCompleteness",
    `${name(place)} leads term ${term} without entry ${at + 1}, ${entry}, committed in term ${inTerm}`,
  );
}

/** Equal index and term mean equal entries, and equal entries before them. */
export function checkLogs(places: readonly [number, number], a: Look, b: Look): Breach | null {
  const last = Math.min(a.log.length, b.log.length) - 1;
  let alike = last;
  while (alike > 0 && !isAlike(a.log[alike], b.log[alike])) alike -= 1;
  for (let index = alike; index > 0; index--) {
    const [ours, theirs] = [a.log[index] ?? null, b.log[index] ?? null];
    if (ours === null || theirs === null || ours === theirs) continue;
    return breach(
      "logMatching",
      `${name(places[0])} and ${name(places[1])} agree at ${alike} and not at ${index}: ${ours}, ${theirs}`,
    );
  }
  return null;
}

/** Members of a small world, as the paper's figures call servers. */
export function name(place: number): string {
  return String.fromCharCode(65 + place);
}

/** Two entries at one index, of the same term; what a snapshot hides is not known to be. */
function isAlike(a: string | null | undefined, b: string | null | undefined): boolean {
  return typeof a === "string" && typeof b === "string" && Number.parseInt(a) === Number.parseInt(b);
}

function breach(invariant: InvariantName, message: string): Breach {
  return { invariant, message };
}
