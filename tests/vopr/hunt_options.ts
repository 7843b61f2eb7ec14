// The hunter's command line.

import { parseArgs } from "node:util";
import { BROKEN_RULES, type BrokenRuleKey, brokenRuleOf } from "../../core/sim/broken/mod.ts";

export const USAGE =
  "deno task hunt [--seed S] [--count N | --minutes M] [--jobs J] [--broken RULE] [--out DIR]\n" +
  "       deno task hunt --replay FILE";

export interface HuntCommand {
  readonly seed: number;
  /** How many seeds; null: as many as `minutes` allow. */
  readonly count: number | null;
  readonly minutes: number;
  readonly jobs: number;
  readonly broken: BrokenRuleKey | null;
  /** Where run files go; null: nowhere. */
  readonly out: string | null;
  readonly replay: string | null;
}

/** Why a command line is no command, in one line. */
export class BadCommand extends Error {}

/** @throws BadCommand */
export function readCommand(args: readonly string[]): HuntCommand {
  const values = parse(args);
  const seed = wholeNumber("--seed", values["seed"] ?? "1");
  const broken = values["broken"] ?? null;
  if (broken !== null && brokenRuleOf(broken) === null) {
    throw new BadCommand(
      `--broken ${broken} is no rule; there are ${BROKEN_RULES.map(({ key }) => key).join(", ")}`,
    );
  }
  const jobs = wholeNumber("--jobs", values["jobs"] ?? "1");
  if (jobs < 1 || jobs > 64) throw new BadCommand(`--jobs ${jobs} is not from 1 to 64`);
  // A seed alone means that seed alone; a broken rule is hunted for as long as the gallery promises.
  const alone = values["seed"] !== undefined && values["minutes"] === undefined;
  const count = values["count"] !== undefined
    ? wholeNumber("--count", values["count"])
    : broken !== null && values["seed"] === undefined
    ? 500
    : alone
    ? 1
    : null;
  return {
    seed,
    count,
    minutes: wholeNumber("--minutes", values["minutes"] ?? "1"),
    jobs,
    broken: broken as BrokenRuleKey | null,
    out: values["out"] ?? null,
    replay: values["replay"] ?? null,
  };
}

function parse(args: readonly string[]): Readonly<Record<string, string | undefined>> {
  const text = { type: "string" } as const;
  try {
    return parseArgs({
      args: [...args],
      options: { seed: text, count: text, minutes: text, jobs: text, broken: text, out: text, replay: text },
    }).values;
  } catch (error) {
    throw new BadCommand((error as Error).message);
  }
}

function wholeNumber(name: string, text: string): number {
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(Number(text))) {
    throw new BadCommand(`${name} ${text} is not a whole number from 0 to ${Number.MAX_SAFE_INTEGER}`);
  }
  return Number(text);
}
