// The flags that say how a member finds its cluster, where its log lines go, and what it becomes when it finds no
// seat: discovery, DNS, proxy mode, logging, the last resort. Read into one value, so that the member's own
// configuration stays the member's. (etcdmain/config.go: configProxy; embed.Config)

import type { FlagReader } from "./flags.ts";

/** How proxies deal with endpoints, in milliseconds. */
export interface ProxyTiming {
  /** A failed endpoint rests this long before it is tried again. */
  readonly failureWaitMs: number;
  /** Between two looks at who the members are. */
  readonly refreshIntervalMs: number;
  readonly dialTimeoutMs: number;
  /** 0: without limit, as for the next one. */
  readonly writeTimeoutMs: number;
  readonly readTimeoutMs: number;
}

export interface StartFlags {
  /** Ask a discovery service for the other members; null: not. */
  readonly discovery: {
    /** The service's URL and the token in one: it is also the cluster's token, and so part of every id. */
    readonly url: string;
    /** An HTTP proxy on the way there; "" for none. */
    readonly proxy: string;
    /** What one does that comes when all seats are taken. */
    readonly fallback: "proxy" | "exit";
  } | null;
  /** Ask DNS for the other members; null: not. */
  readonly dns: {
    readonly domain: string;
    /** Follows "etcd-server-" in the records' names; "" for none. */
    readonly serviceName: string;
  } | null;
  /** Not a member but a proxy to one. A readonly one passes no writes on. */
  readonly proxyMode: "off" | "on" | "readonly";
  readonly proxyTiming: ProxyTiming;
  /** zap writes JSON lines, capnslog plain text. */
  readonly logger: "zap" | "capnslog";
  /** "stderr", "stdout" or paths of files, at least one. */
  readonly logOutputs: readonly string[];
  /** The log's members are given up, this one excepted. */
  readonly forceNewCluster: boolean;
}

/** etcd's words for flags that contradict each other. (embed.ErrConflictBootstrapFlags) */
const CONFLICT =
  'multiple discovery or bootstrap flags are set. Choose one of "initial-cluster", "discovery", or "discovery-srv"';

export function readStartFlags(reader: FlagReader): StartFlags {
  const url = reader.text("discovery"), domain = reader.text("discovery-srv");
  const waysGiven = [url !== "", domain !== "", reader.isGiven("initial-cluster")];
  if (waysGiven.filter((given) => given).length > 1) {
    reader.fail(`${CONFLICT}; leave the others out`);
  }
  if (url !== "" && !/^https?:\/\/[^/]+\/./.test(url)) {
    reader.fail(
      `invalid value "${url}" for --discovery: must be the URL of a token; ask the service for one, as in ` +
        "curl http://127.0.0.1:8087/new?size=3",
    );
  }
  const fallback = reader.choice("discovery-fallback", ["exit", "proxy"]) as "exit" | "proxy";
  return {
    discovery: url === "" ? null : { url, proxy: reader.text("discovery-proxy"), fallback },
    dns: domain === "" ? null : { domain, serviceName: reader.text("discovery-srv-name") },
    proxyMode: reader.choice("proxy", ["off", "readonly", "on"]) as StartFlags["proxyMode"],
    proxyTiming: {
      failureWaitMs: reader.count("proxy-failure-wait", 0),
      refreshIntervalMs: reader.count("proxy-refresh-interval", 1),
      dialTimeoutMs: reader.count("proxy-dial-timeout", 1),
      writeTimeoutMs: reader.count("proxy-write-timeout", 0),
      readTimeoutMs: reader.count("proxy-read-timeout", 0),
    },
    logger: reader.choice("logger", ["zap", "capnslog"]) as StartFlags["logger"],
    logOutputs: readLogOutputs(reader),
    forceNewCluster: reader.boolean("force-new-cluster"),
  };
}

/** True when this start may end as a proxy, which advertises nothing. (etcdmain: mayBeProxy) */
export function mayBeProxy(reader: FlagReader): boolean {
  return reader.text("proxy") !== "off" ||
    (reader.text("discovery") !== "" && reader.text("discovery-fallback") === "proxy");
}

/** (embed/config_logging.go) */
function readLogOutputs(reader: FlagReader): readonly string[] {
  const flag = reader.isGiven("log-outputs") ? "log-outputs" : "log-output";
  const outputs = [...new Set(reader.text(flag).split(",").map((output) => output.trim()))];
  if (reader.isGiven("log-outputs") && reader.isGiven("log-output")) {
    reader.fail("both '--log-output' and '--log-outputs' are set; only set '--log-outputs'");
  }
  if (outputs.includes("")) {
    reader.fail(`invalid value "${reader.text(flag)}" for --${flag}: name stderr, stdout or a file`);
  }
  if (outputs.includes("systemd/journal")) {
    reader.fail(
      `--${flag}: the journal's socket is not written to; use stderr, which systemd hands to the journal`,
    );
  }
  if (outputs.length > 1 && outputs.includes("default")) {
    reader.fail(`--${flag}: multi logoutput for "default" is not supported yet; write stderr for it`);
  }
  if (reader.text("logger") === "capnslog") {
    if (outputs.length > 1) {
      reader.fail(
        `--logger=capnslog supports only 1 value in '--${flag}', got "${
          reader.text(flag)
        }"; use --logger=zap`,
      );
    } else if (!["default", "stderr", "stdout"].includes(outputs[0]!)) {
      reader.fail(
        `unknown log-output "${
          outputs[0]
        }" (only supports "default", "stderr", "stdout"); --logger=zap writes to files`,
      );
    }
  }
  return outputs.map((output) => output === "default" ? "stderr" : output);
}
