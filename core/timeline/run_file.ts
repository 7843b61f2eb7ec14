// A run as text: what a downloaded file holds and what a link's `j` unfolds to. Whoever reads one trusts nothing in
// it: it may be another file, a broken one, or one of a version that knows more.

import type { ClusterSimState } from "../sim/cluster_sim.ts";
import { isRunPlan, type RunPlan } from "./plan.ts";
import { plainFromJson, plainToJson } from "./plain_json.ts";
import type { RunAction, TimedAction } from "./run.ts";
import { SimRun } from "./run.ts";
import { packState, unpackState } from "./state_text.ts";

export const RUN_FILE_VERSION = 1;
/** Characters of a run that is read: far above any honest one, far below what would stop a tab. */
export const RUN_TEXT_MAX = 16 * 1024 * 1024;
export const RUN_ACTIONS_MAX = 20_000;

/** Where a run stands, to compare with where a replay of it gets to. */
export interface RunPlace {
  readonly eventNumber: number;
  /** Virtual milliseconds: the quiet after the event belongs to the moment. 0 for just after the event. */
  readonly atMs: number;
  readonly hash: string;
}

export interface RunFile {
  readonly plan: RunPlan;
  readonly actions: readonly TimedAction[];
  /** The live cluster that it branched from; null for a run that begins with its plan. */
  readonly from: ClusterSimState | null;
  /** Events of the run before `from`. */
  readonly eventsBefore: number;
  /** The moment to open; null: the beginning. */
  readonly at: RunPlace | null;
}

/** A run in which nothing happens for longer than this has no clock left. */
const QUIET_MS_MAX = 60_000;

export type RunReading =
  | { readonly kind: "run"; readonly file: RunFile }
  | { readonly kind: "notARun" }
  | { readonly kind: "newer"; readonly version: number }
  | { readonly kind: "broken"; readonly why: string };

/** The run up to where it stands now, to be opened there. */
export function fileOf(run: SimRun): RunFile {
  const { plan, from, eventsBefore, eventNumber, hash } = run;
  const actions = run.actions.slice(0, run.actions.length - run.aheadCount);
  return { plan, actions, from, eventsBefore, at: { eventNumber, atMs: run.nowMs, hash } };
}

export function runFileToText({ plan, actions, from, eventsBefore, at }: RunFile): string {
  return plainToJson({
    flotillaRun: RUN_FILE_VERSION,
    plan: knownPlan(plan),
    actions: actions.map(({ atMs, action }) => [atMs, action]),
    ...(from === null ? {} : { from: packState(from), eventsBefore }),
    ...(at === null ? {} : { at: [at.eventNumber, at.hash, at.atMs] }),
  });
}

export function readRunText(text: string): RunReading {
  if (text.length > RUN_TEXT_MAX) return { kind: "broken", why: "it is larger than any run" };
  const read = plainFromJson(text);
  if (read === null || typeof read.value !== "object" || read.value === null) return { kind: "notARun" };
  const { flotillaRun, plan, actions, from, eventsBefore, at } = read.value as Record<string, unknown>;
  if (!Number.isInteger(flotillaRun)) return { kind: "notARun" };
  if (flotillaRun as number > RUN_FILE_VERSION) return { kind: "newer", version: flotillaRun as number };
  if (!isRunPlan(plan)) return { kind: "broken", why: "its plan is none" };
  if (!Array.isArray(actions) || actions.length > RUN_ACTIONS_MAX) {
    return { kind: "broken", why: "its list of actions is none" };
  }
  const timed: TimedAction[] = [];
  for (const entry of actions as readonly unknown[]) {
    const last = timed[timed.length - 1]?.atMs ?? 0;
    const action = timedAction(entry, last);
    if (action === null) return { kind: "broken", why: `its action ${timed.length + 1} is none` };
    timed.push(action);
  }
  const live = liveStateOf(from);
  if (live === undefined) return { kind: "broken", why: "the cluster that it goes on from cannot be read" };
  const place = placeOf(at);
  if (place === undefined) return { kind: "broken", why: "the event to open is none" };
  return {
    kind: "run",
    file: {
      plan: knownPlan(plan),
      actions: timed,
      from: live,
      eventsBefore: Number.isSafeInteger(eventsBefore) ? eventsBefore as number : 0,
      at: place,
    },
  };
}

export type Opening =
  | { readonly kind: "open"; readonly run: SimRun; readonly agrees: boolean }
  | { readonly kind: "broken"; readonly why: string };

/** Plays a run to the moment that its file names. `agrees`: it says there what its sender saw. */
export function openRun(file: RunFile): Opening {
  try {
    const run = new SimRun(file);
    if (file.at === null) return { kind: "open", run, agrees: true };
    const reached = run.advanceToEvent(file.at.eventNumber);
    if (!reached) return { kind: "broken", why: `it never comes to event ${file.at.eventNumber}` };
    // Events of one millisecond come together; the sender stood behind all of them. The quiet
    // that it stood in is short: members tick.
    const quietMs = Math.min(file.at.atMs - run.nowMs, QUIET_MS_MAX);
    if (quietMs > 0) run.advanceTo(run.nowMs + quietMs);
    return { kind: "open", run, agrees: run.hash === file.at.hash || file.at.hash === "" };
  } catch (error) {
    return { kind: "broken", why: error instanceof Error ? error.message : String(error) };
  }
}

const ACTION_KINDS: ReadonlySet<RunAction["kind"]> = new Set<RunAction["kind"]>([
  "crash",
  "restart",
  "pause",
  "resume",
  "wipe",
  "restoreDisk",
  "join",
  "frame",
  "slowDisk",
  "fillDisk",
  "freeDisk",
  "corruptDisk",
  "elect",
  "transfer",
  "cut",
  "mend",
  "partition",
  "heal",
  "link",
  "pin",
  "request",
  "cutBoth",
  "mendBoth",
  "watch",
  "cancel",
]);

function timedAction(entry: unknown, notBeforeMs: number): TimedAction | null {
  if (!Array.isArray(entry)) return null;
  const [atMs, action] = entry as unknown[];
  const { kind } = (action ?? {}) as Partial<RunAction>;
  if (!Number.isSafeInteger(atMs) || (atMs as number) < notBeforeMs) return null;
  return kind !== undefined && ACTION_KINDS.has(kind)
    ? { atMs: atMs as number, action: action as RunAction }
    : null;
}

/** The plan without whatever else the text may have held. */
function knownPlan({ size, profile, rules, seed, limits }: RunPlan): RunPlan {
  return { size, profile, rules, seed, ...(limits === undefined ? {} : { limits }) };
}

/** Undefined for what is no state. */
function liveStateOf(packed: unknown): ClusterSimState | null | undefined {
  if (packed === undefined) return null;
  try {
    return unpackState(packed);
  } catch {
    return undefined;
  }
}

/** Undefined for what is no place. */
function placeOf(value: unknown): RunPlace | null | undefined {
  if (value === undefined || value === null) return null;
  if (!Array.isArray(value)) return undefined;
  const [eventNumber, hash, atMs = 0] = value as unknown[];
  return isCount(eventNumber) && isCount(atMs) && typeof hash === "string"
    ? { eventNumber, atMs, hash }
    : undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
