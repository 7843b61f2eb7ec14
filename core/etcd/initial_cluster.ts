// What --initial-cluster says about a member that starts for the first time: who the members are and which ids they
// get. (etcd: ServerConfig.VerifyBootstrap and VerifyJoinExisting)

import type { ClusterId, MemberId } from "../base/ids.ts";
import type { MemberInfo } from "../member/io.ts";
import { clusterIdFor, memberIdFor } from "../wire/etcd_ids.ts";
import type { MemberConfig } from "./flags.ts";
import { parseUrl } from "./urls.ts";

export interface InitialCluster {
  readonly kind: "initialCluster";
  /** This member's id in a new cluster. One that joins a running cluster got another id when it was added there. */
  readonly self: MemberId;
  /** The id of a new cluster; one that exists is asked for its own. */
  readonly clusterId: ClusterId;
  /** Sorted by id. */
  readonly members: readonly MemberInfo[];
}

/** The initial cluster, or all that is wrong with it, a line each: the cause in etcd's words, then the remedy. */
export function readInitialCluster(
  config: MemberConfig,
): InitialCluster | { readonly kind: "errors"; readonly errors: readonly string[] } {
  const errors: string[] = [];
  const urlsByName = new Map<string, string[]>();
  const nameByUrl = new Map<string, string>();
  for (const part of config.initialCluster.split(",").filter((part) => part !== "")) {
    const split = part.indexOf("=");
    const name = split < 0 ? part : part.slice(0, split);
    const endpoint = parseUrl(split < 0 ? "" : part.slice(split + 1));
    if ("why" in endpoint) {
      errors.push(`--initial-cluster: "${part}": ${endpoint.why}; write name=http://host:2380`);
      continue;
    }
    if (name === "") {
      errors.push(`--initial-cluster: "${part}" names no member; write name=http://host:2380`);
      continue;
    }
    const owner = nameByUrl.get(endpoint.url);
    if (owner !== undefined) {
      errors.push(
        `initial cluster ${config.initialCluster} has duplicate url (${endpoint.url} of ${owner} and ${name}); ` +
          "each member needs peer URLs of its own",
      );
    }
    nameByUrl.set(endpoint.url, name);
    urlsByName.set(name, [...urlsByName.get(name) ?? [], endpoint.url]);
  }
  if (errors.length === 0) {
    errors.push(...localMemberErrors(config, urlsByName), ...tlsErrors(config, nameByUrl, urlsByName));
  }
  if (errors.length > 0) return { kind: "errors", errors };

  const members = [...urlsByName]
    .map(([name, urls]): MemberInfo => ({
      id: memberIdFor(urls, config.initialClusterToken),
      name,
      peerUrls: urls.sort(),
      clientUrls: [],
      isLearner: false,
    }))
    .sort((a, b) => a.id < b.id ? -1 : 1);
  return {
    kind: "initialCluster",
    self: members.find(({ name }) => name === config.name)!.id,
    clusterId: clusterIdFor(members.map(({ id }) => id)),
    members,
  };
}

function localMemberErrors(
  config: MemberConfig,
  urlsByName: ReadonlyMap<string, readonly string[]>,
): string[] {
  const { name, advertisePeerUrls } = config;
  const listed = urlsByName.get(name);
  if (listed === undefined) {
    return [
      `couldn't find local name "${name}" in the initial cluster configuration; add ${name}=${
        advertisePeerUrls[0]
      } ` +
      "to --initial-cluster, or set --name to a name that is in it",
    ];
  }
  // A member that joins has told the cluster its URLs already.
  if (config.initialClusterState === "existing") return [];
  const missing = listed.filter((url) => !holds(advertisePeerUrls, url));
  if (missing.length > 0) {
    // Several URLs under one name are one member with several URLs; two members of one name look just the same.
    const orName = listed.length > 1
      ? `; if two members are called ${name}, give each a name of its own`
      : "";
    return [
      `--initial-cluster has ${missing.map((url) => `${name}=${url}`).join(",")} but missing from ` +
      `--initial-advertise-peer-urls=${advertisePeerUrls.join(",")}; make the two agree${orName}`,
    ];
  }
  const extra = advertisePeerUrls.filter((url) => !holds(listed, url));
  if (extra.length > 0) {
    return [
      `--initial-advertise-peer-urls has ${extra.join(",")} but missing from ` +
      `--initial-cluster=${listed.map((url) => `${name}=${url}`).join(",")}; make the two agree`,
    ];
  }
  return [];
}

/** A cluster of one never speaks to a peer, so its https:// URL is only a name. */
function tlsErrors(
  { peerTls }: MemberConfig,
  nameByUrl: ReadonlyMap<string, string>,
  urlsByName: ReadonlyMap<string, unknown>,
): string[] {
  const isSpoken = (url: string) =>
    /^(http|unix):/.test(url) ||
    (url.startsWith("https://") && (peerTls.certFile !== "" || urlsByName.size === 1));
  return [...nameByUrl.keys()]
    .filter((url) => !isSpoken(url))
    .map((url) =>
      `--initial-cluster: TLS key/cert (--peer-cert-file, --peer-key-file) must be provided for ${url}; name both ` +
      "files, or use http:// peer URLs"
    );
}

/** etcd resolves host names before it compares; the one name that needs no resolver is localhost. */
function holds(urls: readonly string[], url: string): boolean {
  const resolved = (text: string) => text.replace("//localhost:", "//127.0.0.1:");
  return urls.some((other) => resolved(other) === resolved(url));
}
