// Figures of the TCP home: puts per second and their latency through gRPC for one and three members, the gap that a
// killed leader leaves, how soon a member is there and how much memory it takes. With `--with-etcd` the real etcd
// runs the same course, and the last column compares. Figures, not pass or fail.
//
//   deno run -A tests/bench/tcp_bench.ts [--seconds 3] [--with-etcd]

import { utf8 } from "../../core/base/bytes.ts";
import { KV, Maintenance } from "../../core/wire/gen/rpc_pb.ts";
import { GrpcClient } from "../tcp/grpc_client.ts";
import {
  eventually,
  freePorts,
  memberFlags,
  MemberProcess,
  type MemberSpec,
  withClient,
} from "../tcp/member_process.ts";
import { type LoadResult, putLoad } from "./load_client.ts";

const CLIENT_COUNTS = [1, 16, 128];
/** As in the figures that etcd is usually measured with. */
const VALUE_BYTES = 256;

const GAP_PROBE_MS = 10;

const seconds = Number(Deno.args[Deno.args.indexOf("--seconds") + 1]) || 3;
const withEtcd = Deno.args.includes("--with-etcd");

interface Server {
  readonly name: string;
  start(spec: MemberSpec): MemberProcess;
}

const FLOTILLA: Server = { name: "flotilla", start: (spec) => MemberProcess.start(spec) };
const ETCD: Server = { name: "etcd", start: (spec) => new MemberProcess("etcd", memberFlags(spec)) };

interface Figures {
  readonly puts: Map<string, LoadResult>;
  readonly startMs: number;
  readonly idleMiB: number;
  readonly loadedMiB: number;
  readonly gapMs: number;
}

async function measure(server: Server): Promise<Figures> {
  const puts = new Map<string, LoadResult>();
  let startMs = NaN, idleMiB = NaN, loadedMiB = NaN, gapMs = NaN;
  for (const memberCount of [1, 3]) {
    const root = Deno.makeTempDirSync({ prefix: "flotilla-bench-" });
    const specs = specsOf(root, memberCount);
    const begin = performance.now();
    const members = specs.map((spec) => server.start(spec));
    try {
      await Promise.all(members.map((member) => member.ready()));
      if (memberCount === 1) {
        startMs = performance.now() - begin;
        idleMiB = residentMiB(members[0]!);
      }
      const leader = await leaderOf(specs);
      for (const clientCount of CLIENT_COUNTS) {
        const endpoints = [`127.0.0.1:${specs[leader]!.clientPort}`];
        puts.set(
          `${memberCount}/${clientCount}`,
          await putLoad({ endpoints, clientCount, seconds, valueBytes: VALUE_BYTES }),
        );
      }
      if (memberCount === 3) {
        loadedMiB = Math.max(...members.map(residentMiB));
        gapMs = await measureGap(specs, members, leader);
      }
    } finally {
      await Promise.all(members.map((member) => member.kill()));
      Deno.removeSync(root, { recursive: true });
    }
  }
  return { puts, startMs, idleMiB, loadedMiB, gapMs };
}

/** From the kill of the leader to the first acknowledged put through another member. */
async function measureGap(specs: MemberSpec[], members: MemberProcess[], leader: number): Promise<number> {
  const other = specs[(leader + 1) % specs.length]!;
  const client = new GrpcClient(`127.0.0.1:${other.clientPort}`);
  try {
    await client.call(KV.method.put, { key: utf8("gap") });
    const begin = performance.now();
    await members[leader]!.kill();
    // A put that a follower has passed on to the dead leader is lost, so a new one goes out every few milliseconds.
    return await new Promise((resolve) => {
      const timer = setInterval(() => {
        client.call(KV.method.put, { key: utf8("gap") }, 20_000).then(() => {
          clearInterval(timer);
          resolve(performance.now() - begin);
        }, () => {});
      }, GAP_PROBE_MS);
    });
  } finally {
    client.close();
  }
}

function leaderOf(specs: readonly MemberSpec[]): Promise<number> {
  return eventually("a leader", async () => {
    for (const [at, { clientPort }] of specs.entries()) {
      const status = await withClient(
        `127.0.0.1:${clientPort}`,
        (client) => client.call(Maintenance.method.status, {}),
      );
      if (status.leader !== 0n && status.leader === status.header!.memberId) return at;
    }
    return null;
  });
}

function specsOf(root: string, memberCount: number): MemberSpec[] {
  const ports = freePorts(memberCount);
  const initialCluster = ports.map(([, peer], i) => `infra${i + 1}=http://127.0.0.1:${peer}`).join(",");
  return ports.map(([clientPort, peerPort], i) => ({
    name: `infra${i + 1}`,
    clientPort,
    peerPort,
    dataDir: `${root}/infra${i + 1}`,
    initialCluster,
    token: "bench",
    state: "new",
  }));
}

function residentMiB({ pid }: MemberProcess): number {
  const kib = /VmRSS:\s+(\d+) kB/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1];
  return Number(kib) / 1024;
}

function print(ours: Figures, theirs: Figures | null): void {
  const rows: string[][] = [["", "flotilla", ...(theirs ? ["etcd 3.4.23", "ratio"] : [])]];
  const add = (what: string, figure: (figures: Figures) => number, digits = 0) => {
    const a = figure(ours), b = theirs ? figure(theirs) : NaN;
    rows.push([what, a.toFixed(digits), ...(theirs ? [b.toFixed(digits), (a / b).toFixed(2)] : [])]);
  };
  for (const key of ours.puts.keys()) {
    const [memberCount, clientCount] = key.split("/");
    const what = `${memberCount} member${memberCount === "1" ? "" : "s"}, ${clientCount} client${
      clientCount === "1" ? "" : "s"
    }`;
    add(`puts/s, ${what}`, ({ puts }) => puts.get(key)!.putsPerSecond);
    add(`p50 ms, ${what}`, ({ puts }) => puts.get(key)!.p50Ms, 2);
    add(`p99 ms, ${what}`, ({ puts }) => puts.get(key)!.p99Ms, 2);
  }
  add("ms without a leader after kill -9", ({ gapMs }) => gapMs);
  add("ms from start to ready, 1 member", ({ startMs }) => startMs);
  add("MiB resident, idle", ({ idleMiB }) => idleMiB);
  add("MiB resident, largest of 3 after the load", ({ loadedMiB }) => loadedMiB);
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    console.log(
      row.map((cell, i) => i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]! + 2)).join(""),
    );
  }
}

const ours = await measure(FLOTILLA);
const theirs = withEtcd ? await measure(ETCD) : null;
print(ours, theirs);
Deno.exit(0);
