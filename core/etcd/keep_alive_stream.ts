// The Lease service's stream: a lease to keep in each message, how long it lives now in each answer, in the same order.

import { ETCD_ERRORS, type EtcdError, isEtcdError } from "../base/etcd_error.ts";
import type { ClientResponse } from "../member/io.ts";
import { int64ToId } from "../wire/border.ts";
import { Lease } from "../wire/gen/rpc_pb.ts";
import { leaseToWire } from "../wire/kv_messages.ts";
import { call, type CallMethod } from "../wire/rpc.ts";
import { type Answer, headerOf, resultOf } from "./answers.ts";
import type { MemberCall } from "./member_port.ts";

/** Messages asked, answered or on their way out, of one stream. A client sends one for each of its leases at once. */
const UNDER_WAY_COUNT_MAX = 65_536;

export const LEASE_KEEP_ALIVE: CallMethod<MemberCall> = call(
  Lease.method.leaseKeepAlive,
  ({ member }: MemberCall, reply) => {
    /** Oldest first. Asked together, so that they share the member's rounds; answered in turn. */
    const underWay: { requestId: number; response: ClientResponse | null }[] = [];
    let untaken = 0;
    let isHalfClosed = false;

    const end = (error: EtcdError | null) => {
      for (const { requestId, response } of underWay.splice(0)) if (!response) member.cancel(requestId);
      reply.end(error);
    };
    const answerInTurn = () => {
      while (underWay[0]?.response) {
        const { response } = underWay.shift()!;
        if (isEtcdError(response!)) return end(response);
        untaken += 1;
        reply.send(responseOf(response!));
      }
      if (isHalfClosed && underWay.length === 0) end(null);
    };
    return {
      take: ({ ID }) => {
        if (underWay.length + untaken >= UNDER_WAY_COUNT_MAX) return end(ETCD_ERRORS.tooManyRequests);
        const asked = { requestId: 0, response: null as ClientResponse | null };
        underWay.push(asked);
        asked.requestId = member.request({ kind: "leaseKeepAlive", id: int64ToId(ID) }, (response) => {
          asked.response = response;
          answerInTurn();
        });
      },
      halfClose: () => {
        isHalfClosed = true;
        answerInTurn();
      },
      cancel: () => {
        for (const { requestId } of underWay.splice(0)) member.cancel(requestId);
      },
      taken: (count) => {
        untaken = Math.max(0, untaken - count);
      },
    };
  },
);

function responseOf(answer: Answer) {
  const { id, ttl } = resultOf(answer, "leaseKeepAlive");
  return { header: headerOf(answer), ID: leaseToWire(id), TTL: BigInt(ttl) };
}
