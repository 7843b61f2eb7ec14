// The command line: etcd's grammar, defaults and wording.

import assert from "node:assert/strict";
import { FLAGS, helpText } from "../../../core/etcd/flag_table.ts";
import { type MemberConfig, parseCommandLine } from "../../../core/etcd/flags.ts";
import { readInitialCluster } from "../../../core/etcd/initial_cluster.ts";

const TUTORIAL = "infra1=http://127.0.0.1:12380,infra2=http://127.0.0.1:22380,infra3=http://127.0.0.1:32380";

const NO_TLS = {
  certFile: "",
  keyFile: "",
  trustedCaFile: "",
  clientCertAuth: false,
  allowedCommonName: "",
};

Deno.test("without flags a member has etcd's defaults", () => {
  const { listenPeerUrls, listenClientUrls, ...rest } = config([]);

  assert.deepEqual(listenPeerUrls.map(({ url }) => url), ["http://localhost:2380"]);
  assert.deepEqual(listenClientUrls, [{
    url: "http://localhost:2379",
    scheme: "http",
    host: "localhost",
    port: 2379,
  }]);
  assert.deepEqual(rest, {
    kind: "config",
    name: "default",
    dataDir: "default.etcd",
    walDir: "",
    clientTls: { prefix: "", ...NO_TLS },
    peerTls: { prefix: "peer-", ...NO_TLS },
    advertisePeerUrls: ["http://localhost:2380"],
    advertiseClientUrls: ["http://localhost:2379"],
    initialCluster: "default=http://localhost:2380",
    initialClusterToken: "etcd-cluster",
    initialClusterState: "new",
    heartbeatMs: 100,
    electionMs: 1000,
    snapshotCount: 100_000,
    maxTxnOps: 128,
    maxRequestBytes: 1_572_864,
    maxConcurrentStreams: 4_294_967_295,
    quotaBackendBytes: 2_147_483_648,
    autoCompaction: { kind: "off" },
    jsonGateway: true,
    corsOrigins: ["*"],
    traceServed: false,
    listenMetricsUrls: [],
    bcryptCost: 10,
    tokenTtlSeconds: 300,
    strictReconfigCheck: true,
    preVote: true,
    logLevel: "info",
    start: {
      discovery: null,
      dns: null,
      proxyMode: "off",
      proxyTiming: {
        failureWaitMs: 5000,
        refreshIntervalMs: 30_000,
        dialTimeoutMs: 1000,
        writeTimeoutMs: 5000,
        readTimeoutMs: 0,
      },
      logger: "capnslog",
      logOutputs: ["stderr"],
      forceNewCluster: false,
    },
    initialFlagsGiven: [],
    warnings: [],
  });
});

Deno.test("one dash or two, '=' or blank, bare booleans, the last of several: Go's grammar", () => {
  const read = config([
    ...["-name", "a", "--name=b", "--heartbeat-interval=50", "-election-timeout", "500"],
    ...["--pre-vote=F", "-strict-reconfig-check=false", "--debug", "--data-dir", "-odd"],
  ]);

  assert.equal(read.name, "b");
  assert.equal(read.heartbeatMs, 50);
  assert.equal(read.electionMs, 500);
  assert.equal(read.preVote, false);
  assert.equal(read.strictReconfigCheck, false);
  assert.equal(read.logLevel, "debug");
  assert.equal(read.dataDir, "-odd");
});

Deno.test("the environment fills in, the command line wins and says so, strange variables are named", () => {
  const env = new Map([
    ["ETCD_NAME", "from-env"],
    ["ETCD_SNAPSHOT_COUNT", "7"],
    ["ETCD_WAL_DIR", ""],
    ["ETCD_BOGUS", "x"],
    ["ETCDCTL_API", "3"],
    ["PATH", "/bin"],
  ]);

  const read = config(["--name", "from-flag"], env);

  assert.equal(read.name, "from-flag");
  assert.equal(read.snapshotCount, 7);
  assert.deepEqual(read.warnings, [
    "environment variable ETCD_NAME is shadowed by --name",
    "unrecognized environment variable ETCD_BOGUS",
  ]);
});

Deno.test("the command lines of etcd's own end-to-end suite are taken, TLS between clients aside", () => {
  const read = config([
    ...["--name", "testname0", "--listen-client-urls", "http://localhost:20000"],
    ...["--advertise-client-urls", "http://localhost:20000", "--listen-peer-urls", "https://localhost:20001"],
    ...["--initial-advertise-peer-urls", "https://localhost:20001", "--initial-cluster-token", "new"],
    ...["--data-dir", "/tmp/d", "--snapshot-count", "100000", "--experimental-initial-corrupt-check"],
    ...["--peer-auto-tls", "--initial-cluster", "testname0=https://localhost:20001", "--enable-v2"],
    ...[
      "--quota-backend-bytes",
      "53248",
      "--max-concurrent-streams",
      "3",
      "--logger",
      "zap",
      "--auto-tls=false",
    ],
  ]);
  const first = readInitialCluster(read);

  assert.ok(first.kind === "initialCluster");
  assert.equal(first.self, "00a8f3458387986d");
  assert.equal(first.clusterId, "34c21a2d427db393");
  assert.deepEqual(read.initialFlagsGiven, [
    "initial-advertise-peer-urls",
    "initial-cluster",
    "initial-cluster-token",
  ]);
  const subjects = read.warnings.map((line) => line.split(" has no effect: ")[0]).sort();
  assert.deepEqual(subjects, [
    "--enable-v2",
    "--experimental-initial-corrupt-check",
    "--peer-auto-tls",
  ]);
});

Deno.test("history is kept for hours, for a time, or for so many revisions, and a quota may be none", () => {
  const compaction = (retention: string, mode = "periodic") =>
    config([`--auto-compaction-retention=${retention}`, `--auto-compaction-mode=${mode}`]).autoCompaction;

  assert.deepEqual(compaction("0"), { kind: "off" });
  assert.deepEqual(compaction("5"), { kind: "periodic", periodMs: 18_000_000 });
  assert.deepEqual(compaction("1h30m"), { kind: "periodic", periodMs: 5_400_000 });
  assert.deepEqual(compaction("1.5s250ms"), { kind: "periodic", periodMs: 1750 });
  assert.deepEqual(compaction("1000", "revision"), { kind: "revision", revisionCount: 1000 });
  assert.deepEqual(
    ["0", "-1", "53248"].map((bytes) => config([`--quota-backend-bytes=${bytes}`]).quotaBackendBytes),
    [
      2_147_483_648,
      -1,
      53_248,
    ],
  );
  assert.deepEqual(config(["--cors", "http://a, http://b"]).corsOrigins, ["http://a", "http://b"]);
});

Deno.test("every mistake gets one line that names the cause and the remedy", () => {
  const cases: [string[], RegExp][] = [
    [["--bogus", "1"], /^flag provided but not defined: -bogus; --help lists the flags$/],
    [["--name"], /^flag needs an argument: -name; write --name=VALUE$/],
    [["start"], /^'start' is not a valid flag; flags begin with "--"/],
    [["---name=x"], /is not a valid flag/],
    [["--name=a,b"], /^invalid value "a,b" for --name: .*choose one/],
    [
      ["--heartbeat-interval", "abc"],
      /^invalid value "abc" for --heartbeat-interval: must be a whole number/,
    ],
    [["--max-request-bytes=-3"], /^invalid value "-3" for --max-request-bytes/],
    [["--snapshot-count=1e3"], /^invalid value "1e3"/],
    [["--auto-compaction-retention=5 days"], /must be hours such as 5, or a time such as 30m/],
    [["--auto-compaction-mode=revision", "--auto-compaction-retention=1h"], /must be a count of revisions/],
    [["--auto-compaction-mode=size"], /must be one of periodic, revision/],
    [["--quota-backend-bytes=2GB"], /must be a whole number of bytes/],
    [["--pre-vote=maybe"], /^invalid value "maybe" for --pre-vote: must be true or false$/],
    [["--log-level", "loud"], /must be one of debug, info/],
    [["--initial-cluster-state", "old"], /must be one of new, existing/],
    [
      ["--election-timeout", "300"],
      /^--election-timeout\[300ms\] should be at least as 5 times as .*set --election-timeout=1000/,
    ],
    [["--election-timeout", "60000"], /is too long, and should be set less than 50000ms/],
    [["--listen-peer-urls", "foo"], /URL scheme must be http, https, unix, or unixs: foo; write it as http:/],
    [["--listen-peer-urls", "http://127.0.0.1"], /does not have the form "host:port": http:\/\/127.0.0.1;/],
    [["--listen-peer-urls", "http://127.0.0.1:"], /does not have the form "host:port"/],
    [["--listen-peer-urls", "http://127.0.0.1:99999"], /port 99999 is beyond 65535/],
    [["--listen-peer-urls", "http://127.0.0.1:1/"], /must not contain a path/],
    [
      ["--listen-peer-urls", "http://example.com:80"],
      /expected IP in URL for binding \(http:\/\/example.com:80\)/,
    ],
    [["--initial-advertise-peer-urls", "http://:2380"], /must be "host:port" \(unexpected empty host/],
    [["--listen-client-urls", "http://127.0.0.1:1"], /^--advertise-client-urls is required when/],
    [
      ["--listen-client-urls=https://127.0.0.1:1", "--advertise-client-urls=https://a:1"],
      /TLS key\/cert \(--cert-file, --key-file\) must be provided for url https:\/\/127.0.0.1:1 with HTTPS/,
    ],
    [["--auto-tls"], /^--auto-tls is not supported: no certificates are made here; make them with openssl/],
    [["--cipher-suites", "x"], /^--cipher-suites is not supported/],
    [
      [
        ...["--cert-file=c", "--key-file=k", "--advertise-client-urls=http://a:1"],
        "--listen-client-urls=https://127.0.0.1:1,http://127.0.0.1:1",
      ],
      /https:\/\/127.0.0.1:1 cannot be served with and without TLS on one port; give one/,
    ],
    [["--auth-token=jwt"], /^invalid value "jwt" for --auth-token: signed tokens \(jwt\) are not served/],
    [["--unsafe-no-fsync"], /^--unsafe-no-fsync is not supported/],
    [
      ["--discovery=http://d"],
      /^invalid value "http:\/\/d" for --discovery: must be the URL of a token; ask/,
    ],
    [
      ["--discovery=http://d/1", "--discovery-srv=example.com"],
      /^multiple discovery or bootstrap flags are set\. Choose one .*leave the others out$/,
    ],
    [["--discovery-fallback=wait"], /must be one of exit, proxy/],
    [["--proxy=yes"], /must be one of off, readonly, on/],
    [["--logger=printf"], /must be one of zap, capnslog/],
    [["--log-outputs=a.log"], /^unknown log-output "a.log" .*--logger=zap writes to files$/],
    [["--logger=zap", "--log-outputs=systemd/journal"], /use stderr, which systemd hands/],
    [["--listen-peer-urls=unixs://a:1"], /unix sockets are not served over TLS/],
  ];

  for (const [argv, expected] of cases) {
    const read = parseCommandLine(argv, new Map());
    assert.ok(read.kind === "errors", argv.join(" "));
    assert.equal(read.errors.length, 1, read.errors.join("\n"));
    assert.match(read.errors[0]!, expected);
    assert.ok(!read.errors[0]!.includes("\n"));
  }
});

Deno.test("several mistakes are all named, and one from the environment is named after its variable", () => {
  const read = parseCommandLine(["--bogus", "1", "--nope"], new Map([["ETCD_HEARTBEAT_INTERVAL", "x"]]));

  assert.ok(read.kind === "errors");
  assert.deepEqual(read.errors.map((error) => error.split(/[:;]/)[0]), [
    "flag provided but not defined",
    "flag provided but not defined",
    'invalid value "x" for ETCD_HEARTBEAT_INTERVAL',
  ]);
});

Deno.test("the tutorial's cluster gets the tutorial's ids", () => {
  const first = readInitialCluster(tutorialMember([]));

  assert.ok(first.kind === "initialCluster");
  assert.equal(first.self, "91bc3c398fb3c146");
  assert.equal(first.clusterId, "ef37ad9dc622a7c4");
  assert.deepEqual(first.members.map(({ id, name }) => [id, name]), [
    ["8211f1d0f64f3269", "infra1"],
    ["91bc3c398fb3c146", "infra2"],
    ["fd422379fda50e48", "infra3"],
  ]);
});

Deno.test("a name alone makes a cluster of that member", () => {
  const first = readInitialCluster(config(["--name", "solo"]));

  assert.ok(first.kind === "initialCluster");
  assert.deepEqual(first.members.map(({ name, peerUrls }) => [name, peerUrls]), [["solo", [
    "http://localhost:2380",
  ]]]);
});

Deno.test("an initial cluster that contradicts the member is refused in etcd's words", () => {
  const cases: [string[], RegExp][] = [
    [
      ["--name", "infra9"],
      /^couldn't find local name "infra9" in the initial cluster configuration; add infra9=/,
    ],
    [
      ["--initial-advertise-peer-urls", "http://127.0.0.1:4"],
      /^--initial-cluster has infra2=http:\/\/127.0.0.1:22380 but missing from --initial-advertise-peer-urls=http:\/\/127.0.0.1:4; make/,
    ],
    [
      ["--initial-advertise-peer-urls", "http://127.0.0.1:22380,http://127.0.0.1:4"],
      /^--initial-advertise-peer-urls has http:\/\/127.0.0.1:4 but missing from --initial-cluster=infra2=/,
    ],
    [["--initial-cluster", TUTORIAL.replace("infra3", "infra2")], /if two members are called infra2/],
    [["--initial-cluster", TUTORIAL.replace("32380", "22380")], /has duplicate url/],
    [["--initial-cluster", "infra2"], /^--initial-cluster: "infra2": URL scheme must be/],
    [["--initial-cluster", TUTORIAL + ",=http://a:1"], /names no member/],
    [
      ["--initial-cluster", TUTORIAL.replace("http://127.0.0.1:3", "https://127.0.0.1:3")],
      /^--initial-cluster: TLS key\/cert \(--peer-cert-file, --peer-key-file\) must be provided/,
    ],
  ];

  for (const [argv, expected] of cases) {
    const first = readInitialCluster(tutorialMember(argv));
    assert.ok(first.kind === "errors", argv.join(" "));
    assert.equal(first.errors.length, 1, first.errors.join("\n"));
    assert.match(first.errors[0]!, expected);
  }
});

Deno.test("localhost and 127.0.0.1 name the same place, and a joining member's URLs are not compared", () => {
  const local = tutorialMember(["--initial-advertise-peer-urls", "http://localhost:22380"]);
  const joining = tutorialMember([
    "--initial-advertise-peer-urls=http://127.0.0.1:4",
    "--initial-cluster-state=existing",
  ]);

  assert.equal(readInitialCluster(local).kind, "initialCluster");
  assert.equal(readInitialCluster(joining).kind, "initialCluster");
});

Deno.test("--help and --version are heard wherever they stand, and help lists every flag once", () => {
  assert.equal(parseCommandLine(["--bogus", "-h"], new Map()).kind, "help");
  assert.equal(parseCommandLine(["--version"], new Map()).kind, "version");
  const help = helpText();
  for (const { name } of FLAGS) {
    assert.equal(help.match(new RegExp(`^ +--${name}[ :]`, "gm"))?.length, 1, name);
  }
});

function config(argv: readonly string[], env: ReadonlyMap<string, string> = new Map()): MemberConfig {
  const read = parseCommandLine(argv, env);
  assert.ok(read.kind === "config", JSON.stringify(read));
  return read;
}

function tutorialMember(argv: readonly string[]): MemberConfig {
  return config([
    ...["--name", "infra2", "--initial-advertise-peer-urls", "http://127.0.0.1:22380"],
    ...["--initial-cluster", TUTORIAL, "--initial-cluster-token", "etcd-cluster-1", ...argv],
  ]);
}
