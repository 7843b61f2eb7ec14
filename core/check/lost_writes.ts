// The first question after every fault: is all that was acknowledged still there?

import { equalBytes } from "../base/bytes.ts";
import { isEtcdError } from "../base/etcd_error.ts";
import { type DeleteRangeRequest, type PutRequest, rangeRequest } from "../kv/requests.ts";
import type { Member } from "../member/member.ts";
import type { ClientOperation } from "./history.ts";

/**
 * Acknowledged puts and deletions, also inside transactions, that the member's store does not hold at the revision
 * they were acknowledged with. What has been compacted away cannot be asked for and counts as kept.
 * @param member one that has applied everything acknowledged, such as a leader that has committed in its term.
 */
export function findLostWrites(
  operations: readonly ClientOperation[],
  member: Member,
): readonly ClientOperation[] {
  return operations.filter((operation) => changesOf(operation).some((change) => !isKept(change, member)));
}

interface Change {
  readonly op: PutRequest | DeleteRangeRequest;
  readonly revision: number;
}

function changesOf({ request, response }: ClientOperation): readonly Change[] {
  if (response?.kind !== "ok") return [];
  const { result } = response;
  if (result.kind === "put" && request.kind === "put") return [{ op: request, revision: result.revision }];
  if (result.kind === "deleteRange" && request.kind === "deleteRange") {
    return result.deleted > 0 ? [{ op: request, revision: result.revision }] : [];
  }
  if (result.kind !== "txn" || request.kind !== "txn") return [];
  const { revision } = result;
  const branch = result.succeeded ? request.success : request.failure;
  return branch.flatMap((op, place): Change[] => {
    const answer = result.responses[place]!;
    if (op.kind === "put") return [{ op, revision }];
    return op.kind === "deleteRange" && answer.kind === "deleteRange" && answer.deleted > 0
      ? [{ op, revision }]
      : [];
  });
}

function isKept({ op, revision }: Change, member: Member): boolean {
  const { key } = op;
  const rangeEnd = op.kind === "deleteRange" ? op.rangeEnd : new Uint8Array(0);
  const answer = member.read(rangeRequest({ key, rangeEnd, revision }));
  if (isEtcdError(answer)) return answer.message.includes("compacted");
  if (op.kind === "deleteRange") return answer.kvs.length === 0;
  const kv = answer.kvs[0];
  return kv !== undefined && kv.modRevision === revision && equalBytes(kv.value, op.value);
}
