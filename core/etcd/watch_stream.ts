// The Watch service: one stream of etcd's API on one watch stream of the member.

import { isEtcdError } from "../base/etcd_error.ts";
import type { WatchMessage, WatchResult } from "../member/io.ts";
import { Event_EventType as EventType } from "../wire/gen/kv_pb.ts";
import { Watch, WatchCreateRequest_FilterType as FilterType, type WatchRequest } from "../wire/gen/rpc_pb.ts";
import { keyValueToWire, saturate } from "../wire/kv_messages.ts";
import { call, type CallMethod } from "../wire/rpc.ts";
import { type Answer, headerOf, resultOf } from "./answers.ts";
import type { MemberCall } from "./member_port.ts";

export const WATCH: CallMethod<MemberCall> = call(
  Watch.method.watch,
  ({ member, requireLeader }: MemberCall, reply) => {
    const requestId = member.request({ kind: "watch", requireLeader }, (response) => {
      if (isEtcdError(response)) reply.end(response);
      else reply.send(responseOf(response));
    });
    return {
      take: (message) => {
        const said = messageOf(message);
        if (said) member.say(requestId, said);
      },
      // Whoever has said everything still wants to hear: the stream ends when the client goes.
      halfClose: () => {},
      cancel: () => member.cancel(requestId),
      taken: (count) => member.taken(requestId, count),
    };
  },
);

/** Null for what a newer client may ask: etcd leaves it unanswered. */
function messageOf({ requestUnion }: WatchRequest): WatchMessage | null {
  switch (requestUnion.case) {
    case "createRequest": {
      const { key, rangeEnd, startRevision, filters, watchId, prevKv, progressNotify, fragment } =
        requestUnion.value;
      return {
        kind: "create",
        create: {
          key,
          rangeEnd,
          startRevision: saturate(startRevision),
          watchId: saturate(watchId),
          prevKv,
          progressNotify,
          fragment,
          noPut: filters.includes(FilterType.NOPUT),
          noDelete: filters.includes(FilterType.NODELETE),
        },
      };
    }
    case "cancelRequest":
      return { kind: "cancel", watchId: saturate(requestUnion.value.watchId) };
    case "progressRequest":
      return { kind: "progress" };
    case undefined:
      return null;
  }
}

function responseOf(answer: Answer) {
  const result = resultOf(answer, "watch");
  const { watchId, created, cancelled, cancelReason, compactRevision, fragment } = result;
  return {
    header: headerOf(answer),
    watchId: BigInt(watchId),
    created,
    canceled: cancelled,
    cancelReason,
    compactRevision: BigInt(compactRevision),
    fragment,
    events: result.events.map(eventToWire),
  };
}

function eventToWire({ kind, kv, prevKv }: WatchResult["events"][number]) {
  return {
    type: kind === "put" ? EventType.PUT : EventType.DELETE,
    kv: keyValueToWire(kv),
    ...(prevKv ? { prevKv: keyValueToWire(prevKv) } : {}),
  };
}
