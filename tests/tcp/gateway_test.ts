// The JSON gateway and the pages for those who watch over a member, as curl asks for them. The expected bodies and
// statuses are etcd 3.4.23's own.

import assert from "node:assert/strict";
import { etcdctl, etcdctlTest, etcdctlWithInput, tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts, MemberProcess, TestCluster, withCluster } from "./member_process.ts";

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** A POST as curl makes it: the content type is that of a form, whatever the body is. */
async function post(endpoint: string, path: string, body: string): Promise<Answer> {
  return await curl(`http://${endpoint}${path}`, "-d", body);
}

async function curl(url: string, ...args: readonly string[]): Promise<Answer> {
  const { stdout } = await new Deno.Command("curl", {
    args: ["-sL", "-m", "10", "-w", "\n%{http_code}", ...args, url],
    stdin: "null",
  }).output();
  const [, body, status] = /^([\s\S]*)\n(\d+)$/.exec(new TextDecoder().decode(stdout))!;
  return { status: Number(status), body: body! };
}

const withoutIds = (text: string) => text.replace(/"cluster_id":"\d+","member_id":"\d+",/g, "");

Deno.test("the gateway answers as etcd's, right and wrong requests alike, under each of its prefixes", async () => {
  await withCluster(freePorts(1), {}, async ({ endpoints: [endpoint] }) => {
    const lease = "7751717473670557963";
    // deno-fmt-ignore
    const rows: [path: string, body: string, status: number, answer: string][] = [
      ["/v3/kv/put", '{"key":"Zm9v","value":"YmFy"}', 200, '{"header":{"revision":"2","raft_term":"2"}}'],
      ["/v3beta/kv/range", '{"key":"Zm9v"}', 200,
        '{"header":{"revision":"2","raft_term":"2"},"kvs":[{"key":"Zm9v","create_revision":"2","mod_revision":"2","version":"1","value":"YmFy"}],"count":"1"}'],
      ["/v3alpha/kv/deleterange", '{"key":"eA=="}', 200, '{"header":{"revision":"2","raft_term":"2"}}'],
      ["/v3/kv/txn",
        '{"compare":[{"target":"CREATE","key":"Zm9v","createRevision":"2"}],"success":[{"requestPut":{"key":"Zm9v","value":"Yg=="}}]}', 200,
        '{"header":{"revision":"3","raft_term":"2"},"succeeded":true,"responses":[{"response_put":{"header":{"revision":"3"}}}]}'],
      ["/v3/lease/grant", `{"ID":${lease},"TTL":20}`, 200,
        `{"header":{"revision":"3","raft_term":"2"},"ID":"${lease}","TTL":"20"}`],
      ["/v3/lease/keepalive", `{"ID":${lease}}`, 200,
        `{"result":{"header":{"revision":"3","raft_term":"2"},"ID":"${lease}","TTL":"20"}}\n`],
      ["/v3/kv/lease/timetolive", '{"ID":5}', 200, '{"header":{"revision":"3","raft_term":"2"},"ID":"5","TTL":"-1"}'],
      ["/v3/maintenance/alarm", '{"action":"GET"}', 200, "{}"],
      ["/v3/kv/put", '{"key":"Zm9v","lease":99}', 404, refusal("etcdserver: requested lease not found", 5)],
      ["/v3/kv/put", "", 400, refusal("etcdserver: key is not provided", 3)],
      ["/v3/kv/range", '{"key":"Zm9v","revision":50}', 400,
        refusal("etcdserver: mvcc: required revision is a future revision", 11)],
      ["/v3/kv/txn", '{"compare":[{"TargetUnion":null}]}', 400, refusal("etcdserver: key is not provided", 3)],
      ["/v3/cluster/member/remove", '{"ID":"77"}', 404, refusal("etcdserver: member not found", 5)],
      ["/v3/maintenance/transfer-leadership", '{"targetID":7}', 412, refusal("etcdserver: bad leader transferee", 9)],
      ["/v3/election/resign", "{}", 500, refusal('"leader" field must be provided', 2)],
      ["/v3/election/leader", '{"name":"Zm9v"}', 500, refusal("election: no leader", 2)],
      ["/v3/nothing", "{}", 404, "Not Found\n"],
    ];
    for (const [path, body, status, expected] of rows) {
      const answer = await post(endpoint!, path, body);

      assert.deepEqual([answer.status, withoutIds(answer.body)], [status, expected], `${path} ${body}`);
    }
    // What a decoder says of nonsense is its own affair; that it is said, and how, is not.
    for (
      const [path, body, status] of [["kv/put", '{"key":', 400], ["kv/put", '{"key":"%"}', 400], [
        "watch",
        "x",
        500,
      ]]
    ) {
      const answer = await post(endpoint!, `/v3/${path}`, String(body));
      assert.equal(answer.status, status, answer.body);
      assert.equal(typeof JSON.parse(answer.body).error, "string");
    }
    assert.deepEqual(await curl(`http://${endpoint}/v3/kv/range`), {
      status: 405,
      body: "Method Not Allowed\n",
    });
  });
});

Deno.test("watches stream at once, and the gateway as a whole has as many streams as one connection", async () => {
  const extra = ["--max-concurrent-streams", "3"];
  await withCluster(freePorts(1), { extra }, async ({ endpoints: [endpoint] }) => {
    const url = `http://${endpoint}/v3/watch`;
    const watch = (body: string) => new MemberProcess("curl", ["-sN", "-d", body, url]);
    const watches = [1, 2].map(() => watch('{"create_request":{"key":"aw=="}}'));
    await Promise.all(watches.map((one) => one.printed(/"created":true\}\}\n/)));

    // With one place left a call still gets through, and those who watch hear of it.
    assert.equal((await post(endpoint!, "/v3/kv/put", '{"key":"aw==","value":"dg=="}')).status, 200);
    await Promise.all(
      watches.map((one) => one.printed(/"events":\[\{"kv":\{"key":"aw=="[^\n]*"value":"dg=="\}\}\]\}\}\n/)),
    );

    // Two words of one client; it then holds the last place.
    const last = watch(
      '{"create_request":{"key":"aw==","start_revision":2}} {"cancel_request":{"watch_id":0}}',
    );
    await last.printed(/"canceled":true\}\}\n/);
    const waiting = post(endpoint!, "/v3/kv/range", '{"key":"aw=="}');
    // By the time that one has given up, the other stands in line as well.
    const impatient = await curl(`http://${endpoint}/v3/kv/range`, "-m", "1", "-d", '{"key":"aw=="}');
    assert.deepEqual(impatient, { status: 0, body: "" });
    await last.kill();
    assert.equal((await waiting).status, 200);

    await Promise.all(watches.map((one) => one.kill()));
    const line =
      'grpc_server_handled_total{grpc_code="Canceled",grpc_method="Watch",grpc_service="etcdserverpb.Watch",' +
      'grpc_type="bidi_stream"} 3\n';
    await eventually(
      "three cancelled watches",
      async () => (await curl(`http://${endpoint}/metrics`)).body.includes(line) ? true : null,
    );
  });
});

etcdctlTest(
  "metrics count what was done, and an alarm makes the member unwell until it is disarmed",
  async () => {
    const [[metricsPort]] = freePorts(1) as [[number, number]];
    const extra = [
      ...["--quota-backend-bytes", "53248", "--listen-metrics-urls", `http://127.0.0.1:${metricsPort}`],
      ...["--cors", "http://one.example,http://two.example"],
    ];
    const cluster: TestCluster = await TestCluster.start(freePorts(1), { extra });
    try {
      const [endpoint] = cluster.endpoints as [string];
      for (const value of ["1", "2"]) await etcdctl(endpoint, "put", "k", value);
      for (let i = 0; i < 3; i++) await etcdctl(endpoint, "del", "none");
      const { body } = await curl(`http://127.0.0.1:${metricsPort}/metrics`);
      for (
        const line of [
          "etcd_mvcc_put_total 2",
          "etcd_mvcc_delete_total 3",
          "etcd_debugging_mvcc_keys_total 1",
          'etcd_server_version{server_version="3.4.23"} 1',
          'etcd_cluster_version{cluster_version="3.4"} 1',
          "etcd_server_has_leader 1",
          "etcd_server_quota_backend_bytes 53248",
        ]
      ) assert(body.includes(`\n${line}\n`) || body.startsWith(line), `${line} in\n${body}`);
      assert.deepEqual(await curl(`http://${endpoint}/health`), { status: 200, body: '{"health":"true"}' });
      assert.equal((await curl(`http://127.0.0.1:${metricsPort}/v3/kv/range`, "-d", "{}")).status, 404);

      const page = "x".repeat(4096);
      let refused = null;
      for (let i = 0; i < 20 && refused === null; i++) {
        const put = await tryEtcdctl(endpoint, "put", "large", page);
        if (put.code !== 0) refused = put.stderr;
      }
      assert.match(refused ?? "", /etcdserver: mvcc: database space exceeded/);
      assert.match(await etcdctl(endpoint, "alarm", "list"), /alarm:NOSPACE/);
      assert.deepEqual(await curl(`http://127.0.0.1:${metricsPort}/health`), {
        status: 503,
        body: '{"health":"false"}',
      });

      const { revision } = JSON.parse(await etcdctl(endpoint, "get", "large", "-w", "json")).header;
      await etcdctl(endpoint, "compaction", String(revision));
      await etcdctl(endpoint, "defrag");
      await etcdctl(endpoint, "alarm", "disarm");
      assert.equal(await etcdctlWithInput(endpoint, page, "put", "large"), "OK\n");
      assert.equal((await curl(`http://${endpoint}/health`)).status, 200);

      // Only the pages that were named may read the answers.
      const allowed = async (origin: string) => {
        const response = await fetch(`http://${endpoint}/version`, { headers: { origin } });
        await response.text();
        return response.headers.get("access-control-allow-origin");
      };
      assert.equal(await allowed("http://two.example"), "http://two.example");
      assert.equal(await allowed("http://three.example"), null);
    } finally {
      await cluster.dispose();
    }
  },
);

function refusal(message: string, code: number): string {
  return JSON.stringify({ error: message, message, code });
}
