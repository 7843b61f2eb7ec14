// A run in a few lines: what was done to whom, second by second, in one letter each, and who led which term.

import type { HuntPlan, HuntResult } from "../../core/check/hunt.ts";
import type { OperatorAction } from "../../core/sim/actions.ts";
import { initialMembers } from "../../core/sim/cluster_plan.ts";

type ActionKind = OperatorAction["kind"];

const LETTERS: Readonly<Record<ActionKind, string>> = {
  crash: "c",
  restart: "r",
  pause: "p",
  resume: "u",
  frame: ">",
  restoreDisk: "R",
  wipe: "W",
  slowDisk: "s",
  fillDisk: "F",
  freeDisk: "f",
  corruptDisk: "X",
  clock: "k",
  leap: "l",
  join: "J",
  elect: "e",
  transfer: "t",
  cut: "/",
  mend: "+",
  partition: "|",
  heal: "h",
  link: "~",
  pin: "!",
  request: "m",
};

/** One line that says what the letters mean. */
export const LEGEND = Object.entries(LETTERS).map(([kind, letter]) => `${letter} ${kind}`).join("  ");

export function describeRun(plan: HuntPlan, result: HuntResult): string {
  const names = new Map(initialMembers(plan.cluster.size).map(({ id }, i) => [id as string, String(i + 1)]));
  const bySecond = new Map<number, string[]>();
  for (const { atMs, action } of result.actions) {
    const second = Math.floor(atMs / 1000);
    const whom = "member" in action
      ? names.get(action.member) ?? "x"
      : "from" in action
      ? `${names.get(action.from) ?? "x"}${names.get(action.to) ?? "x"}`
      : "";
    bySecond.set(second, [...bySecond.get(second) ?? [], LETTERS[action.kind] + whom]);
  }
  return [
    headOf(plan, result),
    ...[...bySecond].map(([second, marks]) => `${String(second).padStart(3)} s  ${marks.join(" ")}`),
    ...(result.failure ? [`      ${result.failure.message}`] : []),
  ].join("\n");
}

function headOf({ cluster, faults }: HuntPlan, result: HuntResult): string {
  const { seed, eventCount, virtualMs, checkCount, answeredCount, unknownCount, traceHash } = result;
  return [
    `seed ${seed}: ${cluster.size} members${cluster.broken ? ` without ${cluster.broken}` : ""}, ${
      faults.kinds.join(" ")
    }`,
    `${eventCount} events in ${virtualMs} ms of virtual time, ${checkCount} checks, ` +
    `${answeredCount} requests answered, ${unknownCount} with unknown outcome, trace ${traceHash}`,
  ].join("\n");
}
