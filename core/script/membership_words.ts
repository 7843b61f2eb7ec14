// Changing who belongs: `member add n4 learner`, `start n4`, `member promote n4`, `member remove n2`. Each is a real
// request through the log; starting an added member is a second step, as it is for an operator.

import { isEtcdError } from "../base/etcd_error.ts";
import type { MemberId } from "../base/ids.ts";
import type { ClientRequest, MemberInfo } from "../member/io.ts";
import { memberOf } from "./action_words.ts";
import type { Arguments } from "./arguments.ts";
import { longName } from "./member_names.ts";
import type { Stage, Waits } from "./stage.ts";

export const MEMBERSHIP_USAGES = {
  member:
    "member <member> | add <name> [learner] [at=] | remove <member> [at=] | promote <member> [at=] | list [at=]",
  start: "start <name>",
} as const;

export const MEMBERSHIP_VERBS = ["add", "remove", "promote", "list"] as const;

/** A new member's id depends on when it was added: virtual time counts from here. (2020-01-01) */
const EPOCH_UNIX_SECONDS = 1_577_836_800;

/** Additions that were agreed upon, by name: what `start` needs to know. */
export type Announced = Map<string, { readonly info: MemberInfo; readonly members: readonly MemberInfo[] }>;

export function* changeMembers(args: Arguments, stage: Stage, announced: Announced): Waits<string> {
  const at = args.named("at");
  const isLearner = args.flag("learner");
  const verb = args.oneOf("what to do", MEMBERSHIP_VERBS);
  if (isLearner && verb !== "add") args.fail("only a member to add can be a learner");
  const name = verb === "list" ? null : args.word("a member");
  const request = readChange(verb, name, isLearner, args, stage);
  const asked = at === null ? stage.firstToAsk() : memberOf(args, stage, at);
  args.end();
  if (asked === null) return "nobody runs";

  const { response } = yield* stage.askAndWait(asked, request);
  if (response === null) return "no answer";
  if (isEtcdError(response)) return `error: ${response.message}`;
  if (response.result.kind !== "members") return "ok";
  const { members, changed } = response.result;
  if (verb === "add" && changed) {
    const long = longName(name!);
    const port = portOf(long, args);
    stage.names.announce(long, changed.id);
    announced.set(long, {
      info: { ...changed, name: long, clientUrls: [`http://127.0.0.1:${port}2379`] },
      members,
    });
  }
  return listText(members, stage);
}

function readChange(
  verb: (typeof MEMBERSHIP_VERBS)[number],
  name: string | null,
  isLearner: boolean,
  args: Arguments,
  stage: Stage,
): ClientRequest {
  switch (verb) {
    case "add": {
      const port = portOf(longName(name!), args);
      const unixSeconds = EPOCH_UNIX_SECONDS + Math.floor(stage.sim.nowMs / 1000);
      return { kind: "memberAdd", peerUrls: [`http://127.0.0.1:${port}2380`], isLearner, unixSeconds };
    }
    case "remove":
      return { kind: "memberRemove", member: memberOf(args, stage, name!) };
    case "promote":
      return { kind: "memberPromote", member: memberOf(args, stage, name!) };
    case "list":
      return { kind: "memberList", linearizable: false };
  }
}

/** infra4 lives on ports that begin with 4, as in the tutorials. */
function portOf(name: string, args: Arguments): number {
  const number = /^infra([1-9])$/.exec(name)?.[1];
  return number === undefined ? args.fail(`expected a name from n1 to n9, not "${name}"`) : Number(number);
}

/** Starts a member that was added, on an empty disk. */
export function startMember(args: Arguments, stage: Stage, announced: Announced): string {
  const name = longName(args.word("a name"));
  args.end();
  const addition = announced.get(name);
  if (!addition) return args.fail(`nobody called ${name} was added`);
  announced.delete(name);
  stage.act({ kind: "join", ...addition });
  return `${stage.names.shown(addition.info.id)} started with an empty disk`;
}

function listText(members: readonly MemberInfo[], stage: Stage): string {
  const text = (id: MemberId, { name, isLearner }: MemberInfo) =>
    `${stage.names.shown(id)}${isLearner ? " (learner)" : ""}${name === "" ? " (unstarted)" : ""}`;
  return `members: ${members.map((member) => text(member.id, member)).sort().join(", ")}`;
}
