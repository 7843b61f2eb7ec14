// Finding the other members by a discovery service, as etcd has done since its second version: all who know a token
// write themselves down under it, and whoever is among the first `size` is a member of the new cluster.
//
//   GET  TOKEN/_config/size                     how many seats there are
//   GET  TOKEN                                  who has sat down
//   PUT  TOKEN/<member id>?prevExist=false      name=peer-url: we sit down
//   GET  TOKEN?wait=true&waitIndex=N            until all seats are taken
//
// The order in which keys were created decides who sits, so all who look see the same cluster. One who comes when all
// seats are taken is told so, and becomes a proxy or leaves. (etcdserver/api/v2discovery)

import { type MemberId, shortId } from "../../core/base/ids.ts";
import { type Refusal, refusal } from "./refusal.ts";
import type { Log } from "./log.ts";
import { type RemoteNode, V2Client, type V2Reply } from "./v2_client.ts";

export interface DiscoverySource {
  /** The service's URL and the token in one. */
  readonly url: string;
  /** An HTTP proxy on the way; "" for none. */
  readonly proxy: string;
}

export type Discovered =
  /** As --initial-cluster would say it. */
  | { readonly kind: "cluster"; readonly initialCluster: string }
  /** All seats are taken, by these. */
  | { readonly kind: "full"; readonly initialCluster: string }
  | Refusal;

/** Between two tries: two seconds, doubling up to this. (v2discovery: maxExpoentialRetries) */
const BACKOFF_MS_MIN = 2_000;
const BACKOFF_MS_MAX = 256_000;
/** More seats than any cluster has use for: a service that says so is not to be believed. */
const SIZE_MAX = 1_000;

/**
 * Takes a seat for this member and waits until all are taken, however long that takes; "cluster" then names exactly
 * `size` members, this one among them.
 * @param self this member's entry, "name=url,name=url".
 */
export async function joinByDiscovery(
  source: DiscoverySource,
  id: MemberId,
  self: string,
  log: Log,
): Promise<Discovered> {
  const talk = new Discovery(source, log);
  try {
    return await talk.join(id, self);
  } finally {
    talk.close();
  }
}

/** Who the members are, without sitting down: for a proxy. Waits until all seats are taken. */
export async function watchDiscovery(source: DiscoverySource, log: Log): Promise<Discovered> {
  const talk = new Discovery(source, log);
  try {
    return await talk.watch();
  } finally {
    talk.close();
  }
}

/** What stands under a token. */
interface Seats {
  readonly kind: "seats";
  readonly size: number;
  /** Oldest first, those without a seat included. */
  readonly nodes: readonly RemoteNode[];
  readonly index: number;
}

class Discovery {
  readonly #url: string;
  readonly #client: V2Client;
  readonly #log: Log;
  #backoffMs = BACKOFF_MS_MIN;

  constructor({ url, proxy }: DiscoverySource, log: Log) {
    this.#url = url;
    this.#client = new V2Client(url, proxy);
    this.#log = log;
    if (proxy !== "") log.info("discovery", `using proxy "${proxy}"`);
  }

  close(): void {
    this.#client.close();
  }

  async join(id: MemberId, self: string): Promise<Discovered> {
    // No need to sit down where there is no seat.
    const before = await this.#look();
    if (before.kind === "refused") return before;
    if (isFull(before, id)) return this.#full(before);

    const created = await this.#client.create(`/${shortId(id)}`, self);
    if (created.kind === "error" && created.code === 105) return this.#alreadyThere(id);
    if (created.kind !== "node") return this.#cannot("join", describe(created));
    const after = await this.#look();
    if (after.kind === "refused") return after;
    if (isFull(after, id)) return this.#full(after);
    return await this.#waitForAll(after, id);
  }

  async watch(): Promise<Discovered> {
    const seats = await this.#look();
    if (seats.kind === "refused") return seats;
    return seats.nodes.length >= seats.size ? this.#full(seats) : await this.#waitForAll(seats, null);
  }

  /** Asks until there is an answer. */
  async #look(): Promise<Seats | Refusal> {
    for (;;) {
      const answer = await this.#client.get("/_config/size");
      if (answer.kind === "down") {
        await this.#backOff("cluster status check", answer.why);
        continue;
      }
      if (answer.kind === "error" && answer.code === 100) {
        return this.#cannot("join", "discovery: size key not found");
      }
      if (answer.kind !== "node") {
        return this.#cannot("join", `discovery: bad discovery endpoint (${describe(answer)})`);
      }
      const text = answer.node.value;
      const size = /^\d{1,6}$/.test(text) ? Number(text) : 0;
      if (size < 1 || size > SIZE_MAX) {
        return this.#cannot("join", `discovery: size key is bad (${JSON.stringify(text)})`);
      }
      const list = await this.#client.get("");
      if (list.kind === "down") {
        await this.#backOff("cluster status check", list.why);
        continue;
      }
      if (list.kind !== "node") {
        return this.#cannot("join", `discovery: bad discovery endpoint (${describe(list)})`);
      }
      const nodes = list.nodes.filter(({ key }) => baseOf(key) !== "_config")
        .sort((a, b) => a.createdIndex - b.createdIndex);
      return { kind: "seats", size, nodes, index: list.index };
    }
  }

  async #waitForAll(first: Seats, id: MemberId | null): Promise<Discovered> {
    let seats = first;
    const found = new Set<string>();
    for (;;) {
      const fresh = seats.nodes.filter(({ key }) => !found.has(key));
      for (const { key } of fresh) {
        found.add(key);
        const who = id !== null && baseOf(key) === shortId(id) ? "self" : "peer";
        this.#log.info("discovery", `found ${who} ${baseOf(key)} in the cluster`);
      }
      const missing = seats.size - seats.nodes.length;
      if (missing <= 0) break;
      this.#log.info("discovery", `found ${seats.nodes.length} peer(s), waiting for ${missing} more`);
      // What changed is not taken from the news but looked up: a history that has moved on cannot mislead then.
      const news = await this.#client.next("", seats.index + 1);
      if (news.kind === "nonsense") return this.#cannot("join", describe(news));
      if (news.kind === "down") await this.#backOff("waiting for other nodes", news.why);
      const before = seats.nodes.length;
      const again = await this.#look();
      if (again.kind === "refused") return again;
      if (id !== null && isFull(again, id)) return this.#full(again);
      // News that change nothing, again and again, are no news.
      if (news.kind === "node" && again.nodes.length === before) {
        await this.#backOff("waiting for other nodes", "it announces changes that are not there");
      }
      seats = again;
    }
    this.#log.info("discovery", `found ${seats.size} needed peer(s)`);
    return this.#clusterOf("cluster", seats.nodes, seats.size);
  }

  #full(seats: Seats): Discovered {
    return this.#clusterOf("full", seats.nodes, seats.size);
  }

  #clusterOf(kind: "cluster" | "full", nodes: readonly RemoteNode[], size: number): Discovered {
    const values = nodes.slice(0, size).map(({ value }) => value);
    const names = new Set<string>();
    for (const part of values.join(",").split(",")) {
      if (!/^[^=]+=[a-z]+:\/\/[^,]+:\d+$/.test(part)) {
        return this.#cannot("join", `discovery: invalid URL (${JSON.stringify(part)})`);
      }
      names.add(part.slice(0, part.indexOf("=")));
    }
    if (names.size !== size) {
      return refusal(
        `failed to join discovery cluster (discovery: found duplicate name): member with duplicated name has ` +
          `registered with discovery service token (${this.#url})`,
        "give each member a --name of its own and start them all with a new token",
      );
    }
    return { kind, initialCluster: values.join(",") };
  }

  #alreadyThere(id: MemberId): Refusal {
    return refusal(
      `failed to join discovery cluster (discovery: found duplicate id): member ${
        shortId(id)
      } has previously ` +
        `registered with discovery service token (${this.#url}), but its data-dir holds no log`,
      "check --data-dir if the bootstrap succeeded before, or use a new discovery token if it failed",
    );
  }

  #cannot(what: string, why: string): Refusal {
    return refusal(
      `failed to ${what} discovery cluster (${why}); discovery token ${this.#url}`,
      "make a new token (curl SERVICE/new?size=3, or PUT TOKEN/_config/size) and try to bootstrap again",
    );
  }

  async #backOff(step: string, why: string): Promise<void> {
    const waitMs = this.#backoffMs;
    this.#backoffMs = Math.min(BACKOFF_MS_MAX, 2 * waitMs);
    const host = new URL(this.#url).origin;
    this.#log.warn(
      "discovery",
      `${step}: error connecting to ${host}, retrying in ${waitMs / 1000}s (${why})`,
    );
    await new Promise<void>((resolve) => setTimeout(resolve, waitMs));
  }
}

/** All seats are taken, and this member has none. */
function isFull({ nodes, size }: Seats, id: MemberId): boolean {
  const place = nodes.findIndex(({ key }) => baseOf(key) === shortId(id));
  return place < 0 ? nodes.length >= size : place >= size;
}

function baseOf(key: string): string {
  return key.slice(key.lastIndexOf("/") + 1);
}

function describe(reply: Exclude<V2Reply, { readonly kind: "node" }>): string {
  switch (reply.kind) {
    case "error":
      return `${reply.code}: ${reply.message}`;
    case "quiet":
      return "an empty answer";
    case "nonsense":
    case "down":
      return reply.why;
  }
}
