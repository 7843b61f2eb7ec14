// A proxy node: no member, but a door to them on every machine, as the tutorials have it. HTTP requests are passed on
// one by one, gRPC connections byte for byte; who the members are is asked of their peer ports again and again, and
// kept in DATA/proxy/cluster, so that a proxy finds them after a restart, wherever they have moved meanwhile.
// (etcdmain.startProxy)

import type { MemberConfig } from "../../core/etcd/flags.ts";
import type { ClientPort } from "./client_port.ts";
import { EndpointPool } from "./endpoint_pool.ts";
import { askMembers } from "./first_start.ts";
import { createHttpRelay } from "./http_relay.ts";
import type { Log } from "./log.ts";
import { readonlyGrpc } from "./readonly_grpc.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { relayConnection } from "./tcp_relay.ts";

/** While nobody has answered yet, the members are looked for this often. */
const FIRST_LOOK_MS = 1_000;

export interface RunningProxy {
  stop(): Promise<void>;
}

/** What lives in a data directory: a member and a proxy never share one. */
export function dataDirKind(dataDir: string): "empty" | "member" | "proxy" | Refusal {
  const isMember = exists(`${dataDir}/member`), isProxy = exists(`${dataDir}/proxy`);
  if (isMember && isProxy) {
    return refusal(
      `invalid datadir ${dataDir}. Both member and proxy directories exist.`,
      "remove the proxy directory if this is a member, which keeps data; else use another --data-dir",
    );
  }
  return isMember ? "member" : isProxy ? "proxy" : "empty";
}

/** The peer URLs that a proxy of an earlier start has kept; null when there are none. */
export function keptPeerUrls(dataDir: string): readonly string[] | null {
  try {
    const { PeerURLs } = JSON.parse(Deno.readTextFileSync(clusterFile(dataDir))) as { PeerURLs?: unknown };
    return Array.isArray(PeerURLs) && PeerURLs.length > 0 ? PeerURLs.map(String) : null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof SyntaxError) return null;
    throw error;
  }
}

/** Serves the client port, which is taken already, as a proxy of the members at these peer URLs. */
export function startProxy(
  config: MemberConfig,
  firstPeerUrls: readonly string[],
  clientPort: ClientPort,
  log: Log,
): RunningProxy | Refusal {
  const { proxyTiming: timing, proxyMode } = config.start;
  try {
    Deno.mkdirSync(`${config.dataDir}/proxy`, { recursive: true, mode: 0o700 });
  } catch (error) {
    return refusal(
      `cannot use data-dir ${config.dataDir}: ${error instanceof Error ? error.message : String(error)}`,
      "make it a directory that this user can read and write, or choose another --data-dir",
    );
  }
  const pool = new EndpointPool(timing.failureWaitMs);
  const isReadonly = proxyMode === "readonly";
  let peerUrls = firstPeerUrls, timer: ReturnType<typeof setTimeout> | null = null, isStopped = false;
  log.info("etcdmain", `proxy: using peer urls [${peerUrls.join(" ")}]`);

  const look = async (): Promise<void> => {
    const found = await askMembers(peerUrls, null);
    if (isStopped) return;
    // One that has only just been started answers before it knows anybody.
    const members = found?.members ?? [];
    const clientUrls = members.flatMap((member) => member.clientUrls).sort();
    if (members.length > 0) peerUrls = adopt(members.flatMap((member) => member.peerUrls).sort());
    else sayOnce(`proxy: could not retrieve cluster information from [${peerUrls.join(" ")}]`);
    if (clientUrls.length > 0 && pool.all.length === 0) {
      log.info("httpproxy", `endpoints found ${JSON.stringify(clientUrls)}`);
    }
    // Members that cannot be asked just now may serve clients all the same.
    if (clientUrls.length > 0) pool.setUrls(clientUrls);
    const waitMs = pool.all.length === 0 ? FIRST_LOOK_MS : timing.refreshIntervalMs;
    timer = setTimeout(() => void look(), Math.min(waitMs, timing.refreshIntervalMs));
  };
  const adopt = (fresh: readonly string[]): readonly string[] => {
    if (fresh.join() !== [...peerUrls].sort().join()) {
      log.info("etcdmain", `proxy: updated peer urls from [${peerUrls.join(" ")}] to [${fresh.join(" ")}]`);
    }
    keepPeerUrls(config.dataDir, fresh);
    lastTrouble = "";
    return fresh;
  };
  let lastTrouble = "";
  const sayOnce = (trouble: string): void => {
    if (trouble !== lastTrouble) log.warn("etcdmain", trouble);
    lastTrouble = trouble;
  };

  const firstLook = look();
  const readonly = isReadonly ? readonlyGrpc(pool) : null;
  void firstLook.then(() => {
    if (isStopped) return;
    clientPort.serve({
      http: createHttpRelay({ pool, timing, isReadonly, log }),
      http2: (socket) => {
        if (readonly !== null) readonly.serve(socket);
        else void relayConnection(socket, pool, timing.dialTimeoutMs);
      },
    });
    for (const { url } of config.listenClientUrls) {
      log.info("etcdmain", `v2 proxy started listening on client requests on "${url}"`);
    }
  });
  return {
    stop: () => {
      isStopped = true;
      if (timer !== null) clearTimeout(timer);
      readonly?.close();
      return clientPort.close();
    },
  };
}

function keepPeerUrls(dataDir: string, peerUrls: readonly string[]): void {
  const file = clusterFile(dataDir);
  Deno.writeTextFileSync(`${file}.bak`, JSON.stringify({ PeerURLs: peerUrls }), { mode: 0o600 });
  Deno.renameSync(`${file}.bak`, file);
}

function clusterFile(dataDir: string): string {
  return `${dataDir}/proxy/cluster`;
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    // What cannot be looked into may be anything; opening it says what is the matter.
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return false;
    return false;
  }
}
