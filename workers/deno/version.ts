// What a member calls itself: the etcd release whose API it speaks, and its own version beside it.

import { ETCD_VERSION } from "../../core/member/member.ts";
import packageJson from "../../package.json" with { type: "json" };

export { ETCD_VERSION };
/** What the whole cluster has agreed to speak: the release without its patch number. */
export const ETCD_CLUSTER_VERSION = ETCD_VERSION.split(".").slice(0, 2).join(".") + ".0";
export const FLOTILLA_VERSION: string = packageJson.version;

/** Body of GET /version. etcd's two fields, then ours. @param tracePath where this member can be watched live, if it can. */
export function versionJson(tracePath?: string): string {
  return JSON.stringify({
    etcdserver: ETCD_VERSION,
    etcdcluster: ETCD_CLUSTER_VERSION,
    flotilla: FLOTILLA_VERSION,
    ...(tracePath === undefined ? {} : { trace: tracePath }),
  });
}
