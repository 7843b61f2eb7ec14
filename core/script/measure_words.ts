// Measuring instead of guessing: years of failures (`years`), and what a run of writes costs (`stress`). Both are the
// sizing lab's own runs, so that a lesson and the lab cannot disagree.

import { figuresOf } from "../lab/formulas.ts";
import { LINK_PLANS, type LinkName, UNITS_PER_MS } from "../lab/links.ts";
import { tryWrites, WRITES_PER_BLOCK } from "../lab/measured/writes.ts";
import { HOURS_PER_YEAR, liveYears, YEARS_PER_BLOCK, yearsFigures } from "../lab/monte_carlo.ts";
import { finish } from "../lab/progress.ts";
import { independentPlan } from "../lab/shared_failures.ts";
import type { Arguments } from "./arguments.ts";
import type { Happening } from "./happening.ts";

export const MEASURE_USAGES = {
  years: "years <size> up=<share> [years=100] [seed=1]",
  stress: "stress <size> [links=lan|zones|regions|straggler] [writes=100] [seed=1]",
} as const;

export type MeasureVerb = keyof typeof MEASURE_USAGES;

const YEARS_MAX = 100_000;
const WRITES_MAX = 1_000;

export function measureWords(
  verb: MeasureVerb,
  args: Arguments,
  onMeasured: (happening: Happening) => void,
): string {
  return verb === "years" ? years(args, onMeasured) : stress(args, onMeasured);
}

function years(args: Arguments, onMeasured: (happening: Happening) => void): string {
  const upPerMille = args.namedPerMille("up") ?? args.fail("expected up= such as up=99%");
  const wanted = args.namedNumber("years", 100);
  const seed = args.namedNumber("seed", 1);
  const size = sizeOf(args);
  args.end();
  if (wanted < 1 || wanted > YEARS_MAX) args.fail(`expected years= of 1 to ${YEARS_MAX}`);
  const memberAvailability = upPerMille / 1000;
  const formula = figuresOf(size, memberAvailability);
  if (formula.kind !== "figures") return args.fail("these members cannot be computed with");
  const plan = independentPlan(size, memberAvailability);
  const to = Math.ceil(wanted / YEARS_PER_BLOCK);
  const measured = yearsFigures(plan, finish(liveYears(plan, { seed, from: 0, to })));
  onMeasured({
    kind: "years",
    size,
    memberAvailability,
    hours: measured.years * HOURS_PER_YEAR,
    measuredDown: measured.unavailability,
    formulaDown: formula.unavailability,
  });
  const minutes = (value: number) => value.toFixed(value < 10 ? 1 : 0);
  return `${size} members up ${
    upPerMille / 10
  } % each, ${measured.years} years: ${measured.outageCount} outages, ` +
    `down ${minutes(measured.downMinutesPerYear)} minutes a year; formula ${
      minutes(formula.downMinutesPerYear)
    }`;
}

function stress(args: Arguments, onMeasured: (happening: Happening) => void): string {
  const links = LINK_PLANS[args.namedChoice("links", Object.keys(LINK_PLANS) as LinkName[], "straggler")];
  const wanted = args.namedNumber("writes", 100);
  const seed = args.namedNumber("seed", 1);
  const size = sizeOf(args);
  args.end();
  if (wanted < 1 || wanted > WRITES_MAX) args.fail(`expected writes= of 1 to ${WRITES_MAX}`);
  const to = Math.ceil(wanted / WRITES_PER_BLOCK);
  const blocks = finish(tryWrites({ size, seed, links, from: 0, to }));
  const latencies = blocks.flatMap((block) => block.latencies).sort((a, b) => a - b);
  const messages = blocks.reduce((sum, { counts }) => sum + counts.appends + counts.acknowledgements, 0);
  const writeCount = latencies.length;
  const messagesPerWrite = messages / writeCount;
  const medianMs = latencies[Math.floor(writeCount / 2)]! / UNITS_PER_MS;
  onMeasured({ kind: "stress", size, writeCount, messagesPerWrite, medianMs });
  return `${size} members, ${writeCount} writes: ${messagesPerWrite.toFixed(1)} messages a write, ` +
    `half of them answered within ${medianMs.toFixed(2)} ms`;
}

function sizeOf(args: Arguments): number {
  const size = args.number(args.word("a size"), "the size");
  return size >= 1 && size <= 9 ? size : args.fail("expected a size of 1 to 9");
}
