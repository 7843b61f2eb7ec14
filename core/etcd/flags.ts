// etcd's command line: argv and environment in, a member's configuration out. The grammar is that of Go's flag
// package (one dash or two, "--flag value" or "--flag=value", booleans bare), the defaults and the wording are
// etcd 3.4's, and every complaint is one line that ends with what to do.
//
// What --initial-cluster says is not looked at here: it counts on a member's first start only, so the host asks
// `readInitialCluster` when the disk turns out to be empty.

import { envNameOf, type Flag, FLAGS, FLAGS_BY_NAME, helpText } from "./flag_table.ts";
import { mayBeProxy, readStartFlags, type StartFlags } from "./start_flags.ts";
import { MEMBER_DEFAULTS } from "../member/options.ts";
import { readAutoCompaction } from "./auto_compaction_flags.ts";
import type { AutoCompaction } from "../member/auto_compactor.ts";
import { checkTlsUrls, readTlsFlags, type TlsFlags } from "./tls_flags.ts";
import { type Endpoint, isBindable, parseUrls } from "./urls.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "panic" | "fatal";
const LOG_LEVELS: readonly string[] = [
  "debug",
  "info",
  "warn",
  "error",
  "panic",
  "fatal",
] satisfies LogLevel[];

/** Longest election timeout that etcd takes. */
const ELECTION_MS_MAX = 50_000;

const BCRYPT_COST_MIN = 4;
const BCRYPT_COST_MAX = 31;
const BCRYPT_COST_DEFAULT = 10;

export interface MemberConfig {
  readonly kind: "config";
  readonly name: string;
  readonly dataDir: string;
  /** Empty: inside `dataDir`. */
  readonly walDir: string;
  readonly listenPeerUrls: readonly Endpoint[];
  readonly listenClientUrls: readonly Endpoint[];
  readonly clientTls: TlsFlags;
  readonly peerTls: TlsFlags;
  readonly advertisePeerUrls: readonly string[];
  readonly advertiseClientUrls: readonly string[];
  /** As written; see `readInitialCluster`. */
  readonly initialCluster: string;
  readonly initialClusterToken: string;
  readonly initialClusterState: "new" | "existing";
  readonly heartbeatMs: number;
  /** At least five times `heartbeatMs`. */
  readonly electionMs: number;
  readonly snapshotCount: number;
  readonly maxTxnOps: number;
  readonly maxRequestBytes: number;
  /** Streams that one connection may have open at once. */
  readonly maxConcurrentStreams: number;
  /** Less than 0: no limit. */
  readonly quotaBackendBytes: number;
  readonly autoCompaction: AutoCompaction;
  readonly jsonGateway: boolean;
  /** Origins whose pages may use the HTTP API; "*" for all. */
  readonly corsOrigins: readonly string[];
  /** Whether this member may be watched live at /flotilla/trace. */
  readonly traceServed: boolean;
  readonly listenMetricsUrls: readonly Endpoint[];
  /** 4 to 31. */
  readonly bcryptCost: number;
  readonly tokenTtlSeconds: number;
  readonly strictReconfigCheck: boolean;
  readonly preVote: boolean;
  readonly logLevel: LogLevel;
  readonly start: StartFlags;
  /** The initial-* flags that were given, for a restart to say that it does not look at them. */
  readonly initialFlagsGiven: readonly string[];
  /** Lines for the log: flags without effect, variables that were shadowed or not understood. */
  readonly warnings: readonly string[];
}

export type CommandLine =
  | MemberConfig
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  /** One line each, cause first, then the remedy. */
  | { readonly kind: "errors"; readonly errors: readonly string[] };

/**
 * @param argv the arguments without the program's name.
 * @param env the environment; variables whose name does not begin with ETCD_ are not looked at.
 */
export function parseCommandLine(argv: readonly string[], env: ReadonlyMap<string, string>): CommandLine {
  const given = readArguments(argv);
  if (given.asked !== null) return given.asked;
  readEnvironment(env, given);
  return judge(given);
}

/** The file that --config-file or ETCD_CONFIG_FILE names; "" for none. */
export function configFileOf(argv: readonly string[], env: ReadonlyMap<string, string>): string {
  const { asked, values } = readArguments(argv);
  if (asked !== null) return "";
  return values.get("config-file")?.text ?? env.get(envNameOf("config-file")) ?? "";
}

/**
 * The configuration that a file holds. As in etcd it stands alone: command line and environment are not looked at.
 * @param values by the flags' names; a name that is none is said and passed over.
 */
export function parseConfigValues(path: string, values: ReadonlyMap<string, string>): CommandLine {
  const given: Given = { values: new Map(), errors: [], warnings: [], asked: null };
  given.warnings.push(
    `loaded server configuration from "${path}"; other flags and environment variables are ignored`,
  );
  for (const [name, text] of values) {
    if (FLAGS_BY_NAME.has(name)) given.values.set(name, { text, source: `${name} in ${path}` });
    else given.warnings.push(`${name} in ${path} is not the name of a flag`);
  }
  return judge(given);
}

function judge(given: Given): CommandLine {
  const { errors, warnings, values } = given;
  for (const [name, { source }] of values) judgeStanding(FLAGS_BY_NAME.get(name)!, source, given);
  const config = buildConfig(new Reader(given), warnings);
  return errors.length > 0 ? { kind: "errors", errors } : config;
}

interface Value {
  readonly text: string;
  /** "--name" or "ETCD_NAME": how a complaint names it. */
  readonly source: string;
}

interface Given {
  readonly values: Map<string, Value>;
  readonly errors: string[];
  readonly warnings: string[];
  asked: { readonly kind: "help"; readonly text: string } | { readonly kind: "version" } | null;
}

function readArguments(argv: readonly string[]): Given {
  const given: Given = { values: new Map(), errors: [], warnings: [], asked: null };
  for (let at = 0; at < argv.length; at++) {
    const argument = argv[at]!;
    const parts = /^--?([^-=][^=]*)(?:=(.*))?$/s.exec(argument);
    if (parts === null) {
      given.errors.push(`'${argument}' is not a valid flag; flags begin with "--", see --help`);
      continue;
    }
    const name = parts[1]!;
    let text = parts[2];
    if (name === "help" || name === "h") {
      given.asked = { kind: "help", text: helpText() };
    } else if (name === "version" && text !== "false") {
      given.asked ??= { kind: "version" };
    } else {
      const flag = FLAGS_BY_NAME.get(name);
      const next = argv[at + 1];
      if (text === undefined && flag?.kind === "boolean") text = "true";
      // An unknown flag's value would only be a second complaint about the same mistake.
      if (text === undefined && next !== undefined && (flag !== undefined || !next.startsWith("-"))) {
        text = next;
        at += 1;
      }
      if (flag === undefined) {
        given.errors.push(`flag provided but not defined: -${name}; --help lists the flags`);
      } else if (text === undefined) {
        given.errors.push(`flag needs an argument: -${name}; write --${name}=VALUE`);
      } else given.values.set(name, { text, source: `--${name}` });
    }
  }
  return given;
}

function readEnvironment(env: ReadonlyMap<string, string>, { values, warnings }: Given): void {
  const nameOf = new Map(FLAGS.map(({ name }) => [envNameOf(name), name]));
  for (const [variable, text] of env) {
    const name = nameOf.get(variable);
    if (name === undefined) {
      if (variable.startsWith("ETCD_")) warnings.push(`unrecognized environment variable ${variable}`);
    } else if (text !== "") {
      const shadow = values.get(name);
      if (shadow === undefined) values.set(name, { text, source: variable });
      else if (shadow.text !== text) {
        warnings.push(`environment variable ${variable} is shadowed by ${shadow.source}`);
      }
    }
  }
}

function judgeStanding(flag: Flag, source: string, { values, errors, warnings }: Given): void {
  const { standing } = flag;
  if (standing.kind === "served") return;
  const value = values.get(flag.name)!.text;
  const isDefault = flag.kind === "boolean"
    ? parseBoolean(value) === (flag.default === "true")
    : value === flag.default;
  if (isDefault) return;
  if (standing.kind === "refused") errors.push(`${source} is not supported: ${standing.why}`);
  else warnings.push(`${source} has no effect: ${standing.why}`);
}

/** Reads values by kind. After a complaint it goes on with the default, so that one run names every mistake. */
export interface FlagReader {
  isGiven(name: string): boolean;
  fail(error: string): void;
  text(name: string): string;
  choice(name: string, choices: readonly string[]): string;
  boolean(name: string): boolean;
  count(name: string, min: number): number;
  /** Complains of the flag's value, and says why it will not do. */
  invalid(name: string, why: string): void;
}

class Reader implements FlagReader {
  readonly #given: Given;

  constructor(given: Given) {
    this.#given = given;
  }

  isGiven(name: string): boolean {
    return this.#given.values.has(name);
  }

  fail(error: string): void {
    this.#given.errors.push(error);
  }

  text(name: string): string {
    return this.#given.values.get(name)?.text ?? FLAGS_BY_NAME.get(name)!.default;
  }

  choice(name: string, choices: readonly string[]): string {
    const text = this.text(name);
    if (choices.includes(text)) return text;
    this.invalid(name, `must be one of ${choices.join(", ")}`);
    return FLAGS_BY_NAME.get(name)!.default;
  }

  boolean(name: string): boolean {
    const value = parseBoolean(this.text(name));
    if (value === null) this.invalid(name, "must be true or false");
    return value ?? false;
  }

  count(name: string, min: number): number {
    const text = this.text(name);
    const value = Number(text);
    if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value >= min) return value;
    this.invalid(name, `must be a whole number of at least ${min}`);
    return Number(FLAGS_BY_NAME.get(name)!.default);
  }

  urls(name: string): readonly Endpoint[] {
    const urls = parseUrls(this.text(name));
    if (!("why" in urls)) return urls;
    this.invalid(name, `${urls.why}; write it as http://127.0.0.1:2379`);
    return [];
  }

  invalid(name: string, why: string): void {
    const { text, source } = this.#given.values.get(name) ?? { text: this.text(name), source: `--${name}` };
    this.fail(`invalid value "${text}" for ${source}: ${why}`);
  }
}

function buildConfig(reader: Reader, warnings: readonly string[]): MemberConfig {
  const name = reader.text("name");
  if (name === "" || /[,=]/.test(name)) {
    reader.fail(
      `invalid value "${name}" for --name: must be a name without "," or "="; choose one such as infra1`,
    );
  }
  const advertisePeerUrls = advertisedUrls(reader, "initial-advertise-peer-urls");
  const byDefault = reader.text("initial-cluster") === FLAGS_BY_NAME.get("initial-cluster")!.default;
  const mustAdvertise = reader.isGiven("listen-client-urls") && !mayBeProxy(reader);
  if (mustAdvertise && !reader.isGiven("advertise-client-urls")) {
    reader.fail(
      "--advertise-client-urls is required when --listen-client-urls is set explicitly; say where clients reach " +
        "this member",
    );
  }
  const clientTls = readTlsFlags(reader, ""), peerTls = readTlsFlags(reader, "peer-");
  const listenClientUrls = listenUrls(reader, "listen-client-urls");
  const listenPeerUrls = listenUrls(reader, "listen-peer-urls");
  checkTlsUrls(reader, { endpoints: listenClientUrls, flag: "listen-client-urls", tls: clientTls });
  // etcd's own tests give a member alone https:// peer URLs and --peer-auto-tls; nobody ever comes there.
  if (!reader.boolean("peer-auto-tls")) {
    checkTlsUrls(reader, { endpoints: listenPeerUrls, flag: "listen-peer-urls", tls: peerTls });
  }
  return {
    kind: "config",
    name,
    dataDir: reader.text("data-dir") || `${name}.etcd`,
    walDir: reader.text("wal-dir"),
    listenPeerUrls,
    listenClientUrls,
    clientTls,
    peerTls,
    advertisePeerUrls,
    advertiseClientUrls: advertisedUrls(reader, "advertise-client-urls"),
    // `etcd --name infra1` alone is a cluster of infra1.
    initialCluster: byDefault && name !== "default"
      ? advertisePeerUrls.map((url) => `${name}=${url}`).join(",")
      : reader.text("initial-cluster"),
    initialClusterToken: reader.text("initial-cluster-token"),
    initialClusterState: reader.choice("initial-cluster-state", ["new", "existing"]) as "new" | "existing",
    ...timing(reader),
    snapshotCount: reader.count("snapshot-count", 1),
    maxTxnOps: reader.count("max-txn-ops", 1),
    maxRequestBytes: reader.count("max-request-bytes", 1),
    maxConcurrentStreams: reader.count("max-concurrent-streams", 1),
    quotaBackendBytes: quotaBytes(reader),
    autoCompaction: readAutoCompaction(reader),
    jsonGateway: reader.boolean("enable-grpc-gateway"),
    corsOrigins: reader.text("cors").split(",").map((origin) => origin.trim()).filter((origin) =>
      origin !== ""
    ),
    traceServed: reader.boolean("experimental-flotilla-trace"),
    listenMetricsUrls: reader.text("listen-metrics-urls") === ""
      ? []
      : listenUrls(reader, "listen-metrics-urls"),
    ...authentication(reader),
    strictReconfigCheck: reader.boolean("strict-reconfig-check"),
    preVote: reader.boolean("pre-vote"),
    logLevel: reader.boolean("debug") ? "debug" : reader.choice("log-level", LOG_LEVELS) as LogLevel,
    start: readStartFlags(reader),
    initialFlagsGiven: FLAGS.map((flag) => flag.name).filter((flag) =>
      flag.startsWith("initial-") && reader.isGiven(flag)
    ),
    warnings,
  };
}

function timing(reader: Reader): Pick<MemberConfig, "heartbeatMs" | "electionMs"> {
  const heartbeatMs = reader.count("heartbeat-interval", 1);
  const electionMs = reader.count("election-timeout", 1);
  if (5 * heartbeatMs > electionMs) {
    reader.fail(
      `--election-timeout[${electionMs}ms] should be at least as 5 times as --heartbeat-interval[${heartbeatMs}ms]; ` +
        `set --election-timeout=${Math.min(10 * heartbeatMs, ELECTION_MS_MAX)} or a shorter heartbeat`,
    );
  }
  if (electionMs > ELECTION_MS_MAX) {
    reader.fail(
      `--election-timeout[${electionMs}ms] is too long, and should be set less than ${ELECTION_MS_MAX}ms; ` +
        "1000 suits most networks",
    );
  }
  return { heartbeatMs, electionMs };
}

function authentication(reader: Reader): Pick<MemberConfig, "bcryptCost" | "tokenTtlSeconds"> {
  if (reader.text("auth-token") !== "simple") {
    reader.invalid("auth-token", "signed tokens (jwt) are not served; leave it out or use simple");
  }
  const cost = reader.count("bcrypt-cost", 0);
  const isCost = cost >= BCRYPT_COST_MIN && cost <= BCRYPT_COST_MAX;
  return {
    // etcd takes its default, too, where the cost is none.
    bcryptCost: isCost ? cost : BCRYPT_COST_DEFAULT,
    tokenTtlSeconds: reader.count("auth-token-ttl", 1),
  };
}

/** etcd takes 0 for its default, and anything below for no limit. */
function quotaBytes(reader: Reader): number {
  const text = reader.text("quota-backend-bytes");
  const bytes = Number(text);
  if (/^-?\d+$/.test(text) && Number.isSafeInteger(bytes)) {
    return bytes === 0 ? MEMBER_DEFAULTS.quotaBackendBytes : bytes;
  }
  reader.invalid("quota-backend-bytes", "must be a whole number of bytes");
  return MEMBER_DEFAULTS.quotaBackendBytes;
}

function listenUrls(reader: Reader, name: string): readonly Endpoint[] {
  const endpoints = reader.urls(name);
  for (const endpoint of endpoints) {
    if (!isBindable(endpoint)) {
      reader.fail(
        `--${name}: expected IP in URL for binding (${endpoint.url}); give this machine's address, localhost, or ` +
          "0.0.0.0 for all of them",
      );
    }
    if (endpoint.scheme === "unixs") {
      reader.fail(`--${name}: unix sockets are not served over TLS (${endpoint.url}); use unix://`);
    }
  }
  return endpoints;
}

function advertisedUrls(reader: Reader, name: string): readonly string[] {
  const endpoints = reader.urls(name);
  for (const { host, url } of endpoints) {
    if (host === "") {
      reader.fail(
        `--${name} "${url}" must be "host:port" (unexpected empty host (${url})); name a host that others reach`,
      );
    }
  }
  return endpoints.map(({ url }) => url);
}

/** Go's strconv.ParseBool. */
function parseBoolean(text: string): boolean | null {
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  return null;
}
