// First starts without a network: what each machine is told, and what follows from it. Machines, their data
// directories, a discovery service and a DNS zone are tables here; flags, complaints and ids are etcd's own, by the
// very code that starts a real member (core/etcd). No log and no election: once a majority of one cluster's members
// runs, a leader can be elected, and other lessons show how.
//
// etcd: embed.Config.PeerURLsMapAndToken, etcdserver.NewServer, v2discovery (era "v2"), v3discovery (era "today").

import { parseCommandLine, readInitialCluster } from "../etcd/mod.ts";
import type { MemberConfig } from "../etcd/flags.ts";
import { shortId } from "../base/ids.ts";
import { memberIdFor } from "../wire/etcd_ids.ts";

/** What etcd's discovery was and is: until 3.5 over the v2 API, and since 3.6 over v3 alone. */
export type Era = "v2" | "today";

export type StartResult =
  /** Flags were refused; `says` tells why. */
  | "refused"
  /** Registered, but fewer than asked for have. */
  | "registered"
  /** Knows its cluster; no majority of it runs yet. */
  | "waits"
  /** A majority of its cluster runs: a leader can be elected. */
  | "quorum"
  /** Runs, but those at the URLs it was given belong to another cluster. */
  | "stranger"
  /** Runs on the data it has; the initial flags were not looked at. */
  | "restarted"
  /** One more than discovery has room for: became a v2 proxy, or was turned away. */
  | "proxy"
  | "full";

export interface StartOutcome {
  readonly kind: "start";
  readonly name: string;
  readonly method: "static" | "discovery" | "dns";
  readonly era: Era;
  readonly result: StartResult;
  /** Names the cluster; empty when it belongs to none. */
  readonly clusterId: string;
  /** Members of that cluster that run, and that there are. */
  readonly runningCount: number;
  readonly memberCount: number;
  /** initial-* flags that a restart did not look at. */
  readonly ignoredFlags: readonly string[];
  /** What the operator reads, a line each, in etcd's words where etcd has some. */
  readonly says: readonly string[];
}

interface Machine {
  readonly id: string;
  readonly clusterId: string;
  readonly memberIds: readonly string[];
  readonly peerUrls: readonly string[];
  readonly listedUrls: readonly string[];
  runs: boolean;
}

interface Registry {
  size: number;
  /** In the order they came: member id, and `name=url` pairs. */
  readonly entries: { readonly id: string; readonly text: string }[];
}

/** Taken out before etcd's other flags are read: members of this release do not serve them. */
const DISCOVERY_FLAGS = [
  "discovery",
  "discovery-fallback",
  "discovery-srv",
  "discovery-token",
  "discovery-endpoints",
] as const;
type DiscoveryFlag = (typeof DISCOVERY_FLAGS)[number];

export class StartModel {
  era: Era = "v2";
  /** By data directory: a directory remembers, whatever the flags say. */
  readonly #machines = new Map<string, Machine>();
  readonly #registries = new Map<string, Registry>();
  /** SRV records by service name: targets in the order they were added. */
  readonly #srv = new Map<string, string[]>();

  /** Starts etcd with these arguments, as a shell would hand them over. */
  start(argv: readonly string[]): StartOutcome {
    const { plain, discovery } = takeDiscoveryFlags(argv);
    const method = discovery.has("discovery-srv") ? "dns" : discovery.size > 0 ? "discovery" : "static";
    const config = parseCommandLine(plain, new Map());
    const outcome = (
      name: string,
      result: StartResult,
      says: readonly string[],
      more: Partial<StartOutcome> = {},
    ): StartOutcome => ({
      kind: "start",
      name,
      method,
      era: this.era,
      result,
      clusterId: "",
      runningCount: 0,
      memberCount: 0,
      ignoredFlags: [],
      says,
      ...more,
    });
    if (config.kind === "errors") return outcome(nameIn(argv), "refused", config.errors);
    if (config.kind !== "config") return outcome(nameIn(argv), "refused", ["expected flags of a member"]);
    const { name } = config;

    const known = this.#machines.get(config.dataDir);
    if (known?.runs) return outcome(name, "refused", [`${config.dataDir} is in use: ${name} runs already`]);
    if (known) {
      known.runs = true;
      const ignored = config.initialFlagsGiven.map((flag) => `--${flag.replace(/^--/, "")}`);
      const says = [
        `the data directory ${config.dataDir} says who this is: member ${shortId(known.id)}`,
        ...(ignored.length > 0 ? [`not looked at on a restart: ${ignored.join(" ")}`] : []),
      ];
      return outcome(name, "restarted", says, { ...this.#countsOf(known), ignoredFlags: ignored });
    }

    if (method === "discovery") return this.#discover(config, discovery, outcome);
    const initial = method === "dns" ? this.#initialFromDns(config, discovery.get("discovery-srv")!) : config;
    if (typeof initial === "string") return outcome(name, "refused", [initial]);
    return this.#join(initial, outcome);
  }

  /** Stops it; its data directory stays. @returns why nothing was done, or null. */
  kill(dataDir: string): string | null {
    const machine = this.#machines.get(dataDir) ?? this.#machines.get(`${dataDir}.etcd`);
    if (!machine?.runs) return `nothing runs on ${dataDir}`;
    machine.runs = false;
    return null;
  }

  /** How many members a token is for. (PUT …/_config/size) */
  setSize(token: string, size: number): void {
    this.#registries.set(token, { size, entries: this.#registries.get(token)?.entries ?? [] });
  }

  /** A token of the public service's making: 40 hex digits, another each time. */
  newToken(size: number): string {
    const count = this.#registries.size;
    const token = [0, 1, 2].map((i) => memberIdFor([`${i}`], `token ${count}`)).join("").slice(0, 40);
    this.setSize(token, size);
    return token;
  }

  registry(token: string): { readonly size: number; readonly entries: readonly string[] } | null {
    const found = this.#registries.get(token);
    return found ? { size: found.size, entries: found.entries.map(({ id, text }) => `${id} ${text}`) } : null;
  }

  /** Adds an SRV record. @param target `host:port`. */
  addSrv(service: string, target: string): void {
    this.#srv.set(service, [...this.#srv.get(service) ?? [], target]);
  }

  #join(config: MemberConfig, outcome: Outcome): StartOutcome {
    const initial = readInitialCluster(config);
    if (initial.kind === "errors") return outcome(config.name, "refused", initial.errors);
    const machine: Machine = {
      id: initial.self,
      clusterId: initial.clusterId,
      memberIds: initial.members.map(({ id }) => id),
      peerUrls: initial.members.find(({ id }) => id === initial.self)!.peerUrls,
      listedUrls: initial.members.flatMap(({ peerUrls }) => peerUrls),
      runs: true,
    };
    this.#machines.set(config.dataDir, machine);
    const counts = this.#countsOf(machine);
    const { runningCount, memberCount } = counts;
    const who = `${config.name} is member ${shortId(initial.self)} of cluster ${shortId(initial.clusterId)}`;
    const other = [...this.#machines.values()].find((one) =>
      one.runs && one.clusterId !== machine.clusterId &&
      one.peerUrls.some((url) => machine.listedUrls.includes(url))
    );
    if (other) {
      const says = `request cluster ID mismatch: ${
        machine.listedUrls.find((url) => other.peerUrls.includes(url))
      } ` +
        `belongs to cluster ${shortId(other.clusterId)}`;
      return outcome(config.name, "stranger", [who, says], counts);
    }
    const quorum = Math.floor(memberCount / 2) + 1;
    const has = runningCount >= quorum;
    const says = `${runningCount} of ${memberCount} run, ${quorum} are needed: ${
      has ? "a leader can be elected" : "waits for the others"
    }`;
    return outcome(config.name, has ? "quorum" : "waits", [who, says], counts);
  }

  #discover(
    config: MemberConfig,
    flags: ReadonlyMap<DiscoveryFlag, string>,
    outcome: Outcome,
  ): StartOutcome {
    const { name } = config;
    const { era } = this;
    if (era === "today" && flags.has("discovery")) {
      return outcome(name, "refused", [
        "--discovery was the v2 way and is gone; give --discovery-token and --discovery-endpoints",
      ]);
    }
    if (era === "today" && flags.get("discovery-fallback") === "proxy") {
      return outcome(name, "refused", [
        'unknown value "proxy" for --discovery-fallback; only "exit" is left',
      ]);
    }
    const token = era === "v2"
      ? (flags.get("discovery") ?? "").split("/").at(-1)!
      : flags.get("discovery-token") ?? "";
    const registry = this.#registries.get(token);
    if (!registry) return outcome(name, "refused", ["discovery: size key not found"]);
    const id = memberIdFor(config.advertisePeerUrls, token);
    if (registry.entries.some((entry) => entry.id === id)) {
      return outcome(name, "refused", ["discovery: found duplicate id"]);
    }
    if (registry.entries.length >= registry.size) {
      if (era === "v2" && flags.get("discovery-fallback") !== "exit") {
        return outcome(name, "proxy", ["discovery cluster full, falling back to proxy"]);
      }
      return outcome(name, "full", ["discovery: cluster is full"]);
    }
    registry.entries.push({
      id,
      text: config.advertisePeerUrls.map((url) => `${name}=${url}`).join(","),
    });
    const initialCluster = registry.entries.map(({ text }) => text).join(",");
    const missing = registry.size - registry.entries.length;
    this.#waiting.set(token, [...this.#waiting.get(token) ?? [], config]);
    if (missing > 0) {
      const says = `found ${registry.entries.length} peer(s), waiting for ${missing} more`;
      return outcome(name, "registered", [says], { memberCount: registry.size });
    }
    // The last one was waited for: all of them know the list now and start with it.
    const starts = this.#waiting.get(token)!.map((one) =>
      this.#join({ ...one, initialCluster, initialClusterToken: token }, outcome)
    );
    return starts.at(-1)!;
  }

  readonly #waiting = new Map<string, readonly MemberConfig[]>();

  #initialFromDns(config: MemberConfig, domain: string): MemberConfig | string {
    const service = `_etcd-server._tcp.${domain}`;
    const targets = this.#srv.get(service) ?? [];
    if (targets.length === 0) return `error querying DNS SRV records for ${service}: no such host`;
    const own = (url: string) => config.advertisePeerUrls.includes(url);
    if (!targets.some((target) => own(`http://${target}`))) {
      return `cannot find local etcd member "${config.name}" in SRV records`;
    }
    // Other members' names are not in the zone: etcd numbers them.
    const initialCluster = targets.map((target, place) => {
      const url = `http://${target}`;
      return `${own(url) ? config.name : place}=${url}`;
    }).join(",");
    return { ...config, initialCluster };
  }

  #countsOf(machine: Machine): Pick<StartOutcome, "clusterId" | "runningCount" | "memberCount"> {
    const { clusterId, memberIds } = machine;
    const running = [...this.#machines.values()].filter((one) =>
      one.runs && one.clusterId === clusterId && memberIds.includes(one.id)
    );
    return { clusterId, runningCount: running.length, memberCount: memberIds.length };
  }
}

type Outcome = (
  name: string,
  result: StartResult,
  says: readonly string[],
  more?: Partial<StartOutcome>,
) => StartOutcome;

function takeDiscoveryFlags(
  argv: readonly string[],
): { readonly plain: readonly string[]; readonly discovery: ReadonlyMap<DiscoveryFlag, string> } {
  const plain: string[] = [];
  const discovery = new Map<DiscoveryFlag, string>();
  for (let at = 0; at < argv.length; at++) {
    const [, name, value] = /^--?([a-z-]+)(?:=(.*))?$/.exec(argv[at]!) ?? [];
    const flag = DISCOVERY_FLAGS.find((one) => one === name);
    if (flag === undefined) plain.push(argv[at]!);
    else discovery.set(flag, value ?? argv[++at] ?? "");
  }
  return { plain, discovery };
}

function nameIn(argv: readonly string[]): string {
  const at = argv.findIndex((word) => /^--?name$/.test(word));
  return at < 0 ? "default" : argv[at + 1] ?? "default";
}
