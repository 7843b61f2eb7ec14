// The paths of etcd's JSON gateway, and the method behind each. (the google.api.http options of etcd's rpc.proto,
// v3lock.proto and v3election.proto)

import { Auth, Cluster, KV, Lease, Maintenance, Watch } from "../../core/wire/gen/rpc_pb.ts";
import { Election } from "../../core/wire/gen/v3election_pb.ts";
import { Lock } from "../../core/wire/gen/v3lock_pb.ts";

interface MethodName {
  readonly name: string;
  readonly parent: { readonly typeName: string };
}

const METHODS: readonly (readonly [path: string, method: MethodName])[] = [
  ["kv/range", KV.method.range],
  ["kv/put", KV.method.put],
  ["kv/deleterange", KV.method.deleteRange],
  ["kv/txn", KV.method.txn],
  ["kv/compaction", KV.method.compact],
  ["watch", Watch.method.watch],
  ["lease/grant", Lease.method.leaseGrant],
  ["lease/revoke", Lease.method.leaseRevoke],
  ["kv/lease/revoke", Lease.method.leaseRevoke],
  ["lease/keepalive", Lease.method.leaseKeepAlive],
  ["lease/timetolive", Lease.method.leaseTimeToLive],
  ["kv/lease/timetolive", Lease.method.leaseTimeToLive],
  ["lease/leases", Lease.method.leaseLeases],
  ["kv/lease/leases", Lease.method.leaseLeases],
  ["cluster/member/add", Cluster.method.memberAdd],
  ["cluster/member/remove", Cluster.method.memberRemove],
  ["cluster/member/update", Cluster.method.memberUpdate],
  ["cluster/member/list", Cluster.method.memberList],
  ["cluster/member/promote", Cluster.method.memberPromote],
  ["maintenance/alarm", Maintenance.method.alarm],
  ["maintenance/status", Maintenance.method.status],
  ["maintenance/defragment", Maintenance.method.defragment],
  // etcd 3.4 gives HashKV this very path too, and so nobody can reach that one.
  ["maintenance/hash", Maintenance.method.hash],
  ["maintenance/snapshot", Maintenance.method.snapshot],
  ["maintenance/transfer-leadership", Maintenance.method.moveLeader],
  ["auth/enable", Auth.method.authEnable],
  ["auth/disable", Auth.method.authDisable],
  ["auth/authenticate", Auth.method.authenticate],
  ["auth/user/add", Auth.method.userAdd],
  ["auth/user/get", Auth.method.userGet],
  ["auth/user/list", Auth.method.userList],
  ["auth/user/delete", Auth.method.userDelete],
  ["auth/user/changepw", Auth.method.userChangePassword],
  ["auth/user/grant", Auth.method.userGrantRole],
  ["auth/user/revoke", Auth.method.userRevokeRole],
  ["auth/role/add", Auth.method.roleAdd],
  ["auth/role/get", Auth.method.roleGet],
  ["auth/role/list", Auth.method.roleList],
  ["auth/role/delete", Auth.method.roleDelete],
  ["auth/role/grant", Auth.method.roleGrantPermission],
  ["auth/role/revoke", Auth.method.roleRevokePermission],
  ["lock/lock", Lock.method.lock],
  ["lock/unlock", Lock.method.unlock],
  ["election/campaign", Election.method.campaign],
  ["election/proclaim", Election.method.proclaim],
  ["election/leader", Election.method.leader],
  ["election/observe", Election.method.observe],
  ["election/resign", Election.method.resign],
];

const RPC_PATHS: ReadonlyMap<string, string> = new Map(
  METHODS.map(([path, { name, parent }]) => [path, `/${parent.typeName}/${name}`]),
);

/** Today's prefix, and those of older releases. */
const PREFIX = /^\/v3(?:alpha|beta)?\//;

export function isGatewayPath(pathname: string): boolean {
  return PREFIX.test(pathname);
}

/** "/etcdserverpb.KV/Put" for "/v3/kv/put"; null when there is no such path. */
export function rpcPathOf(pathname: string): string | null {
  return RPC_PATHS.get(pathname.replace(PREFIX, "")) ?? null;
}
