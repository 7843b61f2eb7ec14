// One member as a process: takes its ports, its disk and its peers, recovers the member from them, and keeps it going
// until it is told to stop. Everything that can be wrong is found before the first byte is written.

import { setImmediate } from "node:timers";
import { holdsEtcdData } from "../../core/backend/mod.ts";
import { shortId } from "../../core/base/ids.ts";
import type { MemberConfig } from "../../core/etcd/flags.ts";
import { readInitialCluster } from "../../core/etcd/initial_cluster.ts";
import { type EventMachine, MemberDriver, type StopReason } from "../../core/member/driver.ts";
import { forceNewCluster } from "../../core/member/force_new_cluster.ts";
import type { Input, MemberInfo, Output } from "../../core/member/io.ts";
import { Member } from "../../core/member/member.ts";
import { MEMBER_DEFAULTS, type MemberOptions } from "../../core/member/options.ts";
import type { MemberView } from "../../core/member/view.ts";
import type { DiskImage } from "../../core/base/disk.ts";
import type { WalIdentity } from "../../core/wal/segment.ts";
import { ApiHost } from "./api_host.ts";
import { ClientPort } from "./client_port.ts";
import { type DiskPlaces, type FileDisk, mayHoldLog, openFileDisk } from "./file_disk.ts";
import { findCluster, findMembersToServe, mustFindCluster } from "./find_cluster.ts";
import { type FirstStart, firstStart } from "./first_start.ts";
import { etcdGrpcMethods, etcdGrpcStreams, inTheNameOfCertificate } from "./grpc_methods.ts";
import { grpcHandler } from "./grpc_server.ts";
import { GrpcTally } from "./grpc_tally.ts";
import { ServerConnection } from "./http2/server_connection.ts";
import { createHttpFront, createMetricsFront, type WatchPages } from "./http_front.ts";
import { importEtcdData, settleImport } from "./import_etcd.ts";
import { JsonGateway } from "./json_gateway.ts";
import type { ListenAddress } from "./listen.ts";
import type { Log } from "./log.ts";
import { logIdentity } from "./log_identity.ts";
import { metricsText } from "./metrics_text.ts";
import { PeerHttp } from "./peer_http.ts";
import { dataDirKind, keptPeerUrls, startProxy } from "./proxy_mode.ts";
import { type Refusal, refusal } from "./refusal.ts";
import { notifySystemd } from "./systemd_notify.ts";
import { commonNameOf, readTls, type TlsSides } from "./tls_files.ts";
import { V2Http } from "./v2_http.ts";
import { V2Store } from "./v2_store.ts";
import { TraceStream } from "./trace_stream.ts";
import { ETCD_CLUSTER_VERSION } from "./version.ts";

/** gRPC takes messages this much larger than the largest request: etcd's grpcOverheadBytes. */
const GRPC_OVERHEAD_BYTES = 512 * 1024;
/** etcd waits this long, and two election timeouts, for a request to be answered. */
const REQUEST_MS_MAX = 5_000;
/** How often to look whether the member's own name has arrived in its log. */
const PUBLISH_LOOK_MS = 10;

export interface RunningMember {
  readonly kind: "running";
  /** Resolves when the member is out of work by itself. */
  readonly ended: Promise<StopReason>;
  /** Lets go of ports and files. Safe at any moment: what was acknowledged is on disk. */
  stop(): Promise<void>;
}

/** Starts a member, or the proxy that it is to be instead, or says why not; then nothing is left behind. */
export async function startMember(config: MemberConfig, log: Log): Promise<RunningMember | Refusal> {
  const places: DiskPlaces = { dataDir: config.dataDir, walDir: config.walDir || null };
  const unsettled = settle(config.dataDir);
  if (unsettled) return unsettled;
  const kind = dataDirKind(config.dataDir);
  if (typeof kind === "object") return kind;
  if (kind === "proxy" || (kind === "empty" && config.start.proxyMode !== "off")) {
    return await startAsProxy(config, keptPeerUrls(config.dataDir), log);
  }
  const isFirst = !mayHoldLog(places);
  // The flags of a first start are judged before anything is touched; a restart does not look at them.
  if (isFirst && !mustFindCluster(config)) {
    const initial = readInitialCluster(config);
    if (initial.kind === "errors") return refusalOf(initial.errors);
  }

  const clientTls = readTls(config.clientTls), peerTls = readTls(config.peerTls);
  if (clientTls?.kind === "refused") return clientTls;
  if (peerTls?.kind === "refused") return peerTls;
  const warn = (line: string) => log.warn("embed", line);
  const network = new PeerHttp(peerTls);
  const clientPort = new ClientPort(clientTls, warn), metricsPort = new ClientPort(clientTls, warn);
  let disk: FileDisk | null = null;
  const start = async (): Promise<RunningMember | Seatless | Refusal> => {
    const trouble = await takePorts(config, { network, clientPort, metricsPort });
    if (trouble) return trouble;
    let first = isFirst ? await takeSeat(config, peerTls, log) : null;
    if (first !== null && first.kind !== "identity") return first;
    let opened = openFileDisk(places);
    if (opened.kind === "refused") return opened;
    disk = opened.disk;
    if (holdsEtcdData(opened.image)) {
      const failed = await importEtcdData(places, opened, log);
      if (failed) return failed;
      opened = openFileDisk(places);
      if (opened.kind === "refused") return opened;
      disk = opened.disk;
    }
    const identity = logIdentity(opened.image);
    // A log without a readable beginning: a first start that a crash cut short, or rot. Recovery tells them apart.
    if (identity === null && first === null) {
      first = await takeSeat(config, peerTls, log);
      if (first.kind !== "identity") return first;
    }
    if (identity !== null && config.start.forceNewCluster) {
      const failed = await leaveAlone(config, identity, opened.image, disk, log);
      if (failed) return failed;
      disk.close();
      opened = openFileDisk(places);
      if (opened.kind === "refused") return opened;
      disk = opened.disk;
    }
    const options = memberOptions(config, identity, first);
    const recovery = Member.recover(options, opened.image);
    if (recovery.kind === "refused") {
      return refusal(`data-dir ${config.dataDir}: ${recovery.says}`, recovery.remedy);
    }
    const foreign = identity && foreignTo(config, identity, recovery.member.view());
    if (foreign) return foreign;
    const isRestart = identity !== null;
    const namesUsers = clientTls?.namesUsers ?? false;
    return run({
      ...{ config, log, network, clientPort, metricsPort, namesUsers, disk, options, isRestart },
      ...recovery,
    });
  };
  const started = await start();
  if (started.kind === "running") return started;
  (disk as FileDisk | null)?.close();
  network.close();
  await Promise.all([clientPort.close(), metricsPort.close()]);
  return started.kind === "refused" ? started : await startAsProxy(config, started.peerUrls, log);
}

function settle(dataDir: string): Refusal | null {
  try {
    settleImport(dataDir);
    return null;
  } catch (error) {
    return refusal(
      `cannot use data-dir ${dataDir}: ${(error as Error).message}`,
      "make it a directory that this user can read and write, or choose another --data-dir",
    );
  }
}

/** One that came when all seats were taken. */
interface Seatless {
  readonly kind: "proxy";
  readonly peerUrls: readonly string[];
}

/** Who this member is, on a first start: the others are found, and asked. */
async function takeSeat(
  config: MemberConfig,
  tls: TlsSides | null,
  log: Log,
): Promise<FirstStart | Seatless | Refusal> {
  const found = await findCluster(config, log);
  if (found.kind !== "config") return found;
  const initial = readInitialCluster(found.config);
  if (initial.kind === "errors") return refusalOf(initial.errors);
  return await firstStart(found.config, initial, tls);
}

/** --force-new-cluster: writes what makes this log the log of a cluster of one. */
async function leaveAlone(
  config: MemberConfig,
  identity: WalIdentity,
  image: DiskImage,
  disk: FileDisk,
  log: Log,
): Promise<Refusal | null> {
  const self: MemberInfo = {
    id: identity.memberId,
    name: config.name,
    peerUrls: config.advertisePeerUrls,
    clientUrls: [],
    isLearner: false,
  };
  const forced = forceNewCluster(image, identity, self, MEMBER_DEFAULTS.segmentBytesMax);
  // A log that cannot be read is recovery's to explain.
  if (forced === null || forced.ops.length === 0) return null;
  const failed = await new Promise<string | null>((resolve) => {
    disk.write({ writeId: 0, ops: forced.ops }, () => resolve(null), resolve);
  });
  if (failed !== null) {
    return refusal(`data-dir ${config.dataDir}: ${failed}`, "free space or mend the disk, then start again");
  }
  log.warn(
    "etcdserver",
    `forced a new cluster of this member alone: removed ${
      forced.removed.map(shortId).join(", ") || "nobody"
    }`,
  );
  return null;
}

async function startAsProxy(
  config: MemberConfig,
  known: readonly string[] | null,
  log: Log,
): Promise<RunningMember | Refusal> {
  const peerUrls = known ?? await findMembersToServe(config, log);
  if ("kind" in peerUrls) return peerUrls;
  const clientPort = new ClientPort();
  const trouble = await clientPort.listen(clientAddresses(config));
  const proxy = trouble ?? startProxy(config, peerUrls, clientPort, log);
  if ("kind" in proxy) {
    await clientPort.close();
    return proxy;
  }
  await notifySystemd(log);
  return { kind: "running", ended: new Promise(() => {}), stop: () => proxy.stop() };
}

function refusalOf(errors: readonly string[]): Refusal {
  return refusal(errors.join("; "), "");
}

async function takePorts(
  config: MemberConfig,
  { network, clientPort, metricsPort }: Pick<Parts, "network" | "clientPort" | "metricsPort">,
): Promise<Refusal | null> {
  const peers = config.listenPeerUrls.map((endpoint) => ({ endpoint, flag: "listen-peer-urls" }));
  const metrics = config.listenMetricsUrls.map((endpoint) => ({ endpoint, flag: "listen-metrics-urls" }));
  return await network.listen(peers) ?? await clientPort.listen(clientAddresses(config)) ??
    await metricsPort.listen(metrics);
}

function clientAddresses(config: MemberConfig): ListenAddress[] {
  return config.listenClientUrls.map((endpoint) => ({ endpoint, flag: "listen-client-urls" }));
}

/**
 * A restart does not look at the initial-* flags. But a directory whose member has another name *and* lives at other
 * peer URLs than the ones just given was written by someone else, most likely for another cluster: running it would
 * make that member appear here.
 */
function foreignTo(config: MemberConfig, identity: WalIdentity, view: MemberView): Refusal | null {
  const written = view.members.find((member) => member.id === identity.memberId);
  if (written === undefined || written.name === "" || written.name === config.name) return null;
  if (!config.initialFlagsGiven.includes("initial-advertise-peer-urls")) return null;
  if (written.peerUrls.some((url) => config.advertisePeerUrls.includes(url))) return null;
  return refusal(
    `data-dir ${config.dataDir} was written by member "${written.name}" (${
      shortId(identity.memberId)
    }) of cluster ` +
      `${shortId(identity.clusterId)} at ${written.peerUrls.join(",")}, not by "${config.name}"`,
    "give this member a --data-dir of its own, or start it with that member's flags",
  );
}

function memberOptions(
  config: MemberConfig,
  identity: WalIdentity | null,
  first: FirstStart | null,
): MemberOptions {
  return {
    ...MEMBER_DEFAULTS,
    id: identity?.memberId ?? first!.id,
    clusterId: identity?.clusterId ?? first!.clusterId,
    name: config.name,
    clientUrls: config.advertiseClientUrls,
    bootstrap: first?.bootstrap ?? { kind: "join", members: [] },
    timing: {
      tickMs: config.heartbeatMs,
      heartbeatTicks: 1,
      electionTicks: Math.floor(config.electionMs / config.heartbeatMs),
      requestTimeoutTicks: Math.ceil((REQUEST_MS_MAX + 2 * config.electionMs) / config.heartbeatMs),
    },
    rules: { preVote: config.preVote, checkQuorum: true },
    seed: crypto.getRandomValues(new Uint32Array(1))[0]!,
    startId: Date.now(),
    snapshotCount: config.snapshotCount,
    maxTxnOps: config.maxTxnOps,
    maxRequestBytes: config.maxRequestBytes,
    quotaBackendBytes: config.quotaBackendBytes,
    autoCompaction: config.autoCompaction,
    strictReconfigCheck: config.strictReconfigCheck,
    tokenTtlMs: 1000 * config.tokenTtlSeconds,
    trace: config.logLevel === "debug" || config.traceServed,
  };
}

interface Parts {
  readonly config: MemberConfig;
  readonly log: Log;
  readonly network: PeerHttp;
  readonly clientPort: ClientPort;
  readonly metricsPort: ClientPort;
  /** Whether a client's certificate says which user it is. */
  readonly namesUsers: boolean;
  readonly disk: FileDisk;
  readonly options: MemberOptions;
  readonly isRestart: boolean;
  readonly member: Member;
  readonly outputs: readonly Output[];
}

function run(parts: Parts): RunningMember {
  const { config, log, network, clientPort, metricsPort, disk, options, member } = parts;
  sayWhatWasFound(parts);
  const timers: ReturnType<typeof setInterval>[] = [];
  const stop = async (): Promise<void> => {
    for (const timer of timers) clearInterval(timer);
    driver.stop();
    trace?.close();
    await Promise.all([clientPort.close(), metricsPort.close()]);
  };
  let leader = member.leader, leaderChangeCount = 0;
  const trace = config.traceServed ? new TraceStream(member, options.id) : null;
  const onStep = (inputs: readonly Input[], outputs: readonly Output[]) => {
    trace?.see(inputs, outputs);
    if (member.leader !== leader && member.leader !== null) leaderChangeCount += 1;
    leader = member.leader;
    v2.onStep();
  };
  const { promise: ended, resolve: onEnded } = Promise.withResolvers<StopReason>();
  network.start({ id: options.id, clusterId: options.clusterId, peerUrls: config.advertisePeerUrls }, {
    onFrame: (frame) => driver.deliver(frame),
    onUnreachable: (peer) => driver.unreachable(peer),
    onSnapshotSent: (peer, ok) => driver.snapshotSent(peer, ok),
    listMembers: (onList) => listMembers(driver, onList),
    isRemoved: (id) => member.isRemoved(id),
    onGone: () => onEnded({ kind: "removed" }),
    warn: (line) => log.warn("rafthttp", line),
  });
  const driver = new MemberDriver({
    member: withRoleLines(member, config.name, log, onStep),
    disk,
    network,
    // Whatever one turn of the event loop brings shares a step, and so an append and a sync.
    schedule: (flush) => void setImmediate(flush),
    onTrace: config.logLevel === "debug" ? (event) => log.debug("raft", JSON.stringify(event)) : () => {},
    onStopped: onEnded,
  }, parts.outputs);

  const v2 = new V2Store({
    // etcd's v2 keys know nothing of v3's users.
    request: (request, onResponse) => void driver.request(request, onResponse, { kind: "member" }),
    read: (request) => member.read(request),
  });
  const api = new ApiHost({ driver, member, tally: new GrpcTally(), bcryptCost: config.bcryptCost });
  const grpc = grpcHandler({
    methods: etcdGrpcMethods(api),
    streams: etcdGrpcStreams(api),
    onDone: (path, code) => api.onDone(path, code),
    messageBytesMax: config.maxRequestBytes + GRPC_OVERHEAD_BYTES,
  });
  const pages: WatchPages = {
    driver,
    member,
    metricsText: () =>
      metricsText({
        api,
        member,
        network,
        disk,
        quotaBytes: options.quotaBackendBytes,
        startedAtSeconds: options.startId / 1000,
        leaderChangeCount: () => leaderChangeCount,
      }),
  };
  const gateway = new JsonGateway({
    host: api,
    isServed: config.jsonGateway,
    streamCountMax: config.maxConcurrentStreams,
    bodyBytesMax: 2 * (config.maxRequestBytes + GRPC_OVERHEAD_BYTES),
  });
  const limits = { streamCountMax: config.maxConcurrentStreams };
  clientPort.serve({
    http2: (socket) => {
      const commonName = parts.namesUsers ? commonNameOf(socket) : null;
      void new ServerConnection(socket, inTheNameOfCertificate(grpc, commonName), limits);
    },
    http: createHttpFront({
      ...pages,
      gateway,
      v2: new V2Http(v2, options.clusterId),
      trace,
      origins: config.corsOrigins,
    }),
  });
  metricsPort.serve({ http2: (socket) => socket.destroy(), http: createMetricsFront(pages) });
  for (const { url, scheme } of config.listenClientUrls) {
    const at = url.replace(/^\w+:\/\//, "");
    log.info(
      "embed",
      scheme === "https"
        ? `serving client requests on ${at}`
        : `serving insecure client requests on ${at}, this is strongly discouraged!`,
    );
  }
  timers.push(setInterval(() => driver.tick(), options.timing.tickMs));
  const alone = isAlone(options, member);
  timers.push(setInterval(() => {
    // Nobody else can be leading, so nothing is gained by waiting for an election timeout to pass.
    if (alone && !member.leads) driver.request({ kind: "campaign" }, () => {});
    listMembers(driver, (members) => {
      if (!isPublished(members, options)) return;
      clearInterval(timers.pop());
      log.info(
        "etcdserver",
        `published {Name:${options.name} ClientURLs:[${options.clientUrls.join(" ")}]} to cluster ` +
          shortId(options.clusterId),
      );
      log.info(
        "etcdserver/api",
        `enabled capabilities for version ${ETCD_CLUSTER_VERSION.replace(/\.0$/, "")}`,
      );
      void notifySystemd(log);
    });
  }, PUBLISH_LOOK_MS));
  return { kind: "running", ended, stop };
}

function sayWhatWasFound({ config, log, options, isRestart, member }: Parts): void {
  for (const line of config.warnings) log.warn("etcdmain", line);
  log.info("etcdserver", `starting member ${shortId(options.id)} in cluster ${shortId(options.clusterId)}`);
  if (!isRestart) return;
  const { entryCount, snapshotIndex, tornBytes } = member.view().recovered;
  log.info(
    "etcdserver",
    `read ${entryCount} entries from the log, behind the snapshot at index ${snapshotIndex}`,
  );
  if (tornBytes > 0) {
    log.warn(
      "etcdserver",
      `mended the log: its last write was torn, ${tornBytes} bytes that were never acknowledged were cut off`,
    );
  }
  if (mustFindCluster(config)) {
    const what = config.start.discovery === null ? "--discovery-srv" : "discovery token";
    log.warn(
      "etcdserver",
      `${what} ignored since a cluster has already been initialized. Valid log found at "${config.dataDir}"`,
    );
  }
  if (config.initialFlagsGiven.length > 0) {
    const flags = config.initialFlagsGiven.map((name) => `--${name}`).join(", ");
    log.info(
      "etcdserver",
      `the data-dir already holds this member: ${flags} ignored, they count on a first start only`,
    );
  }
}

/** Asks the member itself, not the cluster: whatever it knows now. */
function listMembers(driver: MemberDriver, onList: (members: readonly MemberInfo[]) => void): void {
  driver.request({ kind: "memberList", linearizable: false }, (response) => {
    if (response.kind === "ok" && response.result.kind === "members") onList(response.result.members);
  });
}

function isPublished(members: readonly MemberInfo[], { id, name, clientUrls }: MemberOptions): boolean {
  const own = members.find((member) => member.id === id);
  return own !== undefined && own.name === name && own.clientUrls.join() === clientUrls.join();
}

function isAlone({ id, bootstrap }: MemberOptions, member: Member): boolean {
  const { voters } = member.view().config;
  return voters.length > 0
    ? voters.join() === id
    : bootstrap.kind === "new" && bootstrap.members.length === 1;
}

/** Says when this member takes or gives up the lead; `onStep` hears what went in and what came out. */
function withRoleLines(
  member: Member,
  name: string,
  log: Log,
  onStep: (inputs: readonly Input[], outputs: readonly Output[]) => void,
): EventMachine {
  let led = false;
  return {
    id: member.id,
    handle(inputs) {
      const outputs = member.handle(inputs);
      if (member.leads !== led) {
        led = member.leads;
        log.info("raft", `${name} ${led ? "became leader" : "stepped down"} at term ${member.term}`);
      }
      onStep(inputs, outputs);
      return outputs;
    },
  };
}
