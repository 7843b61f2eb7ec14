// Every flag of etcd 3.4, one row each, with what becomes of it here. The table is the only list: parsing, defaults,
// environment variables and --help all read it.

export type FlagKind = "text" | "boolean" | "count" | "urls";

export type Standing =
  | { readonly kind: "served" }
  /** Taken and set aside with a warning: leaving it out changes nothing a client could rely on. */
  | { readonly kind: "ignored"; readonly why: string }
  /** Not taken with any value but its default: going on without it would break what the operator counts on. */
  | { readonly kind: "refused"; readonly why: string };

export type FlagGroup =
  | "Member"
  | "Clustering"
  | "Logging"
  | "Security"
  | "Auth"
  | "Monitoring"
  | "Proxy"
  | "Experimental"
  | "Unsafe";

export interface Flag {
  readonly name: string;
  readonly group: FlagGroup;
  readonly kind: FlagKind;
  readonly default: string;
  readonly help: string;
  readonly standing: Standing;
}

type Row = readonly [name: string, kind: FlagKind, byDefault: string, help: string];

const SERVED: Standing = { kind: "served" };
const NO_AUTO_TLS: Standing = {
  kind: "refused",
  why: "no certificates are made here; make them with openssl and name them with --cert-file and --key-file",
};
const NO_CERTIFICATE_CHECK: Standing = {
  kind: "refused",
  why:
    "certificates are checked against --trusted-ca-file alone; trust an authority that signs only those you mean",
};
const NO_BACKEND: Standing = {
  kind: "ignored",
  why: "there is no bbolt backend here; the log is synced in groups",
};
const HTTP2_OWN: Standing = { kind: "ignored", why: "the HTTP/2 library's own setting is used" };

/** Flags in the order in which --help lists them. */
export const FLAGS: readonly Flag[] = [
  ...rows("Member", SERVED, [
    ["name", "text", "default", "Human-readable name for this member; unique in the cluster."],
    [
      "data-dir",
      "text",
      "",
      "Directory of this member's data. Empty: ${name}.etcd in the current directory.",
    ],
    ["wal-dir", "text", "", "Directory of the write-ahead log. Empty: inside the data directory."],
    ["snapshot-count", "count", "100000", "Entries applied between two snapshots."],
    ["heartbeat-interval", "count", "100", "Milliseconds between two heartbeats of a leader."],
    [
      "election-timeout",
      "count",
      "1000",
      "Milliseconds without a leader before an election; at least 5 heartbeats.",
    ],
    [
      "listen-peer-urls",
      "urls",
      "http://localhost:2380",
      "Where to listen for other members; comma-separated.",
    ],
    ["listen-client-urls", "urls", "http://localhost:2379", "Where to listen for clients; comma-separated."],
    ["max-txn-ops", "count", "128", "Operations allowed in one transaction."],
    ["max-request-bytes", "count", "1572864", "Size in bytes of the largest client request that is taken."],
    [
      "max-concurrent-streams",
      "count",
      "4294967295",
      "Streams that one client connection may have open; the JSON gateway counts as one connection.",
    ],
    [
      "quota-backend-bytes",
      "text",
      "0",
      "Size in bytes at which the database raises an alarm. 0: 2 GiB; less than 0: no limit.",
    ],
  ]),
  ...rows("Member", { kind: "ignored", why: "the first election timeout is always waited for" }, [
    ["initial-election-tick-advance", "boolean", "true", "Shorten the first election timeout after a start."],
  ]),
  ...rows("Member", { kind: "ignored", why: "files go as soon as nothing needs them" }, [
    ["max-snapshots", "count", "5", "Snapshot files to keep."],
    ["max-wals", "count", "5", "Log files to keep."],
  ]),
  ...rows("Member", NO_BACKEND, [
    ["backend-batch-interval", "text", "", "Longest time before the backend commits."],
    ["backend-batch-limit", "count", "0", "Most operations before the backend commits."],
  ]),
  ...rows("Member", SERVED, [
    ["enable-grpc-gateway", "boolean", "true", "Serve the JSON gateway."],
  ]),
  ...rows("Member", HTTP2_OWN, [
    ["grpc-keepalive-min-time", "text", "5s", "Shortest time between two pings of a client."],
    ["grpc-keepalive-interval", "text", "2h0m0s", "Time between two pings of the server."],
    ["grpc-keepalive-timeout", "text", "20s", "Time to wait for the answer to a ping."],
  ]),
  ...rows("Member", SERVED, [
    [
      "config-file",
      "text",
      "",
      "Path of a YAML file with these flags' names. The other flags and the variables are then ignored.",
    ],
  ]),
  ...rows("Clustering", SERVED, [
    [
      "initial-advertise-peer-urls",
      "urls",
      "http://localhost:2380",
      "This member's peer URLs as the other members reach them. First start only.",
    ],
    [
      "initial-cluster",
      "text",
      "default=http://localhost:2380",
      "All members of the new cluster, as name=peer-url, comma-separated. First start only.",
    ],
    [
      "initial-cluster-state",
      "text",
      "new",
      "'new' for a new cluster, 'existing' to join one. First start only.",
    ],
    [
      "initial-cluster-token",
      "text",
      "etcd-cluster",
      "Keeps clusters apart: it is part of every id. First start only.",
    ],
    [
      "advertise-client-urls",
      "urls",
      "http://localhost:2379",
      "This member's client URLs as clients reach them.",
    ],
    ["strict-reconfig-check", "boolean", "true", "Refuse membership changes that would cost the quorum."],
    ["pre-vote", "boolean", "true", "Ask before an election whether it could be won (etcd: on since 3.5)."],
  ]),
  ...rows("Clustering", SERVED, [
    ["discovery", "text", "", "URL of a discovery service, token included. First start only."],
    ["discovery-fallback", "text", "proxy", "What to do when all seats are taken: 'proxy' or 'exit'."],
    ["discovery-proxy", "text", "", "HTTP proxy to the discovery service."],
    ["discovery-srv", "text", "", "DNS domain whose SRV records name the members. First start only."],
    ["discovery-srv-name", "text", "", "Suffix of the SRV records' service name."],
  ]),
  ...rows("Clustering", SERVED, [
    [
      "auto-compaction-retention",
      "text",
      "0",
      "History that automatic compaction keeps: '5' hours or '5m', or a count of revisions. 0: no compaction.",
    ],
    ["auto-compaction-mode", "text", "periodic", "What the retention counts: 'periodic' or 'revision'."],
  ]),
  ...rows("Clustering", {
    kind: "ignored",
    why: "of the v2 API, the keys that discovery needs are always served, and nothing else",
  }, [
    ["enable-v2", "boolean", "false", "Serve the v2 API."],
  ]),
  ...rows("Logging", SERVED, [
    ["log-level", "text", "info", "debug, info, warn, error, panic or fatal."],
    ["debug", "boolean", "false", "The same as --log-level=debug."],
  ]),
  ...rows("Logging", SERVED, [
    ["logger", "text", "capnslog", "'zap' for JSON lines, 'capnslog' for text."],
    ["log-outputs", "text", "default", "Where log lines go: stderr, stdout or (zap) files; comma-separated."],
    ["log-output", "text", "default", "Older name of --log-outputs."],
  ]),
  ...rows("Logging", { kind: "ignored", why: "one level holds for all parts: --log-level" }, [
    ["log-package-levels", "text", "", "Log levels by package."],
  ]),
  ...rows("Security", SERVED, [
    ["cert-file", "text", "", "Certificate shown to clients."],
    ["key-file", "text", "", "Key of that certificate."],
    [
      "client-cert-auth",
      "boolean",
      "false",
      "Ask clients for a certificate; with authentication on, its common name is the user.",
    ],
    [
      "trusted-ca-file",
      "text",
      "",
      "Authorities trusted for client certificates; naming it asks clients for one.",
    ],
  ]),
  ...rows("Security", NO_AUTO_TLS, [
    ["auto-tls", "boolean", "false", "Serve clients over TLS with a certificate of our own making."],
  ]),
  ...rows("Security", NO_CERTIFICATE_CHECK, [
    ["client-crl-file", "text", "", "Revoked client certificates."],
    ["client-cert-allowed-hostname", "text", "", "Host name that client certificates must carry."],
    ["peer-cert-allowed-hostname", "text", "", "Host name that peer certificates must carry."],
    ["peer-crl-file", "text", "", "Revoked peer certificates."],
  ]),
  ...rows("Security", { kind: "refused", why: "TLS 1.2 and 1.3 are served with the platform's own suites" }, [
    ["cipher-suites", "text", "", "TLS cipher suites allowed."],
  ]),
  ...rows("Security", SERVED, [
    ["peer-cert-file", "text", "", "Certificate shown to peers."],
    ["peer-key-file", "text", "", "Key of that certificate."],
    ["peer-client-cert-auth", "boolean", "false", "Ask peers for a certificate."],
    ["peer-trusted-ca-file", "text", "", "Authorities trusted for peer certificates."],
    ["peer-cert-allowed-cn", "text", "", "Common name that peer certificates must carry."],
  ]),
  ...rows("Security", { kind: "ignored", why: "the address that a peer dials from is not compared" }, [
    ["experimental-peer-skip-client-san-verification", "boolean", "false", "Do not compare peer addresses."],
  ]),
  ...rows("Security", {
    kind: "ignored",
    why:
      "no certificates are made here: with https:// peer URLs and no --peer-cert-file, peers speak plain HTTP",
  }, [
    ["peer-auto-tls", "boolean", "false", "Speak TLS among peers with certificates of our own making."],
  ]),
  ...rows("Security", SERVED, [
    ["cors", "text", "*", "Origins whose pages may use the HTTP API; comma-separated, '*' for all."],
  ]),
  ...rows("Security", { kind: "ignored", why: "every host name is accepted" }, [
    ["host-whitelist", "text", "*", "Host names that HTTP requests may name."],
  ]),
  ...rows("Auth", SERVED, [
    ["auth-token", "text", "simple", "Kind of authentication token; 'simple' is the only one here."],
    ["bcrypt-cost", "count", "10", "Cost of hashing a password: 4 to 31, each step doubles it."],
    ["auth-token-ttl", "count", "300", "Seconds that a token lives after its last use."],
  ]),
  ...rows("Monitoring", { kind: "ignored", why: "this member keeps no profiles" }, [
    ["enable-pprof", "boolean", "false", "Serve runtime profiles."],
  ]),
  ...rows("Monitoring", { kind: "ignored", why: "there is one level of detail" }, [
    ["metrics", "text", "basic", "Detail of the metrics."],
  ]),
  ...rows("Monitoring", SERVED, [
    ["listen-metrics-urls", "urls", "", "Where to serve metrics and health besides; comma-separated."],
  ]),
  ...rows("Proxy", SERVED, [
    ["proxy", "text", "off", "'on' or 'readonly': no member, but a proxy to the members that are named."],
    ["proxy-failure-wait", "count", "5000", "Milliseconds that a failed endpoint rests."],
    ["proxy-refresh-interval", "count", "30000", "Milliseconds between two looks at the endpoints."],
    ["proxy-dial-timeout", "count", "1000", "Milliseconds to connect."],
    ["proxy-write-timeout", "count", "5000", "Milliseconds to write."],
    ["proxy-read-timeout", "count", "0", "Milliseconds to read."],
  ]),
  ...rows("Experimental", SERVED, [
    [
      "experimental-flotilla-trace",
      "boolean",
      "false",
      "Tell votes, messages, timers and log live on GET /flotilla/trace of the client port; Flotilla's own.",
    ],
  ]),
  ...rows("Experimental", { kind: "ignored", why: "checksums are checked on every start anyway" }, [
    ["experimental-initial-corrupt-check", "boolean", "false", "Compare data with the peers before serving."],
    ["experimental-corrupt-check-time", "text", "0s", "Time between two comparisons with the peers."],
  ]),
  ...rows("Experimental", NO_BACKEND, [
    ["experimental-backend-bbolt-freelist-type", "text", "array", "bbolt's list of free pages."],
    [
      "experimental-compaction-batch-limit",
      "count",
      "1000",
      "Revisions removed in one step of a compaction.",
    ],
  ]),
  ...rows("Experimental", { kind: "ignored", why: "this release keeps no such account" }, [
    ["experimental-enable-lease-checkpoint", "boolean", "false", "Keep the remaining time of leases."],
    ["experimental-enable-lease-checkpoint-persist", "boolean", "false", "Keep it on disk too."],
    ["experimental-watch-progress-notify-interval", "text", "10m0s", "Time between two progress notices."],
    ["experimental-warning-apply-duration", "text", "100ms", "Warn of requests that take longer."],
  ]),
  ...rows("Experimental", { kind: "refused", why: "the v2 API is not served" }, [
    ["experimental-enable-v2v3", "text", "", "Serve v2 requests from the v3 store."],
  ]),
  ...rows("Unsafe", SERVED, [
    ["force-new-cluster", "boolean", "false", "Make a cluster of this member alone, keeping its data."],
  ]),
  ...rows("Unsafe", { kind: "refused", why: "what is acknowledged is always on disk first" }, [
    ["unsafe-no-fsync", "boolean", "false", "Do not wait for the disk."],
  ]),
];

export const FLAGS_BY_NAME: ReadonlyMap<string, Flag> = new Map(FLAGS.map((flag) => [flag.name, flag]));

/** The environment variable that stands for a flag: ETCD_INITIAL_CLUSTER for initial-cluster. */
export function envNameOf(flagName: string): string {
  return "ETCD_" + flagName.toUpperCase().replaceAll("-", "_");
}

/** What --help prints: flags that do something first, by group; the others by name at the end. */
export function helpText(): string {
  const lines = [
    "Usage:",
    "  member [flags]     Start a member. Flags are etcd's: --flag value, --flag=value or -flag.",
    "  member --version   Say which version this is.",
    "  member --help      Print this text.",
    "",
    "Each flag can also be set by an environment variable: ETCD_DATA_DIR for --data-dir. The command line wins.",
  ];
  const served = FLAGS.filter(({ standing }) => standing.kind === "served");
  for (const group of new Set(served.map((flag) => flag.group))) {
    lines.push("", `${group}:`);
    for (const flag of served.filter((flag) => flag.group === group)) {
      lines.push(`  --${flag.name} '${flag.default}'`, `    ${flag.help}`);
    }
  }
  for (const kind of ["ignored", "refused"] as const) {
    lines.push("", kind === "ignored" ? "Accepted, without effect:" : "Refused:");
    for (const { name, standing } of FLAGS) {
      if (standing.kind === kind) lines.push(`  --${name}: ${standing.why}`);
    }
  }
  return lines.join("\n") + "\n";
}

function rows(group: FlagGroup, standing: Standing, list: readonly Row[]): Flag[] {
  return list.map(([name, kind, byDefault, help]) => ({
    name,
    group,
    kind,
    default: byDefault,
    help,
    standing,
  }));
}
