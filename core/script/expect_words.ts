// `expect …`: says `ok`, or what is instead. Scenario tests compare the text; lessons take `ok` for done.

import { fromUtf8, utf8 } from "../base/bytes.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import type { MemberId } from "../base/ids.ts";
import { checkHistory } from "../check/kv_model.ts";
import { findLostWrites } from "../check/lost_writes.ts";
import { rangeRequest } from "../kv/requests.ts";
import { memberOf } from "./action_words.ts";
import type { Arguments } from "./arguments.ts";
import { requestText } from "./client_words.ts";
import { readKind, roleText } from "./show_words.ts";
import type { Stage } from "./stage.ts";

export const EXPECT_USAGE = "expect leader [<member>] [term=N] | no-leader | role <member> <role> | " +
  "term <member> N | committed <key>=<value> | value <key>=<value> at=<member> | absent <key> at=<member> | " +
  "hashes equal | lost-writes N | linearizable | event <kind> [of=<member>] [at-least=N]";

const SUBJECTS = [
  "leader",
  "no-leader",
  "role",
  "term",
  "committed",
  "value",
  "absent",
  "hashes",
  "lost-writes",
  "linearizable",
  "event",
] as const;

const OK = "ok";

export function expectation(args: Arguments, stage: Stage): string {
  const subject = args.oneOf("what is expected", SUBJECTS);
  switch (subject) {
    case "leader":
      return expectLeader(args, stage);
    case "no-leader": {
      const leader = stage.sim.leader();
      return leader === null ? OK : leaderText(leader, stage);
    }
    case "role":
      return expectRole(args, stage);
    case "term": {
      const member = memberOf(args, stage);
      const term = args.number(args.word("a term"), "the term");
      const view = stage.sim.view(member);
      if (!view) return `${stage.names.shown(member)} is ${stage.sim.member(member).state}`;
      return view.term === term ? OK : `${stage.names.shown(member)} is in term ${view.term}`;
    }
    case "committed":
      return expectCommitted(args, stage);
    case "value": {
      const at = readAt(args, stage);
      return expectValue(args, stage, at);
    }
    case "absent": {
      const at = readAt(args, stage);
      const key = args.word("a key");
      const value = valueAt(stage, at, key);
      return value === null ? OK : `${stage.names.shown(at)} has ${key}=${value}`;
    }
    case "hashes":
      args.oneOf("what hashes should be", ["equal"]);
      return expectHashes(stage);
    case "lost-writes":
      return expectLostWrites(args, stage);
    case "linearizable":
      return expectLinearizable(stage);
    case "event": {
      const of = args.named("of");
      const least = args.namedNumber("at-least", 1);
      const member = of === null ? null : memberOf(args, stage, of);
      const kind = readKind(args.word("an event"), args);
      const count = member === null
        ? stage.journal.countOf(kind)
        : stage.journal.events.filter((entry) => entry.member === member && entry.event.kind === kind).length;
      return count >= least ? OK : `it happened ${count === 1 ? "once" : `${count} times`}`;
    }
  }
}

function expectLeader(args: Arguments, stage: Stage): string {
  const term = args.named("term");
  const word = args.maybeWord();
  const wanted = word === null ? null : memberOf(args, stage, word);
  const leader = stage.sim.leader();
  if (leader === null) return "nobody leads";
  const inTerm = stage.sim.view(leader)!.term;
  const isMember = wanted === null || wanted === leader;
  const isTerm = term === null || args.number(term, "term=") === inTerm;
  return isMember && isTerm ? OK : leaderText(leader, stage);
}

function leaderText(leader: MemberId, stage: Stage): string {
  return `${stage.names.shown(leader)} leads term ${stage.sim.view(leader)!.term}`;
}

const ROLES = [
  "leader",
  "follower",
  "candidate",
  "pre-candidate",
  "learner",
  "stopped",
  "paused",
  "refused",
  "removed",
] as const;

function expectRole(args: Arguments, stage: Stage): string {
  const member = memberOf(args, stage);
  const wanted = args.oneOf("a role", ROLES);
  const { state } = stage.sim.member(member);
  const is = state === "running" ? roleText(stage.sim.view(member)!.role) : state;
  return is === wanted ? OK : `${stage.names.shown(member)} is ${is}`;
}

function readAt(args: Arguments, stage: Stage): MemberId {
  const word = args.named("at");
  return word === null ? args.fail("expected at=<member>") : memberOf(args, stage, word);
}

/** A pair is committed when the member that has applied most of the log holds it: only committed entries are applied. */
function expectCommitted(args: Arguments, stage: Stage): string {
  let best: { id: MemberId; applied: number } | null = null;
  for (const id of stage.running()) {
    const { applied } = stage.sim.member(id).member!;
    if (!best || applied > best.applied) best = { id, applied };
  }
  return best ? expectValue(args, stage, best.id) : "nobody runs";
}

function expectValue(args: Arguments, stage: Stage, at: MemberId): string {
  const [, key, value] = /^([^=]+)=(.*)$/.exec(args.word("<key>=<value>")) ?? [];
  if (key === undefined) return args.fail("expected <key>=<value>");
  const found = valueAt(stage, at, key);
  if (found === value) return OK;
  const name = stage.names.shown(at);
  return found === null ? `${name} has no ${key}` : `${name} has ${key}=${found}`;
}

/** What a member's own store holds now, however old that is; null when it has no such key or does not run. */
function valueAt(stage: Stage, at: MemberId, key: string): string | null {
  const answer = stage.sim.member(at).member?.read(rangeRequest({ key: utf8(key) }));
  if (!answer || isEtcdError(answer)) return null;
  const kv = answer.kvs[0];
  return kv ? fromUtf8(kv.value) : null;
}

function expectHashes(stage: Stage): string {
  const shown = stage.running().map((id) => ({ id, hash: stage.sim.member(id).member!.kvHash }));
  if (shown.length === 0) return "nobody runs";
  if (shown.every(({ hash }) => hash === shown[0]!.hash)) return OK;
  return shown.map(({ id, hash }) => `${stage.names.shown(id)} ${hash}`).join(", ");
}

function expectLostWrites(args: Arguments, stage: Stage): string {
  const wanted = args.number(args.word("how many"), "how many");
  const leader = stage.sim.leader();
  if (leader === null) return "nobody leads, so nobody can be asked";
  const lost = findLostWrites(stage.journal.history.operations, stage.sim.member(leader).member!);
  if (lost.length === wanted) return OK;
  return `${lost.length} lost${lost.map(({ request }) => `, ${requestText(request)}`).join("")}`;
}

function expectLinearizable(stage: Stage): string {
  const verdict = checkHistory(stage.journal.history.operations);
  switch (verdict.kind) {
    case "linearizable":
      return OK;
    case "unknown":
      return `unknown: ${verdict.why}`;
    case "violation": {
      const { operations } = stage.journal.history;
      const place = operations.findIndex(({ requestId }) => requestId === verdict.operation.requestId);
      return `the answer to #${place + 1} ${requestText(operations[place]!.request)} cannot be true`;
    }
  }
}
