// A run as a file: what it was made of, what was done to it, and where it broke. Playing it again reaches the same
// event, in every home. JSON, so that people can read it and links can carry it.

import type { TimedAction } from "../sim/actions.ts";
import { brokenRuleOf } from "../sim/broken/mod.ts";
import { runPlan } from "./gallery.ts";
import type { HuntFailure, HuntPlan, HuntResult } from "./hunt.ts";

export const RUN_FILE_VERSION = 1;

export interface RunFile {
  readonly format: "flotilla-run";
  readonly version: typeof RUN_FILE_VERSION;
  readonly plan: HuntPlan;
  /** In order of time. */
  readonly actions: readonly TimedAction[];
  /** Where it broke; null for a run in which everything held. */
  readonly failure: HuntFailure | null;
  readonly eventCount: number;
  /** The name of the run up to there: playing it again gives the same. */
  readonly traceHash: string;
}

export type RunFileReading =
  | { readonly kind: "run"; readonly run: RunFile }
  /** `says` why the text is no run that this version can play, in one line. */
  | { readonly kind: "unreadable"; readonly says: string };

/** Plays the actions of a run from a script, and writes down what came of it. */
export function runFileOf(plan: HuntPlan, actions: readonly TimedAction[]): RunFile {
  return fileOf(plan, actions, runPlan(plan, actions));
}

/** Plays a run file; the result tells whether it broke again. */
export function replay({ plan, actions }: RunFile): HuntResult {
  return runPlan(plan, actions);
}

export function encodeRunFile(run: RunFile): string {
  return JSON.stringify(run, null, 1) + "\n";
}

/** Reads what `encodeRunFile` wrote, and says plainly why not. */
export function decodeRunFile(text: string): RunFileReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return unreadable("it is not whole: the JSON text breaks off or is no JSON");
  }
  if (!isRecord(value) || value["format"] !== "flotilla-run") {
    return unreadable("it is not a run of Flotilla");
  }
  const { version } = value;
  if (version !== RUN_FILE_VERSION) {
    return unreadable(`it has format version ${version}, this Flotilla plays version ${RUN_FILE_VERSION}`);
  }
  const missing = missingPart(value);
  if (missing !== null) return unreadable(`${missing} is missing or not what it should be`);
  return { kind: "run", run: value as unknown as RunFile };
}

function fileOf(plan: HuntPlan, actions: readonly TimedAction[], result: HuntResult): RunFile {
  const { failure, eventCount, traceHash } = result;
  return { format: "flotilla-run", version: RUN_FILE_VERSION, plan, actions, failure, eventCount, traceHash };
}

/** The first part of the file that cannot be played; the parts of a plan are numbers where numbers are needed. */
function missingPart(file: Record<string, unknown>): string | null {
  const { plan, actions } = file;
  if (!isRecord(plan)) return "plan";
  for (const part of ["cluster", "faults", "workload", "rest"]) {
    if (!isRecord(plan[part])) return `plan.${part}`;
  }
  const cluster = plan["cluster"] as Record<string, unknown>;
  const { seed, size, broken, link, timing, rules } = cluster;
  if (!Number.isSafeInteger(seed) || (seed as number) < 0) return "plan.cluster.seed";
  if (!Number.isInteger(size) || (size as number) < 1 || (size as number) > 9) return "plan.cluster.size";
  if (broken !== undefined && (typeof broken !== "string" || brokenRuleOf(broken) === null)) {
    return "plan.cluster.broken";
  }
  if (!isRecord(link) || !isRecord(timing) || !isRecord(rules)) return "plan.cluster";
  const numbers = [...Object.values(link), ...Object.values(timing), plan["stormMs"], plan["calmMsMax"]];
  if (!numbers.every((number) => Number.isSafeInteger(number))) return "a number of the plan";
  if (!Array.isArray(actions)) return "actions";
  const bad = actions.findIndex((timed) =>
    !isRecord(timed) || !Number.isSafeInteger(timed["atMs"]) || !isRecord(timed["action"]) ||
    typeof timed["action"]["kind"] !== "string"
  );
  return bad < 0 ? null : `action ${bad + 1}`;
}

function unreadable(says: string): RunFileReading {
  return { kind: "unreadable", says };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
