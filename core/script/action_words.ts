// The operator's verbs as words: `crash leader`, `partition n1,n2 | n3`. Words become `OperatorAction`s, the one
// vocabulary that the page, share links and lessons use too.

import type { MemberId } from "../base/ids.ts";
import type { OperatorAction } from "../sim/actions.ts";
import type { LinkSettings } from "../sim/sim_network.ts";
import type { Arguments } from "./arguments.ts";
import type { Stage } from "./stage.ts";

/** How each verb is written. */
export const ACTION_USAGES = {
  crash: "crash <member>",
  restart: "restart <member>",
  pause: "pause <member>",
  resume: "resume <member>",
  wipe: "wipe <member>",
  "slow-disk": "slow-disk <member> <duration>",
  elect: "elect <member>",
  transfer: "transfer <member>",
  pin: "pin <member> deadline=<duration>",
  cut: "cut <member> <member> [one-way]",
  mend: "mend [<member> <member>] [one-way]",
  partition: "partition <member>,… | <member>,… [| …]",
  heal: "heal",
  link: "link <member> <member> [delay=<duration>] [loss=<share>] [duplicate=<share>] [one-way]",
} as const;

export type ActionName = keyof typeof ACTION_USAGES;

/** The member that the next word means. */
export function memberOf(args: Arguments, stage: Stage, word = args.word("a member")): MemberId {
  const found = stage.names.resolve(word);
  return "id" in found ? found.id : args.fail(found.trouble);
}

/** A line of words as actions: those on links concern both directions, unless `one-way` is said. */
export function readActions(name: ActionName, args: Arguments, stage: Stage): readonly OperatorAction[] {
  switch (name) {
    case "crash":
    case "restart":
    case "pause":
    case "resume":
    case "wipe":
    case "elect":
      return [{ kind: name, member: memberOf(args, stage) }];
    case "slow-disk": {
      const member = memberOf(args, stage);
      return [{ kind: "slowDisk", member, delayMs: args.duration(args.word("a duration"), "the delay") }];
    }
    case "transfer":
      return [{ kind: "transfer", to: memberOf(args, stage) }];
    case "pin": {
      const deadlineMs = args.namedDuration("deadline", 0);
      const deadlineTicks = Math.round(deadlineMs / stage.sim.plan.timing.tickMs);
      if (deadlineTicks < 1) args.fail(`expected deadline= of at least ${stage.sim.plan.timing.tickMs}ms`);
      return [{ kind: "pin", member: memberOf(args, stage), deadlineTicks }];
    }
    case "cut":
      return directions(args, stage).map(([from, to]) => ({ kind: "cut", from, to }));
    case "mend":
      return args.command.words.length === 0
        ? mendAll(stage)
        : directions(args, stage).map(([from, to]) => ({ kind: "mend", from, to }));
    case "partition":
      // A wall stands in place of the one before it.
      return [...mendAll(stage), { kind: "partition", groups: groups(args, stage) }];
    case "heal":
      return [{ kind: "heal" }];
    case "link": {
      const settings = linkSettings(args);
      return directions(args, stage).map(([from, to]) => ({ kind: "link", from, to, settings }));
    }
  }
}

function mendAll(stage: Stage): readonly OperatorAction[] {
  return stage.sim.network.cuts().map(([from, to]) => ({ kind: "mend", from, to }));
}

function directions(args: Arguments, stage: Stage): readonly (readonly [MemberId, MemberId])[] {
  const isOneWay = args.flag("one-way");
  const from = memberOf(args, stage);
  const to = memberOf(args, stage);
  if (from === to) args.fail("a link needs two members");
  return isOneWay ? [[from, to]] : [[from, to], [to, from]];
}

function groups(args: Arguments, stage: Stage): readonly (readonly MemberId[])[] {
  const text = args.rest().join(" ");
  const lists = text.split("|").map((group) => group.split(/[\s,]+/).filter((word) => word !== ""));
  if (text === "" || lists.some((list) => list.length === 0)) args.fail("expected groups like n1,n2 | n3");
  return lists.map((list) => list.map((word) => memberOf(args, stage, word)));
}

function linkSettings(args: Arguments): Partial<LinkSettings> {
  const delay = args.namedSpan("delay");
  const lossPerMille = args.namedPerMille("loss");
  const duplicatePerMille = args.namedPerMille("duplicate");
  if (delay === null && lossPerMille === null && duplicatePerMille === null) {
    args.fail("expected delay=, loss= or duplicate=");
  }
  return {
    ...(delay && { delayMsMin: delay.min, delayMsMax: delay.max }),
    ...(lossPerMille !== null && { lossPerMille }),
    ...(duplicatePerMille !== null && { duplicatePerMille }),
  };
}
