// Hunts for broken rules: one seed after another, each a cluster with its own troubles.
//
//   deno task hunt                          seeds from 1 on, for one minute
//   deno task hunt --seed 143               this one, with what was done to it
//   deno task hunt --minutes 60 --jobs 2    on two cores
//   deno task hunt --broken moreThanHalf    without this rule, until a promise breaks
//   deno task hunt --replay run.json        a run file, as the hunter wrote it
//
// Interrupted, it ends the seeds under way and says what it has.

import { drawBrokenPlan } from "../../core/check/gallery.ts";
import { drawHuntPlan, type HuntResult } from "../../core/check/hunt.ts";
import { decodeRunFile, encodeRunFile, replay, runFileOf } from "../../core/check/run_file.ts";
import { shrink } from "../../core/check/shrink.ts";
import { BadCommand, type HuntCommand, readCommand, USAGE } from "./hunt_options.ts";
import type { Errand } from "./hunt_worker.ts";
import { describeRun, LEGEND } from "./legend.ts";

const PROGRESS_EVERY = 25;

if (import.meta.main) Deno.exit(await main(Deno.args));

/** @returns the exit code: 0 when nothing broke (with a rule out: when something did), 1 otherwise, 2 for a bad command. */
async function main(args: readonly string[]): Promise<number> {
  let command: HuntCommand;
  try {
    command = readCommand(args);
  } catch (error) {
    if (!(error instanceof BadCommand)) throw error;
    console.error(`${error.message}\nusage: ${USAGE}`);
    return 2;
  }
  if (command.replay !== null) return replayFile(command.replay);
  const failures = await hunt(command);
  const first = failures[0];
  if (first !== undefined) tell(first, command);
  return (first === undefined) === (command.broken === null) ? 0 : 1;
}

// --- Hunting ---------------------------------------------------------------------------------------------------

async function hunt(command: HuntCommand): Promise<readonly HuntResult[]> {
  const startedMs = performance.now();
  const failures: HuntResult[] = [];
  const sums = { seeds: 0, events: 0, virtualMs: 0 };
  let interrupted = false;
  let nextSeed = command.seed;
  const onInterrupt = () => {
    interrupted = true;
  };
  Deno.addSignalListener("SIGINT", onInterrupt);

  const goesOn = () => {
    if (interrupted || (command.broken !== null && failures.length > 0)) return false;
    if (command.count !== null) return nextSeed < command.seed + command.count;
    return performance.now() - startedMs < command.minutes * 60_000;
  };
  const progress = () => {
    const ms = performance.now() - startedMs;
    return `${sums.seeds} seeds, ${failures.length} failed, ${sums.events} events, ` +
      `${Math.round((sums.events / ms) * 1000)} events/s, ${Math.round(sums.virtualMs / ms)}x real time`;
  };
  const take = (result: HuntResult) => {
    sums.seeds += 1;
    sums.events += result.eventCount;
    sums.virtualMs += result.virtualMs;
    if (result.failure !== null) {
      failures.push(result);
      console.log(`seed ${result.seed}: ${result.failure.message} (event ${result.failure.atEvent})`);
    } else if (command.count === 1) {
      console.log(`${describeRun(planOf(command, result.seed), result)}\n${LEGEND}`);
    }
    if (sums.seeds % PROGRESS_EVERY === 0) console.log(progress());
  };

  await Promise.all(Array.from({ length: command.jobs }, async () => {
    const worker = new Worker(import.meta.resolve("./hunt_worker.ts"), { type: "module" });
    while (goesOn()) take(await play(worker, { seed: nextSeed++, broken: command.broken }));
    worker.terminate();
  }));
  Deno.removeSignalListener("SIGINT", onInterrupt);
  console.log(interrupted ? `${progress()}; interrupted` : progress());
  // Jobs finish in their own order; the first failure is that of the first seed.
  return failures.sort((a, b) => a.seed - b.seed);
}

function play(worker: Worker, errand: Errand): Promise<HuntResult> {
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data as HuntResult);
    worker.onerror = (event) => {
      event.preventDefault();
      reject(new Error(`seed ${errand.seed}: ${event.message}`));
    };
    worker.postMessage(errand);
  });
}

function planOf({ broken }: HuntCommand, seed: number) {
  return broken === null ? drawHuntPlan(seed) : drawBrokenPlan(broken, seed);
}

// --- A finding -------------------------------------------------------------------------------------------------

/** Shrinks a finding, tells it, and keeps it as a file where one was asked for. */
function tell(found: HuntResult, command: HuntCommand): void {
  const plan = planOf(command, found.seed);
  const small = shrink(plan, found);
  console.log(
    `\nshrunk in ${small.triedCount} runs: ${found.actions.length} actions to ${small.actions.length}, ` +
      `${found.eventCount} events to ${small.result.eventCount}`,
  );
  console.log(`${describeRun(small.plan, small.result)}\n${LEGEND}\n${JSON.stringify(small.plan)}`);
  const rule = command.broken === null ? "" : ` --broken ${command.broken}`;
  console.log(`again: deno task hunt --seed ${found.seed}${rule}`);
  if (command.out === null) return;
  const file = `${command.out}/${command.broken ?? "run"}-${found.seed}.json`;
  try {
    Deno.mkdirSync(command.out, { recursive: true });
    Deno.writeTextFileSync(file, encodeRunFile(runFileOf(small.plan, small.actions)));
    console.log(`kept: deno task hunt --replay ${file}`);
  } catch (error) {
    console.error(`cannot write ${file}: ${(error as Error).message}`);
  }
}

function replayFile(path: string): number {
  let text: string;
  try {
    text = Deno.readTextFileSync(path);
  } catch (error) {
    console.error(`cannot read ${path}: ${(error as Error).message}`);
    return 2;
  }
  const reading = decodeRunFile(text);
  if (reading.kind === "unreadable") {
    console.error(`${path} cannot be played: ${reading.says}`);
    return 2;
  }
  const { run } = reading;
  const result = replay(run);
  console.log(`${describeRun(run.plan, result)}\n${LEGEND}`);
  if (result.traceHash === run.traceHash) return 0;
  console.error(
    `this run took another course than when it was kept: trace ${result.traceHash}, not ${run.traceHash}`,
  );
  return 1;
}
