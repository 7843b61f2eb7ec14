// The client port as gRPC clients and strangers meet it: etcd's own codes and texts, and no harm from garbage.

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { utf8 } from "../../core/base/bytes.ts";
import {
  Cluster,
  Compare_CompareResult,
  Compare_CompareTarget,
  KV,
  Maintenance,
} from "../../core/wire/gen/rpc_pb.ts";
import { GrpcClient, GrpcError } from "./grpc_client.ts";
import { freePorts, MemberProcess, withClient } from "./member_process.ts";

const INVALID_ARGUMENT = 3,
  DEADLINE_EXCEEDED = 4,
  RESOURCE_EXHAUSTED = 8,
  OUT_OF_RANGE = 11,
  UNIMPLEMENTED = 12,
  INTERNAL = 13;

Deno.test("refusals carry etcd's codes and texts", async () => {
  await withMember([], async ({ endpoint }) => {
    await withClient(endpoint, async (client) => {
      const key = utf8("k");
      for (let i = 0; i < 5; i++) await client.call(KV.method.put, { key, value: utf8(String(i)) });
      await client.call(KV.method.compact, { revision: 4n });
      const put = (name: string) => ({
        request: { case: "requestPut" as const, value: { key: utf8(name) } },
      });

      const rows: [ask: () => Promise<unknown>, code: number, text: string][] = [
        [
          () => client.call(KV.method.put, { value: key }),
          INVALID_ARGUMENT,
          "etcdserver: key is not provided",
        ],
        [
          () => client.call(KV.method.range, { key, revision: 99n }),
          OUT_OF_RANGE,
          "etcdserver: mvcc: required revision is a future revision",
        ],
        [
          () => client.call(KV.method.range, { key, revision: 2n }),
          OUT_OF_RANGE,
          "etcdserver: mvcc: required revision has been compacted",
        ],
        [
          () => client.call(KV.method.txn, { success: [put("a"), put("a")] }),
          INVALID_ARGUMENT,
          "etcdserver: duplicate key given in txn request",
        ],
        [
          () =>
            client.call(KV.method.txn, { success: Array.from({ length: 129 }, (_, i) => put(String(i))) }),
          INVALID_ARGUMENT,
          "etcdserver: too many operations in txn request",
        ],
        [
          () => client.call(KV.method.put, { key, value: new Uint8Array(1_600_000) }),
          INVALID_ARGUMENT,
          "etcdserver: request is too large",
        ],
        [
          () => client.call(KV.method.put, { key, value: new Uint8Array(3_000_000) }),
          RESOURCE_EXHAUSTED,
          "grpc: received message larger than max (3000008 vs. 2097152)",
        ],
        [() => client.call(Cluster.method.memberRemove, { ID: 7n }), 5, "etcdserver: member not found"],
        [
          () => client.raw("/etcdserverpb.KV/Nothing", new Uint8Array(0)),
          UNIMPLEMENTED,
          "unknown method Nothing for service etcdserverpb.KV",
        ],
        [
          () => client.raw("/v2pb.Keys/Get", new Uint8Array(0)),
          UNIMPLEMENTED,
          "unknown service v2pb.Keys",
        ],
      ];

      for (const [ask, code, text] of rows) {
        await assert.rejects(ask(), (error: GrpcError) => {
          assert.deepEqual([error.code, error.message], [code, text]);
          return true;
        });
      }
      const malformed = client.raw("/etcdserverpb.KV/Put", Uint8Array.of(0xff, 0xff));
      await assert.rejects(malformed, (error: GrpcError) => error.code === INTERNAL);
      const status = await client.call(Maintenance.method.status, {});
      assert.equal(status.version, "3.4.23");
    });
  });
});

Deno.test("many calls on one connection keep their order and their answers apart", async () => {
  await withMember([], async ({ endpoint }) => {
    await withClient(endpoint, async (client) => {
      const large = new Uint8Array(700_000).fill(7);
      const calls = Array.from({ length: 300 }, (_, i) => {
        return client.call(KV.method.put, {
          key: utf8(`k${i}`),
          value: i % 100 === 0 ? large : utf8(`v${i}`),
        });
      });

      const revisions = (await Promise.all(calls)).map((answer) => Number(answer.header!.revision));

      assert.deepEqual(new Set(revisions).size, 300);
      const all = await client.call(KV.method.range, { key: utf8("k"), rangeEnd: utf8("l") });
      assert.equal(all.kvs.length, 300);
      const first = all.kvs.find((kv) => new TextDecoder().decode(kv.key) === "k0")!;
      assert.equal(Buffer.compare(first.value, large), 0);
      const compare = {
        result: Compare_CompareResult.EQUAL,
        target: Compare_CompareTarget.VERSION,
        key: utf8("k1"),
        targetUnion: { case: "version" as const, value: 1n },
      };
      assert.equal((await client.call(KV.method.txn, { compare: [compare] })).succeeded, true);
    });
  });
});

Deno.test("a member without a quorum says so to health checks, and keeps a call's deadline", async () => {
  const root = Deno.makeTempDirSync({ prefix: "flotilla-alone-" });
  const [[clientPort, peerPort], [, absentPort]] = freePorts(2) as [[number, number], [number, number]];
  const member = MemberProcess.start({
    name: "infra1",
    clientPort,
    peerPort,
    dataDir: `${root}/infra1`,
    initialCluster: `infra1=http://127.0.0.1:${peerPort},infra2=http://127.0.0.1:${absentPort}`,
    token: "t",
    state: "new",
  });
  try {
    await member.printed(/serving insecure client requests/);
    const endpoint = `127.0.0.1:${clientPort}`;

    const health = await fetch(`http://${endpoint}/health`);
    assert.deepEqual([health.status, await health.text()], [503, '{"health":"false"}']);
    await withClient(endpoint, async (client) => {
      const put = client.raw("/etcdserverpb.KV/Put", Uint8Array.of(0x0a, 1, 0x61), {
        headers: [["grpc-timeout", "200m"]],
      });
      await assert.rejects(put, (error: GrpcError) => {
        assert.deepEqual([error.code, error.message], [DEADLINE_EXCEEDED, "context deadline exceeded"]);
        return true;
      });
    });
    assert.doesNotMatch(member.output, /published|enabled capabilities/);
  } finally {
    await member.kill();
    Deno.removeSync(root, { recursive: true });
  }
});

Deno.test("garbage on either port disturbs nobody", async () => {
  await withMember([], async ({ endpoint, clientPort, peerPort, member }) => {
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    const frameOf = (type: number, flags: number, stream: number, ...payload: number[]) =>
      String.fromCharCode(0, 0, payload.length, type, flags, 0, 0, 0, stream, ...payload);
    const garbage = [
      "\0\x01\x02\x03 nothing anyone speaks \xff\xfe\r\n\r\n",
      "GET / HTTP/1.1\r\nno colon here\r\n\r\n",
      "PRI nonsense that only begins like HTTP/2\r\n\r\n",
      preface + "\xff\xff\xff a frame of sixteen million bytes",
      preface + frameOf(1, 4, 1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff),
      preface + frameOf(1, 4, 2, 0x82),
      preface + frameOf(0, 0, 9, 1, 2, 3),
      preface + frameOf(8, 0, 0, 0, 0, 0, 0),
      preface + frameOf(9, 0, 1, 0x82),
      preface + frameOf(1, 0, 1, 0x82) + frameOf(6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8),
      preface + frameOf(4, 0, 0, 0, 4, 0xff, 0xff, 0xff, 0xff),
      "POST /raft HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello",
      "POST /raft/snapshot HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n",
      "GET /raft/stream/message/1 HTTP/1.1\r\nHost: x\r\nX-Etcd-Cluster-ID: 1\r\n\r\n",
    ];

    for (const port of [clientPort, peerPort]) {
      for (const text of garbage) await tell(port, Uint8Array.from(text, (char) => char.charCodeAt(0)));
    }
    // One who knows the cluster's id, but talks nonsense.
    const answer = await fetch(`http://127.0.0.1:${peerPort}/members`);
    const clusterId = answer.headers.get("x-etcd-cluster-id")!;
    await answer.body!.cancel();
    const posted = await fetch(`http://127.0.0.1:${peerPort}/raft`, {
      method: "POST",
      headers: { "X-Etcd-Cluster-ID": clusterId },
      body: Uint8Array.of(0x08, 0x03, 0xff, 0xff),
    });
    await posted.body?.cancel();

    const client = new GrpcClient(endpoint);
    assert.equal(
      (await client.call(KV.method.put, { key: utf8("still"), value: utf8("here") })).header!.revision,
      2n,
    );
    client.close();
    const metrics = await (await fetch(`http://${endpoint}/metrics`)).text();
    const refused = Number(/flotilla_peer_requests_refused_total (\d+)/.exec(metrics)![1]);
    assert(refused >= 3, metrics);
    assert.match(metrics, /flotilla_peer_frames_malformed_total 1\n/);
    assert.doesNotMatch(member.output, /error|bug/);
  });
});

Deno.test("one port serves gRPC and plain HTTP, on each of several URLs", async () => {
  const [[second]] = freePorts(1) as [[number, number]];
  await withMember([second], async ({ endpoint }) => {
    for (const at of [endpoint, `127.0.0.1:${second}`]) {
      const health = await fetch(`http://${at}/health`);
      assert.deepEqual([health.status, await health.text()], [200, '{"health":"true"}']);
      const version = await (await fetch(`http://${at}/version`)).json();
      assert.deepEqual([version.etcdserver, version.etcdcluster], ["3.4.23", "3.4.0"]);
      const metrics = await (await fetch(`http://${at}/metrics`)).text();
      assert.match(metrics, /^etcd_server_version\{server_version="3\.4\.23"\} 1$/m);
      assert.match(metrics, /^etcd_server_has_leader 1$/m);
      await withClient(at, (client) => client.call(KV.method.put, { key: utf8("a") }));
      const missing = await fetch(`http://${at}/nowhere`);
      await missing.body!.cancel();
      assert.equal(missing.status, 404);
    }
  });
});

interface OneMember {
  readonly endpoint: string;
  readonly clientPort: number;
  readonly peerPort: number;
  readonly member: MemberProcess;
}

async function withMember(
  furtherPorts: readonly number[],
  body: (member: OneMember) => Promise<void>,
): Promise<void> {
  const root = Deno.makeTempDirSync({ prefix: "flotilla-grpc-" });
  const [[clientPort, peerPort]] = freePorts(1) as [[number, number]];
  const urls = [clientPort, ...furtherPorts].map((port) => `http://127.0.0.1:${port}`).join(",");
  const peerUrl = `http://127.0.0.1:${peerPort}`;
  // deno-fmt-ignore
  const member = MemberProcess.withFlags([
    "--name", "one", "--data-dir", `${root}/one`,
    "--listen-client-urls", urls, "--advertise-client-urls", urls,
    "--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl,
  ]);
  try {
    await member.ready();
    await body({ endpoint: `127.0.0.1:${clientPort}`, clientPort, peerPort, member });
  } finally {
    await member.kill();
    Deno.removeSync(root, { recursive: true });
  }
}

/** Says something to a port, and hears it out until it hangs up or falls silent after an answer. */
async function tell(port: number, bytes: Uint8Array): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await connection.write(bytes);
    await connection.closeWrite();
    const buffer = new Uint8Array(4096);
    while (await connection.read(buffer) !== null);
  } catch (error) {
    if (!(error instanceof Deno.errors.ConnectionReset) && !(error instanceof Deno.errors.BrokenPipe)) {
      throw error;
    }
  } finally {
    connection.close();
  }
}
