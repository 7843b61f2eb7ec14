// The door of core/etcd: what makes a member an etcd member to those outside (flags, first start, services, ids).

export type { Flag, FlagGroup, FlagKind, Standing } from "./flag_table.ts";
export { envNameOf, FLAGS, helpText } from "./flag_table.ts";
export type { CommandLine, LogLevel, MemberConfig } from "./flags.ts";
export { parseCommandLine } from "./flags.ts";
export type { InitialCluster } from "./initial_cluster.ts";
export { readInitialCluster } from "./initial_cluster.ts";
export type { EtcdCall, MemberCall, MemberPort } from "./calls.ts";
export { ETCD_CALLS } from "./calls.ts";
export type { Answer, CallContext, EtcdMethod } from "./services.ts";
export { ETCD_METHODS, refusalAtLearner } from "./services.ts";
export type { Endpoint, UrlScheme } from "./urls.ts";
export { isBindable, parseUrl, parseUrls } from "./urls.ts";
export { clusterIdFor, memberIdFor } from "../wire/etcd_ids.ts";
export { parseJsonExactly } from "../wire/json_numbers.ts";
export type { CallSink, OpenCall, WireResponse } from "../wire/rpc.ts";
