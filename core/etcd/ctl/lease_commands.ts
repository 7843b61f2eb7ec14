// lease grant, revoke, timetolive, list, keep-alive.

import { fromUtf8 } from "../../base/bytes.ts";
import type { LeaseId } from "../../kv/requests.ts";
import { int64ToId } from "../../wire/border.ts";
import { type Answer, headerOf } from "../answers.ts";
import { ask, badArgs, bool, type CtlCall, type CtlCommand, isSet, unsupported } from "./call.ts";
import { type GoJson, goJson, parseInteger } from "./go_text.ts";
import { field, headerFields, headerJson, headerLines, leaseNumber } from "./printing.ts";
import { CtlFailure, type CtlRun, EXIT, print } from "./step.ts";

/** etcd's client renews a lease three times in its life. */
const RENEWALS_PER_LIFE = 3;

export const LEASE_COMMANDS: readonly CtlCommand[] = [
  {
    path: ["lease", "grant"],
    about: "Makes a lease",
    usage: "<ttl>",
    flags: [],
    *run(call) {
      const [ttlText] = call.args;
      if (ttlText === undefined) throw badArgs("lease grant command needs TTL argument");
      const ttl = parseInteger(ttlText, { base: 10, signed: true });
      if (typeof ttl === "string") throw badArgs(`bad TTL (${ttl})`);
      const request = { kind: "leaseGrant", id: "", ttl: Number(ttl) } as const;
      const { answer, result } = yield* ask(call, request, "leaseGrant", failing("grant"));
      yield* printLease(call, answer, {
        plain: [`lease ${result.id} granted with TTL(${result.ttl}s)`],
        json: { ID: leaseNumber(result.id), TTL: result.ttl, Error: "" },
        lines: [field("ID", leaseNumber(result.id)), field("TTL", result.ttl)],
      });
      return EXIT.success;
    },
  },
  {
    path: ["lease", "revoke"],
    about: "Ends a lease and its keys",
    usage: "<leaseID>",
    flags: [],
    *run(call) {
      if (call.args.length !== 1) throw badArgs("lease revoke command needs 1 argument");
      const id = leaseArg(call.args[0]!);
      const { answer } = yield* ask(call, { kind: "leaseRevoke", id }, "leaseRevoke", failing("revoke"));
      if (call.format === "json") yield* print(goJson({ header: headerJson(headerOf(answer)) }));
      else yield* printLease(call, answer, { plain: [`lease ${id} revoked`], json: {}, lines: [] });
      return EXIT.success;
    },
  },
  {
    path: ["lease", "timetolive"],
    about: "How long a lease still lives",
    usage: "<leaseID> [options]",
    flags: [bool("keys", "name the keys that hang on it")],
    *run(call) {
      if (call.args.length !== 1) throw badArgs("lease timetolive command needs lease ID as argument");
      const id = leaseArg(call.args[0]!);
      const keys = isSet(call, "keys");
      const { answer, result } = yield* ask(call, { kind: "leaseTimeToLive", id, keys }, "leaseTimeToLive");
      const { ttl, grantedTtl } = result;
      const names = result.keys.map(fromUtf8);
      const attached = keys ? `, attached keys([${names.join(" ")}])` : "";
      yield* printLease(call, answer, {
        plain: [
          ttl === -1
            ? `lease ${id} already expired`
            : `lease ${id} granted with TTL(${grantedTtl}s), remaining(${ttl}s)${attached}`,
        ],
        json: {
          id: leaseNumber(id),
          ttl,
          "granted-ttl": grantedTtl,
          keys: names.length === 0 ? null : result.keys,
        },
        lines: [
          field("ID", leaseNumber(id)),
          field("TTL", ttl),
          field("GrantedTTL", grantedTtl),
          ...names.map((name) => field("Key", name)),
        ],
      });
      return EXIT.success;
    },
  },
  {
    path: ["lease", "list"],
    about: "All leases that live",
    usage: "",
    flags: [],
    *run(call) {
      const { answer, result } = yield* ask(call, { kind: "leaseLeases" }, "leaseLeases");
      yield* printLease(call, answer, {
        plain: [`found ${result.ids.length} leases`, ...result.ids],
        json: { leases: result.ids.map((id) => ({ id: leaseNumber(id) })) },
        lines: result.ids.map((id) => field("ID", leaseNumber(id))),
      });
      return EXIT.success;
    },
  },
  {
    path: ["lease", "keep-alive"],
    about: "Keeps a lease alive until it is told to stop",
    usage: "[options] <leaseID>",
    flags: [bool("once", "renew it once and end")],
    *run(call) {
      if (call.args.length !== 1) throw badArgs("lease keep-alive command needs lease ID as argument");
      const id = leaseArg(call.args[0]!);
      const once = isSet(call, "once");
      const away = (message: string) => new CtlFailure(message, EXIT.badConnection);
      for (;;) {
        const { answer, result } = yield* ask(call, { kind: "leaseKeepAlive", id }, "leaseKeepAlive", away);
        if (result.ttl <= 0) {
          if (once) throw away("etcdserver: requested lease not found");
          yield* print(`lease ${id} expired or revoked.`);
          return EXIT.success;
        }
        yield* printLease(call, answer, {
          plain: [`lease ${id} keepalived with TTL(${result.ttl})`],
          json: { ID: leaseNumber(id), TTL: result.ttl },
          lines: [field("ID", leaseNumber(id)), field("TTL", result.ttl)],
        });
        if (once) return EXIT.success;
        yield { kind: "wait", ms: (result.ttl * 1000) / RENEWALS_PER_LIFE };
      }
    },
  },
];

interface LeaseText {
  readonly plain: readonly string[];
  /** After the header's own fields, which stand beside them. */
  readonly json: { readonly [name: string]: GoJson };
  readonly lines: readonly string[];
}

function* printLease(call: CtlCall, answer: Answer, told: LeaseText): CtlRun<void> {
  const header = headerOf(answer);
  switch (call.format) {
    case "simple":
      return yield* print(told.plain.join("\n"));
    case "json":
      return yield* print(goJson({ ...headerFields(header), ...told.json }));
    case "fields":
      return yield* print([...headerLines(header), ...told.lines].join("\n"));
    case "table":
      throw unsupported(call.format);
  }
}

function failing(verb: string): (message: string) => CtlFailure {
  return (message) => new CtlFailure(`failed to ${verb} lease (${message})`, EXIT.error);
}

function leaseArg(text: string): LeaseId {
  const id = parseInteger(text, { base: 16, signed: true });
  if (typeof id === "string") throw badArgs(`bad lease ID arg (${id}), expecting ID in Hex`);
  return int64ToId(id);
}
