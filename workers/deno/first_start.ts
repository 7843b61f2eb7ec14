// Who an empty data directory becomes: the first start of a member. A member of a new cluster computes every id from the
// flags; one that joins asks the members that are there. After the first start the log knows, and none of this is
// used again. (etcdserver/server.go NewServer, membership.ValidateClusterAndAssignIDs)

import { type ClusterId, clusterId, type MemberId, shortId } from "../../core/base/ids.ts";
import type { MemberConfig } from "../../core/etcd/flags.ts";
import type { InitialCluster } from "../../core/etcd/initial_cluster.ts";
import type { MemberInfo } from "../../core/member/io.ts";
import type { Bootstrap } from "../../core/member/options.ts";
import { membersFromJson } from "./members_json.ts";
import { requestPeer } from "./peer_target.ts";
import type { TlsSides } from "./tls_files.ts";
import { type Refusal, refusal } from "./refusal.ts";

export interface FirstStart {
  readonly kind: "identity";
  readonly id: MemberId;
  readonly clusterId: ClusterId;
  readonly bootstrap: Bootstrap;
}

/** A member that is there answers at once; one that does not may not be there yet. */
const ANSWER_MS_MAX = 1_000;
const ANSWER_BYTES_MAX = 1024 * 1024;

/** Decides who this member is, asking the other members over the network where that matters. */
export function firstStart(
  config: MemberConfig,
  initial: InitialCluster,
  tls: TlsSides | null,
): Promise<FirstStart | Refusal> {
  const start = config.initialClusterState === "new" ? startNew : startExisting;
  return start(config, initial, tls);
}

async function startNew(
  config: MemberConfig,
  initial: InitialCluster,
  tls: TlsSides | null,
): Promise<FirstStart | Refusal> {
  const { self: id, clusterId, members } = initial;
  // A wiped member that came back as if nothing had been could vote twice in a term it has forgotten, and help to lose
  // what it once acknowledged. The others remember it.
  const others = await askMembers(otherUrls(config, initial), tls);
  const remembered = others?.members.find((member) => member.id === id);
  if (remembered !== undefined && remembered.clientUrls.length > 0) {
    return refusal(
      `member ${shortId(id)} has already been bootstrapped, and its data directory is empty`,
      `bring its data back, or remove it (etcdctl member remove ${
        shortId(id)
      }), add it again (etcdctl member add ` +
        `${config.name} --peer-urls=…) and start it with --initial-cluster-state existing`,
    );
  }
  return { kind: "identity", id, clusterId, bootstrap: { kind: "new", members } };
}

async function startExisting(
  config: MemberConfig,
  initial: InitialCluster,
  tls: TlsSides | null,
): Promise<FirstStart | Refusal> {
  const urls = otherUrls(config, initial);
  const found = await askMembers(urls, tls);
  if (found === null) {
    return refusal(
      `cannot fetch cluster info from peer urls: could not retrieve cluster information from ${
        urls.join(",") || "nobody"
      }`,
      "check that --initial-cluster names the running members and that they can be reached, or start a cluster of its " +
        "own with --initial-cluster-state new",
    );
  }
  const remedy =
    "let --initial-cluster list exactly the members that `etcdctl member list` shows, this one included " +
    "(after etcdctl member add, which prints the line to use)";
  const complaint = `error validating peerURLs ${
    JSON.stringify(initial.members.flatMap((member) => member.peerUrls))
  }`;
  if (found.members.length !== initial.members.length) {
    return refusal(
      `${complaint}: member count is unequal (the cluster has ${found.members.length}, --initial-cluster ` +
        `${initial.members.length})`,
      remedy,
    );
  }
  const key = (peerUrls: readonly string[]) => [...peerUrls].sort().join();
  const byUrls = new Map(found.members.map((member) => [key(member.peerUrls), member]));
  for (const { peerUrls } of initial.members) {
    if (!byUrls.has(key(peerUrls))) {
      return refusal(
        `${complaint}: unmatched member while checking PeerURLs (${peerUrls.join(",")})`,
        remedy,
      );
    }
  }
  const own = initial.members.find(({ name }) => name === config.name)!;
  const { id, clientUrls } = byUrls.get(key(own.peerUrls))!;
  if (clientUrls.length > 0) {
    return refusal(
      `member ${shortId(id)} has already started once, and its data directory is empty`,
      `remove it (etcdctl member remove ${
        shortId(id)
      }) and add it again before starting it with an empty disk`,
    );
  }
  const members = [...found.members].sort(byId);
  return { kind: "identity", id, clusterId: found.clusterId, bootstrap: { kind: "join", members } };
}

/** The peer URLs of everybody else in --initial-cluster. */
function otherUrls(config: MemberConfig, initial: InitialCluster): string[] {
  return initial.members.filter(({ name }) => name !== config.name).flatMap(({ peerUrls }) => peerUrls);
}

export interface ClusterAnswer {
  readonly clusterId: ClusterId;
  readonly members: readonly MemberInfo[];
}

/** What the first who answers says of its cluster; null when nobody does. All are asked at once. */
export async function askMembers(
  peerUrls: readonly string[],
  tls: TlsSides | null,
): Promise<ClusterAnswer | null> {
  const answers = peerUrls.map(async (url) => {
    const answer = await askOne(url, tls);
    return answer ?? Promise.reject(new Error(`no answer from ${url}`));
  });
  return await Promise.any(answers).catch(() => null);
}

function askOne(peerUrl: string, tls: TlsSides | null): Promise<ClusterAnswer | null> {
  return new Promise((resolve) => {
    const request = requestPeer(peerUrl, "/members", { agent: false, timeout: ANSWER_MS_MAX }, tls);
    request.end();
    const deadline = setTimeout(() => request.destroy(), ANSWER_MS_MAX);
    const end = (answer: ClusterAnswer | null) => {
      clearTimeout(deadline);
      request.destroy();
      resolve(answer);
    };
    request.on("error", () => end(null));
    request.on("timeout", () => end(null));
    request.on("close", () => end(null));
    request.on("response", (response) => {
      const cluster = String(response.headers["x-etcd-cluster-id"] ?? "");
      if (response.statusCode !== 200 || !/^[0-9a-f]{1,16}$/.test(cluster)) return end(null);
      let text = "";
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => {
        text += chunk;
        if (text.length > ANSWER_BYTES_MAX) end(null);
      });
      response.on("end", () => {
        const members = membersFromJson(text);
        end(members && { clusterId: clusterId(cluster.padStart(16, "0")), members });
      });
    });
  });
}

function byId(a: MemberInfo, b: MemberInfo): number {
  return a.id < b.id ? -1 : 1;
}
