// Holds what clients were told against the store's own history. etcd numbers every change, so the numbers are a ready
// witness of the order: a history is linearizable if each answer fits the revision it carries (here), and revisions
// never run against real time (real_time_order.ts). Fast, and exact for histories whose answers carry revisions;
// `linearizability.ts` is the second opinion that needs no such help.

import { fromUtf8, utf8 } from "../base/bytes.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import type { Revision } from "../base/ids.ts";
import type { Member } from "../member/member.ts";
import { rangeRequest } from "../kv/requests.ts";
import type { WorkloadRecord } from "../sim/workload.ts";
import { Violation } from "./violation.ts";

/**
 * @param member one that has converged: its store knows every committed change.
 * @throws Violation "acknowledgedStays" naming the first answer that cannot be true.
 */
export function checkRevisionOrder(records: readonly WorkloadRecord[], member: Member): void {
  const answered = records.filter((record) => record.outcome?.kind === "ok");
  for (const record of answered) checkContent(record, member);
}

/** What was read or written at a revision is what the history holds at it. */
function checkContent({ op, outcome, requestId }: WorkloadRecord, member: Member): void {
  if (outcome?.kind !== "ok") return;
  const { revision, applied } = outcome;
  const expected = op.kind === "get" ? outcome.value : op.kind === "del" ? null : op.value;
  if (op.kind === "cas" && !applied) return;
  const found = valueAt(member, op.key, revision);
  if (found === "compacted") return;
  if (found !== expected) {
    fail(
      member,
      `request ${requestId} (${op.kind} ${op.key}) was told ${expected} at revision ${revision}, ` +
        `the history holds ${found} there`,
    );
  }
}

function valueAt(member: Member, key: string, revision: Revision): string | null {
  const answer = member.read(rangeRequest({ key: utf8(key), revision, serializable: true }));
  if (isEtcdError(answer)) return answer.message.includes("compacted") ? "compacted" : answer.message;
  const kv = answer.kvs[0];
  return kv ? fromUtf8(kv.value) : null;
}

function fail(member: Member, message: string): never {
  throw new Violation("acknowledgedStays", [member.id], message);
}
