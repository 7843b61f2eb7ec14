// What the services share: a member's answer, and the header that goes with every response.

import { assert } from "../base/assert.ts";
import type { ClientResult, ResponseHeader } from "../member/io.ts";
import { idToUint64 } from "../wire/border.ts";
import type { WireHeader } from "../wire/kv_messages.ts";

/** A member's answer, apart from errors. */
export interface Answer {
  readonly header: ResponseHeader;
  readonly result: ClientResult;
}

export type ResultOf<Kind extends ClientResult["kind"]> = Extract<ClientResult, { readonly kind: Kind }>;

/** The result, which must be of the kind that was asked for. */
export function resultOf<Kind extends ClientResult["kind"]>({ result }: Answer, kind: Kind): ResultOf<Kind> {
  assert(result.kind === kind, () => `a ${result.kind} where a ${kind} was asked for`);
  return result as ResultOf<Kind>;
}

/** A result that knows its revision was made there; the member may have moved on before it answered. */
export function headerOf({ header, result }: Answer): WireHeader {
  const revision = "revision" in result ? result.revision : header.revision;
  return { ...headerWithoutRevision(header), revision: BigInt(revision) };
}

/** As etcd's Cluster service has it. */
export function clusterHeaderOf({ header }: Answer): WireHeader {
  return headerWithoutRevision(header);
}

function headerWithoutRevision({ clusterId, memberId, raftTerm }: ResponseHeader) {
  return {
    clusterId: idToUint64(clusterId),
    memberId: idToUint64(memberId),
    raftTerm: BigInt(raftTerm),
  };
}
