// Clients that stay: leases and watches in words, close to etcdctl's.

import { isEtcdError } from "../base/etcd_error.ts";
import type { LeaseId } from "../kv/requests.ts";
import type { ClientRequest } from "../member/io.ts";
import { memberOf } from "./action_words.ts";
import type { Arguments } from "./arguments.ts";
import type { Stage, Waits } from "./stage.ts";

export const STREAM_USAGES = {
  lease:
    "lease grant <id> ttl=<duration> | keepalive <id>… | revoke <id> | timetolive <id> | list [at=<member>]",
  watch: "watch <name> <key> [prefix] [from=<revision>] [at=<member>] [times=1]",
  unwatch: "unwatch <name>",
  heard: "heard <name>",
} as const;

export type StreamVerb = keyof typeof STREAM_USAGES;

/** More would only be slow: each watch is a stream of its own. */
const WATCH_COUNT_MAX = 5_000;

export function* streamWords(verb: StreamVerb, args: Arguments, stage: Stage): Waits<string> {
  switch (verb) {
    case "lease":
      return yield* lease(args, stage);
    case "watch":
      return watch(args, stage);
    case "unwatch": {
      const name = args.word("a watch's name");
      args.end();
      const count = stage.journal.streams.close(name);
      stage.run.runFor(0);
      return count === 0 ? `nothing done: no watch is called ${name}` : `${name} went away`;
    }
    case "heard": {
      const name = args.word("a watch's name");
      args.end();
      const heard = stage.journal.streams.heard(name) ?? args.fail(`no watch was ever called ${name}`);
      return heard.lines.length === 0 ? `${heard.state}: nothing yet` : heard.lines.join("\n");
    }
  }
}

/** A lease's id as etcdctl prints it: up to 16 hex digits. */
export function leaseIdOf(word: string, args: Arguments): LeaseId {
  return /^[0-9a-f]{1,16}$/.test(word) ? word.padStart(16, "0") : args.fail(`"${word}" is not a lease id`);
}

function* lease(args: Arguments, stage: Stage): Waits<string> {
  const at = args.named("at");
  const ttlMs = args.namedDuration("ttl", 0);
  const verb = args.oneOf("what to do", ["grant", "keepalive", "revoke", "timetolive", "list"]);
  const ids = args.rest();
  const member = at === null ? stage.firstToAsk() : memberOf(args, stage, at);
  if (member === null) return "nobody runs";
  if (verb === "list") return yield* answered({ kind: "leaseLeases" });
  if (ids.length === 0 || (verb !== "keepalive" && ids.length > 1)) args.fail("expected a lease id");
  const lines: string[] = [];
  for (const word of ids) lines.push(yield* answered(request(leaseIdOf(word, args))));
  return lines.join("\n");

  function request(id: LeaseId): ClientRequest {
    switch (verb) {
      case "grant":
        if (ttlMs < 1000) args.fail("expected ttl= of at least 1s");
        return { kind: "leaseGrant", id, ttl: Math.ceil(ttlMs / 1000) };
      case "keepalive":
        return { kind: "leaseKeepAlive", id };
      case "revoke":
        return { kind: "leaseRevoke", id };
      default:
        return { kind: "leaseTimeToLive", id, keys: true };
    }
  }

  function* answered(request: ClientRequest): Waits<string> {
    const { response } = yield* stage.askAndWait(member!, request);
    if (response === null) return "no answer";
    if (isEtcdError(response)) return `error: ${response.message}`;
    const { result } = response;
    const short = (id: LeaseId) => id.replace(/^0+(?=.)/, "");
    switch (result.kind) {
      case "leaseGrant":
        return `lease ${short(result.id)} granted with TTL(${result.ttl}s)`;
      case "leaseKeepAlive":
        return result.ttl > 0
          ? `lease ${short(result.id)} keepalived with TTL(${result.ttl})`
          : `lease ${short(result.id)} expired or revoked.`;
      case "leaseTimeToLive":
        return result.ttl < 0
          ? `lease ${short(result.id)} already expired`
          : `lease ${short(result.id)} granted with TTL(${result.grantedTtl}s), remaining(${result.ttl}s)`;
      case "leaseLeases":
        return `found ${result.ids.length} leases${result.ids.map((id) => ` ${short(id)}`).join("")}`;
      default:
        return "revoked";
    }
  }
}

function watch(args: Arguments, stage: Stage): string {
  const isPrefix = args.flag("prefix");
  const fromRevision = args.namedNumber("from", 0);
  const times = args.namedNumber("times", 1);
  const at = args.named("at");
  const name = args.word("a name for the watch");
  const key = args.word("a key");
  const member = at === null ? stage.firstToAsk() : memberOf(args, stage, at);
  args.end();
  if (times < 1 || times > WATCH_COUNT_MAX) args.fail(`expected times= of 1 to ${WATCH_COUNT_MAX}`);
  if (member === null) return "nobody runs";
  for (let i = 0; i < times; i++) stage.journal.streams.open({ name, member, key, isPrefix, fromRevision });
  stage.run.runFor(0);
  const count = times === 1 ? "" : `, ${times} times`;
  return `${name} watches ${key}${isPrefix ? " and what begins with it" : ""} at ${
    stage.names.shown(member)
  }${count}`;
}
