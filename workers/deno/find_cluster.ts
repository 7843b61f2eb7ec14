// How a member that starts for the first time learns who the others are: from its flags, from a discovery service, or
// from DNS. Whichever it was, what comes out is written as --initial-cluster would be, and goes on from there.
// (embed.Config.PeerURLsMapAndToken, etcdserver.NewServer)

import type { MemberConfig } from "../../core/etcd/flags.ts";
import { memberIdFor } from "../../core/wire/etcd_ids.ts";
import { joinByDiscovery, watchDiscovery } from "./discovery.ts";
import { findByDns } from "./dns_discovery.ts";
import type { Log } from "./log.ts";
import { type Refusal, refusal } from "./refusal.ts";

export type FoundCluster =
  /** The configuration as it would have been written had one known. */
  | { readonly kind: "config"; readonly config: MemberConfig }
  /** All seats are taken: be a proxy to these. */
  | { readonly kind: "proxy"; readonly peerUrls: readonly string[] }
  | Refusal;

/** True when the flags alone do not say who the members are. */
export function mustFindCluster({ start }: MemberConfig): boolean {
  return start.discovery !== null || start.dns !== null;
}

/** For one that wants to be a member. May wait for others for as long as they take. */
export async function findCluster(config: MemberConfig, log: Log): Promise<FoundCluster> {
  const { discovery, dns } = config.start;
  if (discovery !== null) return await findByToken(config, discovery, log);
  if (dns === null) return { kind: "config", config };
  const found = await findByDns(config, dns);
  if (found.kind === "refused") return found;
  sayDns(found.initialCluster, log);
  if (found.ownUrls.length === 0) {
    return refusal(
      `cannot find local etcd member "${config.name}" in SRV records (${found.initialCluster})`,
      `let one of the records lead to ${
        config.advertisePeerUrls.join(",")
      }, this member's advertised peer URL`,
    );
  }
  // It has found itself by address; from now on it is known by the record's name.
  const { initialCluster, ownUrls } = found;
  return { kind: "config", config: { ...config, initialCluster, advertisePeerUrls: ownUrls } };
}

async function findByToken(
  config: MemberConfig,
  discovery: NonNullable<MemberConfig["start"]["discovery"]>,
  log: Log,
): Promise<FoundCluster> {
  const { url } = discovery;
  // The token's URL is the cluster's token: so members of two tokens can never be taken for each other.
  const id = memberIdFor([...config.advertisePeerUrls].sort(), url);
  const self = config.advertisePeerUrls.map((peerUrl) => `${config.name}=${peerUrl}`).join(",");
  const found = await joinByDiscovery(discovery, id, self, log);
  switch (found.kind) {
    case "refused":
      return found;
    case "cluster":
      return {
        kind: "config",
        config: { ...config, initialCluster: found.initialCluster, initialClusterToken: url },
      };
    case "full":
      if (discovery.fallback === "proxy") {
        log.info("etcdmain", "discovery cluster full, falling back to proxy");
        return { kind: "proxy", peerUrls: urlsIn(found.initialCluster) };
      }
      return refusal(
        `failed to join discovery cluster (discovery: cluster is full); discovery token ${url} was used, but failed ` +
          "to bootstrap the cluster",
        "start fewer members than the token has seats, use a new token, or let --discovery-fallback be proxy",
      );
  }
}

/** For one that wants to be a proxy: the members' peer URLs. */
export async function findMembersToServe(
  config: MemberConfig,
  log: Log,
): Promise<readonly string[] | Refusal> {
  const { discovery, dns } = config.start;
  if (discovery !== null) {
    const found = await watchDiscovery(discovery, log);
    return found.kind === "refused" ? found : urlsIn(found.initialCluster);
  }
  if (dns === null) return urlsIn(config.initialCluster);
  const found = await findByDns(config, dns);
  if (found.kind === "refused") return found;
  sayDns(found.initialCluster, log);
  return urlsIn(found.initialCluster);
}

function sayDns(initialCluster: string, log: Log): void {
  for (const entry of initialCluster.split(",")) {
    log.info("embed", `got bootstrap from DNS for etcd-server at ${entry}`);
  }
}

/** The URLs of "name=url,name=url". */
function urlsIn(initialCluster: string): string[] {
  return initialCluster.split(",").map((part) => part.slice(part.indexOf("=") + 1)).filter((url) =>
    url !== ""
  );
}
