// The calls of etcd's API that last: streams, and the calls that wait for something to happen. What services.ts is for
// calls that are answered once.

import type { CallMethod } from "../wire/rpc.ts";
import { ELECTION_CALLS } from "./election_recipes.ts";
import { LEASE_KEEP_ALIVE } from "./keep_alive_stream.ts";
import { LOCK_CALLS } from "./lock_recipes.ts";
import type { MemberCall } from "./member_port.ts";
import { WATCH } from "./watch_stream.ts";

export { inTheNameOf } from "./member_port.ts";
export type { MemberCall, MemberPort } from "./member_port.ts";

export type EtcdCall = CallMethod<MemberCall>;

/** By path ("/etcdserverpb.Watch/Watch"). */
export const ETCD_CALLS: ReadonlyMap<string, EtcdCall> = new Map(
  [WATCH, LEASE_KEEP_ALIVE, ...LOCK_CALLS, ...ELECTION_CALLS].map((method) => [method.path, method]),
);
