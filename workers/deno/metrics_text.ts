// A member's figures in the text form that Prometheus reads. Names and meanings are etcd's where we have the figure;
// those that are ours alone begin with "flotilla_".

import { idToUint64 } from "../../core/wire/border.ts";
import { ETCD_METHODS } from "../../core/etcd/services.ts";
import type { MemberStatus } from "../../core/member/io.ts";
import type { Member } from "../../core/member/member.ts";
import type { ApiHost } from "./api_host.ts";
import type { FileDisk } from "./file_disk.ts";
import type { PeerHttp } from "./peer_http.ts";
import { ETCD_CLUSTER_VERSION, ETCD_VERSION, FLOTILLA_VERSION } from "./version.ts";

export interface MetricsParts {
  readonly api: ApiHost;
  readonly member: Pick<Member, "id" | "commit" | "machine" | "leader" | "leads" | "isLearner">;
  readonly network: PeerHttp;
  readonly disk: FileDisk;
  readonly quotaBytes: number;
  /** Seconds since 1970. */
  readonly startedAtSeconds: number;
  readonly leaderChangeCount: () => number;
}

type Row = readonly [name: string, kind: "gauge" | "counter", value: number];

/** Asks the member for its status; one that has stopped shows what needs no asking. */
export function metricsText(parts: MetricsParts): Promise<string> {
  return new Promise((resolve) => {
    parts.api.driver.request({ kind: "status" }, (reply) => {
      const status = reply.kind === "ok" && reply.result.kind === "status" ? statusRows(reply.result) : [];
      resolve(textOf([...ownRows(parts), ...status]));
    });
  });
}

function ownRows({ api, member, network, disk, ...parts }: MetricsParts): Row[] {
  const { kv, applied } = member.machine;
  const { putCount, deleteCount, rangeCount, txnCount } = kv.figures;
  const calls = [...ETCD_METHODS.values(), ...api.calls.values()];
  return [
    [`etcd_server_version{server_version="${ETCD_VERSION}"}`, "gauge", 1],
    [`etcd_cluster_version{cluster_version="${ETCD_CLUSTER_VERSION.replace(/\.0$/, "")}"}`, "gauge", 1],
    [`flotilla_version{version="${FLOTILLA_VERSION}"}`, "gauge", 1],
    [`etcd_server_id{server_id="${idToUint64(member.id).toString(16)}"}`, "gauge", 1],
    ["etcd_server_has_leader", "gauge", member.leader === null ? 0 : 1],
    ["etcd_server_is_leader", "gauge", member.leads ? 1 : 0],
    ["etcd_server_is_learner", "gauge", member.isLearner ? 1 : 0],
    ["etcd_server_leader_changes_seen_total", "counter", parts.leaderChangeCount()],
    ["etcd_server_proposals_committed_total", "gauge", member.commit],
    ["etcd_server_proposals_applied_total", "gauge", applied],
    ["etcd_server_quota_backend_bytes", "gauge", parts.quotaBytes],
    ["etcd_mvcc_put_total", "counter", putCount],
    ["etcd_mvcc_delete_total", "counter", deleteCount],
    ["etcd_mvcc_range_total", "counter", rangeCount],
    ["etcd_mvcc_txn_total", "counter", txnCount],
    ["etcd_debugging_mvcc_put_total", "counter", putCount],
    ["etcd_debugging_mvcc_delete_total", "counter", deleteCount],
    ["etcd_debugging_mvcc_range_total", "counter", rangeCount],
    ["etcd_debugging_mvcc_txn_total", "counter", txnCount],
    ["etcd_debugging_mvcc_keys_total", "gauge", kv.keyCount],
    ["etcd_debugging_mvcc_current_revision", "gauge", kv.revision],
    ["etcd_debugging_mvcc_compact_revision", "gauge", Math.max(0, kv.compactRevision)],
    ["etcd_disk_wal_fsync_duration_seconds_count", "counter", disk.syncCount],
    ["flotilla_peer_streams", "gauge", network.connectedCount],
    ["flotilla_peer_messages_dropped_total", "counter", network.droppedCount],
    ["flotilla_peer_requests_refused_total", "counter", network.strangerCount],
    ["flotilla_peer_frames_malformed_total", "counter", api.driver.malformedFrameCount],
    ["process_resident_memory_bytes", "gauge", Deno.memoryUsage().rss],
    ["process_start_time_seconds", "gauge", parts.startedAtSeconds],
    ...api.tally.rows(calls).map(([name, count]) => [name, "counter", count] as const),
  ];
}

function statusRows(status: MemberStatus): Row[] {
  return [
    ["etcd_mvcc_db_total_size_in_bytes", "gauge", status.dbSizeBytes],
    ["etcd_mvcc_db_total_size_in_use_in_bytes", "gauge", status.dbSizeInUseBytes],
    ["etcd_debugging_mvcc_db_total_size_in_bytes", "gauge", status.dbSizeBytes],
  ];
}

/** One TYPE line for each name, whatever its labels. Rows of one name stand together. */
function textOf(rows: readonly Row[]): string {
  let text = "", lastName = "";
  for (const [labelled, kind, value] of rows) {
    const name = labelled.replace(/\{.*/, "");
    if (name !== lastName) text += `# TYPE ${name} ${kind}\n`;
    lastName = name;
    text += `${labelled} ${value}\n`;
  }
  return text;
}
