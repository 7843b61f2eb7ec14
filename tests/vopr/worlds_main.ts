// Walks through small worlds, wider than those of the test run.
//
//   deno task worlds                          every set of bounds, a minute each
//   deno task worlds --minutes 10 --only 3    the third of them, for ten minutes
//   deno task worlds --broken moreThanHalf    without this rule, the way to what goes wrong
//
// Every depth is told as it is done: what was walked through before an interruption stands there.

import { parseArgs } from "node:util";
import { explore, type WorldBounds, type WorldsReport } from "../../core/check/worlds/mod.ts";
import { BROKEN_RULES, type BrokenRuleKey } from "../../core/sim/broken/mod.ts";
import { BROKEN_WORLDS, NOTICED, WIDE_WORLDS } from "./worlds.ts";

const USAGE = "deno task worlds [--minutes M] [--only NUMBER] [--worlds MAX] | --broken RULE";
/** Memory, rather than time, ends a walk: about 250 bytes a world. */
const WORLDS_MAX = 4_000_000;

if (import.meta.main) Deno.exit(main(Deno.args));

/** @returns 0 when nothing broke (without a rule: when something did), 1 otherwise, 2 for a bad command. */
function main(args: readonly string[]): number {
  const text = { type: "string" } as const;
  const bad = (why: string) => {
    console.error(`${why}\nusage: ${USAGE}`);
    return 2;
  };
  let values: Record<string, string | undefined>;
  try {
    values = parseArgs({
      args: [...args],
      options: { minutes: text, only: text, worlds: text, broken: text },
    }).values;
  } catch (error) {
    return bad((error as Error).message);
  }
  for (const name of ["minutes", "only", "worlds"]) {
    const value = values[name];
    if (value !== undefined && !/^[1-9]\d{0,8}$/.test(value)) {
      return bad(`--${name} ${value} is not a whole number from 1 to 999999999`);
    }
  }
  if (values["broken"] !== undefined) {
    const key = values["broken"];
    const world = BROKEN_WORLDS.get(key as BrokenRuleKey);
    if (world) return walk(`without ${key}`, world.bounds, values, true).finding === null ? 1 : 0;
    const isRule = BROKEN_RULES.some((rule) => rule.key === key);
    const known = [...BROKEN_WORLDS.keys()].join(", ");
    return bad(
      isRule
        ? `no small world is known that misses ${key}; ${known} are missed`
        : `--broken ${key} is no rule`,
    );
  }
  const all = Object.entries(WIDE_WORLDS);
  const chosen = values["only"] === undefined
    ? all
    : all.slice(Number(values["only"]) - 1, Number(values["only"]));
  if (chosen.length === 0) return bad(`--only ${values["only"]}: there are ${all.length}`);
  const reports = chosen.map(([name, bounds]) => walk(name, bounds, values, false));
  return reports.every(({ finding }) => finding === null) ? 0 : 1;
}

function walk(
  name: string,
  bounds: WorldBounds,
  values: Record<string, string | undefined>,
  noticedOnly: boolean,
): WorldsReport {
  const startedMs = performance.now();
  const seconds = () => (performance.now() - startedMs) / 1000;
  console.log(`\n${name}: ${JSON.stringify(bounds)}`);
  const report = explore(bounds, {
    ...(noticedOnly && { watched: NOTICED }),
    worldsMax: Number(values["worlds"] ?? WORLDS_MAX),
    onDepth: ({ depth, worlds, next }) => {
      console.log(`  depth ${depth}: ${worlds} worlds, ${next} of them new, ${seconds().toFixed(1)} s`);
      return seconds() < Number(values["minutes"] ?? 1) * 60;
    },
  });
  const { worlds, moves, depth, complete, steps, memberStates, messages, finding } = report;
  console.log(
    `${worlds} worlds${
      complete ? ", all there are" : ", and there are more"
    }, ${moves} moves, depth ${depth}; ` +
      `${memberStates} states of a member, ${messages} messages, the core asked ${steps} times; ` +
      `${seconds().toFixed(1)} s, ${Math.round(worlds / seconds())} worlds/s`,
  );
  if (finding) console.log(`${finding.invariant}: ${finding.message}\n  ${finding.story.join("\n  ")}`);
  return report;
}
