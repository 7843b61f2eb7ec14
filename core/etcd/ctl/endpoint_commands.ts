// endpoint status, health and hashkv: each member by itself, in its own words.

import { isEtcdError } from "../../base/etcd_error.ts";
import { utf8 } from "../../base/bytes.ts";
import { rangeRequest } from "../../kv/requests.ts";
import { idToUint64 } from "../../wire/border.ts";
import { headerOf, resultOf } from "../answers.ts";
import { bool, type CtlCall, type CtlCommand, int, intFlag, isSet } from "./call.ts";
import { clusterEndpoints } from "./cluster_commands.ts";
import { duration, type GoJson, goJson, humanBytes, unlessEmpty } from "./go_text.ts";
import { field, headerJson, headerLines } from "./printing.ts";
import { askEndpoint, complain, CtlFailure, type CtlRun, EXIT, print } from "./step.ts";
import { drawTable } from "./table.ts";

const CLUSTER_FLAG = bool("cluster", "use all endpoints from the cluster member list");
const DEADLINE = "context deadline exceeded";

/** One endpoint's answer in all four forms. */
interface EndpointText {
  readonly plain: string;
  readonly cells: readonly string[];
  readonly json: GoJson;
  readonly lines: readonly string[];
}

export const ENDPOINT_COMMANDS: readonly CtlCommand[] = [
  {
    path: ["endpoint", "status"],
    about: "What each endpoint says of itself",
    usage: "",
    flags: [CLUSTER_FLAG],
    *run(call) {
      const told: EndpointText[] = [];
      let failed = false;
      for (const endpoint of yield* endpointsOf(call)) {
        const answer = yield* askEndpoint(endpoint, { kind: "status" });
        if (answer.kind === "unreachable" || isEtcdError(answer.response)) {
          failed = true;
          const why = answer.kind === "unreachable" || !isEtcdError(answer.response)
            ? DEADLINE
            : answer.response.message;
          yield* complain(`Failed to get the status of endpoint ${endpoint} (${why})`);
          continue;
        }
        const header = headerOf(answer.response);
        const status = resultOf(answer.response, "status");
        const id = answer.response.header.memberId;
        const cells = [
          endpoint,
          id,
          status.version,
          humanBytes(status.dbSizeBytes),
          String(status.leader === id),
          String(status.isLearner),
          String(status.raftTerm),
          String(status.raftIndex),
          String(status.raftAppliedIndex),
          status.errors.join(", "),
        ];
        const leader = status.leader === null ? 0n : idToUint64(status.leader);
        told.push({
          plain: cells.join(", "),
          cells,
          json: {
            Endpoint: endpoint,
            Status: {
              header: headerJson(header),
              version: status.version,
              dbSize: unlessEmpty(status.dbSizeBytes),
              leader: unlessEmpty(leader),
              raftIndex: unlessEmpty(status.raftIndex),
              raftTerm: unlessEmpty(status.raftTerm),
              raftAppliedIndex: unlessEmpty(status.raftAppliedIndex),
              errors: unlessEmpty(status.errors),
              dbSizeInUse: unlessEmpty(status.dbSizeInUseBytes),
              isLearner: unlessEmpty(status.isLearner),
            },
          },
          lines: [
            ...headerLines(header),
            field("Version", status.version),
            field("DBSize", status.dbSizeBytes),
            field("Leader", leader),
            field("IsLearner", status.isLearner),
            field("RaftIndex", status.raftIndex),
            field("RaftTerm", status.raftTerm),
            field("RaftAppliedIndex", status.raftAppliedIndex),
            `"Errors" : [${status.errors.map((error) => JSON.stringify(error)).join(" ")}]`,
            field("Endpoint", endpoint),
          ],
        });
      }
      yield* printAll(call, STATUS_HEADS, told);
      return failed ? EXIT.error : EXIT.success;
    },
  },
  {
    path: ["endpoint", "health"],
    about: "Whether each endpoint can commit",
    usage: "",
    flags: [CLUSTER_FLAG],
    *run(call) {
      const told: EndpointText[] = [];
      const complaints: string[] = [];
      for (const endpoint of yield* endpointsOf(call)) {
        const { tookMs, error } = yield* healthOf(endpoint);
        const took = duration(tookMs);
        const plain = error === ""
          ? `${endpoint} is healthy: successfully committed proposal: took = ${took}`
          : `${endpoint} is unhealthy: failed to commit proposal: ${error}`;
        if (error !== "") complaints.push(plain);
        told.push({
          plain,
          cells: [endpoint, String(error === ""), took, error],
          json: { endpoint, health: error === "", took, error: unlessEmpty(error) },
          // Of these etcdctl quotes the first alone.
          lines: [
            field("Endpoint", endpoint),
            field("Health", error === ""),
            `"Took" : ${took}`,
            `"Error" : ${error}`,
          ],
        });
      }
      if (call.format === "simple") {
        for (const { plain } of told) {
          if (complaints.includes(plain)) yield* complain(plain);
          else yield* print(plain);
        }
      } else yield* printAll(call, ["ENDPOINT", "HEALTH", "TOOK", "ERROR"], told);
      if (complaints.length > 0) throw new CtlFailure("unhealthy cluster", EXIT.error);
      return EXIT.success;
    },
  },
  {
    path: ["endpoint", "hashkv"],
    about: "One number for all keys and their history, to compare members by",
    usage: "",
    flags: [CLUSTER_FLAG, int("rev", "up to this revision (default: all)")],
    *run(call) {
      const told: EndpointText[] = [];
      for (const endpoint of yield* endpointsOf(call)) {
        const answer = yield* askEndpoint(endpoint, { kind: "hashKv", revision: intFlag(call, "rev") });
        if (answer.kind === "unreachable" || isEtcdError(answer.response)) {
          const why = answer.kind === "unreachable" || !isEtcdError(answer.response)
            ? DEADLINE
            : answer.response.message;
          yield* complain(`Failed to get the hash of endpoint ${endpoint} (${why})`);
          throw new CtlFailure(why, EXIT.error);
        }
        const header = headerOf(answer.response);
        const { hash, compactRevision } = resultOf(answer.response, "hashKv");
        told.push({
          plain: `${endpoint}, ${hash}`,
          cells: [endpoint, String(hash)],
          json: {
            Endpoint: endpoint,
            HashKV: {
              header: headerJson(header),
              hash: unlessEmpty(hash),
              compact_revision: unlessEmpty(compactRevision),
            },
          },
          lines: [...headerLines(header), field("Endpoint", endpoint), field("Hash", hash)],
        });
      }
      yield* printAll(call, ["ENDPOINT", "HASH"], told);
      return EXIT.success;
    },
  },
];

const STATUS_HEADS = [
  "ENDPOINT",
  "ID",
  "VERSION",
  "DB SIZE",
  "IS LEADER",
  "IS LEARNER",
  "RAFT TERM",
  "RAFT INDEX",
  "RAFT APPLIED INDEX",
  "ERRORS",
];

function* endpointsOf(call: CtlCall): CtlRun<readonly string[]> {
  return isSet(call, "cluster") ? yield* clusterEndpoints(call) : call.endpoints;
}

/** A linearizable read and a look at the alarms, as etcdctl does. */
function* healthOf(endpoint: string): CtlRun<{ tookMs: number; error: string }> {
  const answer = yield* askEndpoint(endpoint, rangeRequest({ key: utf8("health") }));
  if (answer.kind === "unreachable") return { tookMs: 0, error: DEADLINE };
  const { tookMs, response } = answer;
  if (isEtcdError(response)) return { tookMs, error: response.message };
  const alarms = yield* askEndpoint(endpoint, { kind: "alarm", action: "get", member: null, alarm: "none" });
  if (alarms.kind === "unreachable" || isEtcdError(alarms.response)) return { tookMs, error: "" };
  const { result } = alarms.response;
  if (result.kind !== "alarms" || result.alarms.length === 0) return { tookMs, error: "" };
  const names = result.alarms.map(({ alarm }) => (alarm === "noSpace" ? "NOSPACE " : "CORRUPT "));
  return { tookMs, error: `Active Alarm(s): ${names.join("")}` };
}

function* printAll(call: CtlCall, heads: readonly string[], told: readonly EndpointText[]): CtlRun<void> {
  switch (call.format) {
    case "simple":
      for (const { plain } of told) yield* print(plain);
      return;
    case "table":
      return yield* print(drawTable(heads, told.map(({ cells }) => cells)));
    case "json":
      return yield* print(goJson(told.map(({ json }) => json)));
    case "fields":
      for (const { lines } of told) yield* print(`${lines.join("\n")}\n`);
      return;
  }
}
