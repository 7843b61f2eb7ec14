// member …, move-leader, alarm … and defrag: what an operator does to a cluster.

import { isEtcdError } from "../../base/etcd_error.ts";
import type { MemberInfo } from "../../member/io.ts";
import { idToUint64 } from "../../wire/border.ts";
import { type Answer, clusterHeaderOf } from "../answers.ts";
import { parseUrls } from "../urls.ts";
import {
  ask,
  badArgs,
  bool,
  type CtlCall,
  type CtlCommand,
  isSet,
  memberIdArg,
  text,
  unsupported,
} from "./call.ts";
import { type GoJson, goJson, unlessEmpty } from "./go_text.ts";
import { field, headerJson, headerLines, memberJson } from "./printing.ts";
import { askEndpoint, complain, CtlFailure, type CtlRun, EXIT, print } from "./step.ts";
import { drawTable } from "./table.ts";

export const CLUSTER_COMMANDS: readonly CtlCommand[] = [
  {
    path: ["member", "list"],
    about: "The cluster's members",
    usage: "",
    flags: [],
    *run(call) {
      const { answer, result } = yield* ask(call, { kind: "memberList", linearizable: false }, "members");
      yield* print(memberListText(call, answer, result.members));
      return EXIT.success;
    },
  },
  {
    path: ["member", "add"],
    about: "Makes room for a new member",
    usage: "<memberName> [options]",
    flags: [
      bool("learner", "without a vote, until it is promoted"),
      text("peer-urls", "", "where its peers reach it"),
    ],
    *run(call) {
      const [name] = call.args;
      if (call.args.length < 1) throw badArgs("member name not provided");
      if (call.args.length > 1) throw badArgs("too many arguments");
      const parsed = parseUrls(peerUrlsFlag(call));
      if ("why" in parsed) throw new CtlFailure(parsed.why, EXIT.error);
      const peerUrls = parsed.map(({ url }) => url);
      const { answer, result } = yield* ask(call, {
        kind: "memberAdd",
        peerUrls,
        isLearner: isSet(call, "learner"),
        unixSeconds: call.world.unixSeconds,
      }, "members");
      yield* printChange(call, answer, result.members, result.changed, (cluster) => {
        const id = result.changed?.id ?? "";
        const all = result.members.flatMap((member) =>
          member.peerUrls.map((url) => `${member.id === id ? name : member.name}=${url}`)
        );
        return [
          `Member ${id} added to cluster ${cluster}`,
          "",
          `ETCD_NAME="${name}"`,
          `ETCD_INITIAL_CLUSTER="${all.join(",")}"`,
          `ETCD_INITIAL_ADVERTISE_PEER_URLS="${peerUrls.join(",")}"`,
          `ETCD_INITIAL_CLUSTER_STATE="existing"`,
        ];
      });
      return EXIT.success;
    },
  },
  memberVerb(
    "remove",
    "Takes a member out of the cluster",
    "removed from",
    (member) => ({ kind: "memberRemove", member }),
  ),
  memberVerb(
    "promote",
    "Gives a learner its vote",
    "promoted in",
    (member) => ({ kind: "memberPromote", member }),
  ),
  {
    path: ["member", "update"],
    about: "Changes where a member is reached",
    usage: "<memberID> [options]",
    flags: [text("peer-urls", "", "where its peers reach it from now on")],
    *run(call) {
      if (call.args.length !== 1) throw badArgs("member ID is not provided");
      const member = memberIdArg(call.args[0]!);
      const peerUrls = peerUrlsFlag(call).split(",");
      const { answer, result } = yield* ask(call, { kind: "memberUpdate", member, peerUrls }, "members");
      yield* printChange(call, answer, result.members, null, (cluster) => [
        `Member ${member} updated in cluster ${cluster}`,
      ]);
      return EXIT.success;
    },
  },
  {
    path: ["move-leader"],
    about: "Hands the lead to another member",
    usage: "<transferee-member-id>",
    flags: [],
    *run(call) {
      if (call.args.length !== 1) throw badArgs("move-leader command needs 1 argument");
      const target = memberIdArg(call.args[0]!);
      const found = yield* findLeader(call);
      if (found === null) {
        throw badArgs(`no leader endpoint given at [${call.endpoints.join(" ")}]`);
      }
      yield* ask({ ...call, endpoints: [found.endpoint] }, { kind: "moveLeader", target }, "done");
      yield* print(`Leadership transferred from ${found.leader} to ${target}`);
      return EXIT.success;
    },
  },
  alarmVerb("list", "get", "Alarms that are on"),
  alarmVerb("disarm", "deactivate", "Clears all alarms"),
  {
    path: ["defrag"],
    about: "Gives disk space back, member by member",
    usage: "",
    flags: [bool("cluster", "at every member")],
    *run(call) {
      let failures = 0;
      const endpoints = isSet(call, "cluster") ? yield* clusterEndpoints(call) : call.endpoints;
      for (const endpoint of endpoints) {
        const answer = yield* askEndpoint(endpoint, { kind: "defragment" });
        const why = answer.kind === "unreachable"
          ? "context deadline exceeded"
          : isEtcdError(answer.response)
          ? answer.response.message
          : null;
        if (why === null) yield* print(`Finished defragmenting etcd member[${endpoint}]`);
        else {
          failures += 1;
          yield* complain(`Failed to defragment etcd member[${endpoint}] (${why})`);
        }
      }
      return failures === 0 ? EXIT.success : EXIT.error;
    },
  },
];

/** The client addresses of all members, as a member knows them. */
export function* clusterEndpoints(call: CtlCall): CtlRun<readonly string[]> {
  const { result } = yield* ask(
    call,
    { kind: "memberList", linearizable: false },
    "members",
    (message) =>
      new CtlFailure(`failed to fetch endpoints from etcd cluster member list: ${message}`, EXIT.error),
  );
  return result.members.flatMap(({ clientUrls }) => clientUrls);
}

type MemberRequest = Parameters<typeof ask>[1];

function memberVerb(
  verb: string,
  about: string,
  done: string,
  request: (member: ReturnType<typeof memberIdArg>) => MemberRequest,
): CtlCommand {
  return {
    path: ["member", verb],
    about,
    usage: "<memberID>",
    flags: [],
    *run(call) {
      if (call.args.length !== 1) throw badArgs("member ID is not provided");
      const member = memberIdArg(call.args[0]!);
      const { answer, result } = yield* ask(call, request(member), "members");
      yield* printChange(call, answer, result.members, null, (cluster) => [
        `Member ${member} ${done} cluster ${cluster}`,
      ]);
      return EXIT.success;
    },
  };
}

function alarmVerb(verb: "list" | "disarm", action: "get" | "deactivate", about: string): CtlCommand {
  return {
    path: ["alarm", verb],
    about,
    usage: "",
    flags: [],
    *run(call) {
      if (call.args.length > 0) throw badArgs(`alarm ${verb} command accepts no arguments`);
      const { result } = yield* ask(call, { kind: "alarm", action, member: null, alarm: "none" }, "alarms");
      const alarms = result.alarms.map(({ member, alarm }) => ({
        id: idToUint64(member),
        name: alarm === "noSpace" ? "NOSPACE" : "CORRUPT",
        number: alarm === "noSpace" ? 1 : 2,
      }));
      switch (call.format) {
        case "simple":
          for (const { id, name } of alarms) yield* print(`memberID:${id} alarm:${name} `);
          return EXIT.success;
        case "json": {
          const shown = alarms.map(({ id, number }) => ({ memberID: id, alarm: number }));
          yield* print(goJson({ alarms: unlessEmpty(shown) }));
          return EXIT.success;
        }
        case "fields":
          // etcdctl 3.4 falls over here, for want of a header in this answer.
          for (const { id, name } of alarms) {
            yield* print(`${field("MemberID", id)}\n"AlarmType" : ${name}\n`);
          }
          return EXIT.success;
        case "table":
          throw unsupported(call.format);
      }
    },
  };
}

function peerUrlsFlag(call: CtlCall): string {
  const urls = call.flags.get("peer-urls") ?? "";
  if (urls === "") throw badArgs("member peer urls not provided");
  return urls;
}

function* findLeader(call: CtlCall): CtlRun<{ endpoint: string; leader: string } | null> {
  for (const endpoint of call.endpoints) {
    const answer = yield* askEndpoint(endpoint, { kind: "status" });
    if (answer.kind === "unreachable" || isEtcdError(answer.response)) continue;
    const { header, result } = answer.response;
    if (result.kind === "status" && result.leader === header.memberId) {
      return { endpoint, leader: header.memberId };
    }
  }
  return null;
}

function* printChange(
  call: CtlCall,
  answer: Answer,
  members: readonly MemberInfo[],
  changed: MemberInfo | null,
  plain: (cluster: string) => readonly string[],
): CtlRun<void> {
  switch (call.format) {
    case "simple":
      return yield* print(plain(answer.header.clusterId).join("\n"));
    case "json": {
      const json: { readonly [name: string]: GoJson | undefined } = {
        header: headerJson(clusterHeaderOf(answer)),
        member: changed === null ? undefined : memberJson(changed),
        members: members.map(memberJson),
      };
      return yield* print(goJson(json));
    }
    case "fields":
    case "table":
      throw unsupported(call.format);
  }
}

function memberListText(call: CtlCall, answer: Answer, members: readonly MemberInfo[]): string {
  const rows = members.map((member) => [
    member.id,
    member.name === "" ? "unstarted" : "started",
    member.name,
    member.peerUrls.join(","),
    member.clientUrls.join(","),
    String(member.isLearner),
  ]);
  switch (call.format) {
    case "simple":
      return rows.map((row) => row.join(", ")).join("\n");
    case "table":
      return drawTable(["ID", "STATUS", "NAME", "PEER ADDRS", "CLIENT ADDRS", "IS LEARNER"], rows);
    case "json":
      return goJson({ header: headerJson(clusterHeaderOf(answer)), members: members.map(memberJson) });
    case "fields":
      return [
        ...headerLines(clusterHeaderOf(answer)),
        ...members.flatMap((member) => [
          field("ID", idToUint64(member.id)),
          field("Name", member.name),
          ...member.peerUrls.map((url) => field("PeerURL", url)),
          ...member.clientUrls.map((url) => field("ClientURL", url)),
          field("IsLearner", member.isLearner),
          "",
        ]),
      ].join("\n");
  }
}
