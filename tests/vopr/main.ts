// Hunts for broken rules: one seed after another, each a cluster with its own troubles.
//
//   deno task hunt                    seeds from 1 on, for one minute
//   deno task hunt --seed 143         this one, with what it was made of
//   deno task hunt --seed 1 --count 500

import { parseArgs } from "node:util";
import { drawHuntPlan, type HuntResult, runHunt } from "../../core/check/hunt.ts";

const USAGE = "deno task hunt [--seed S] [--count N] [--minutes M]";

const options = readOptions();
const startedMs = performance.now();
const failures: HuntResult[] = [];
let eventCount = 0;
let virtualMs = 0;
let playedCount = 0;
for (let seed = options.seed; goesOn(seed); seed++) {
  const result = runHunt(seed);
  playedCount += 1;
  eventCount += result.eventCount;
  virtualMs += result.virtualMs;
  if (result.failure) {
    failures.push(result);
    console.log(`seed ${seed}: ${result.failure.message} (event ${result.failure.atEvent})`);
  } else if (options.count === 1) console.log(describe(result));
  else if (playedCount % 25 === 0) console.log(progress());
}
console.log(progress());
if (failures.length > 0) console.log(`again: deno task hunt --seed ${failures[0]!.seed}`);
Deno.exit(failures.length === 0 ? 0 : 1);

function goesOn(seed: number): boolean {
  if (options.count !== null) return seed < options.seed + options.count;
  return performance.now() - startedMs < options.minutes * 60_000;
}

function progress(): string {
  const ms = performance.now() - startedMs;
  return `${playedCount} seeds, ${failures.length} failed, ${eventCount} events, ` +
    `${Math.round((eventCount / ms) * 1000)} events/s, ${Math.round(virtualMs / ms)}x real time`;
}

function describe(result: HuntResult): string {
  const { cluster, faults } = drawHuntPlan(result.seed);
  return [
    `seed ${result.seed}: ${cluster.size} members, ${faults.kinds.join(", ")}`,
    `${result.eventCount} events in ${result.virtualMs} ms of virtual time, ${result.checkCount} checks`,
    `${result.answeredCount} requests answered, ${result.unknownCount} with unknown outcome`,
    `done to it: ${[...result.faultCounts].map(([kind, count]) => `${kind} ${count}`).join(", ")}`,
    `trace ${result.traceHash}`,
  ].join("\n");
}

function readOptions(): { seed: number; count: number | null; minutes: number } {
  let values: { seed?: string; count?: string; minutes?: string };
  try {
    ({ values } = parseArgs({
      args: Deno.args,
      options: { seed: { type: "string" }, count: { type: "string" }, minutes: { type: "string" } },
    }));
  } catch (error) {
    return refuse((error as Error).message);
  }
  const seed = wholeNumber("--seed", values.seed ?? "1");
  // A seed alone means that seed alone.
  const alone = values.seed !== undefined && values.minutes === undefined;
  const count = values.count !== undefined ? wholeNumber("--count", values.count) : alone ? 1 : null;
  return { seed, count, minutes: wholeNumber("--minutes", values.minutes ?? "1") };
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (text === "" || !Number.isSafeInteger(value) || value < 0) {
    return refuse(`${name} ${text} is not a whole number`);
  }
  return value;
}

function refuse(why: string): never {
  console.error(`${why}\nusage: ${USAGE}`);
  Deno.exit(2);
}
