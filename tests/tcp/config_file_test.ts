// Ways of telling a member what to be besides flags: a YAML file, variables; where its lines go; sockets; systemd.

import assert from "node:assert/strict";
import { parseConfigFile } from "../../workers/deno/config_file.ts";
import { etcdctl, etcdctlTest } from "./etcdctl.ts";
import { freePorts } from "./member_process.ts";
import { aloneFlags, seatFlags, withBench } from "./tools.ts";

etcdctlTest(
  "a configuration file with the flags' names starts a member, and nothing else is looked at",
  async () => {
    await withBench(async (bench) => {
      const [[client, peer]] = freePorts(1) as [[number, number]];
      const file = `${bench.root}/etcd.conf.yml`, log = `${bench.root}/member.log`;
      Deno.writeTextFileSync(
        file,
        `# etcd's own sample has these lines.
name: 'filed'
data-dir: ${bench.root}/data
snapshot-count: 10000
listen-peer-urls: http://127.0.0.1:${peer}
listen-client-urls: http://127.0.0.1:${client}
advertise-client-urls: http://127.0.0.1:${client}
initial-advertise-peer-urls: http://127.0.0.1:${peer}
initial-cluster: filed=http://127.0.0.1:${peer}
initial-cluster-token: 'etcd-cluster'
initial-cluster-state: 'new'
discovery:
discovery-fallback: 'proxy'
proxy: off
strict-reconfig-check: false
client-transport-security:
  cert-file:
  client-cert-auth: false
logger: zap
log-outputs: [stderr, ${log}]
nonsense: 7
`,
      );
      const member = await bench.member(["--config-file", file, "--name", "ignored"], {
        ETCD_INITIAL_CLUSTER: "ignored too",
      }).ready();

      assert.match(await etcdctl(`127.0.0.1:${client}`, "member", "list"), /started, filed, /);
      const lines = Deno.readTextFileSync(log).trim().split("\n").map((line) => JSON.parse(line));
      assert(lines.some(({ msg }) => /^loaded server configuration from .*ignored$/.test(msg)));
      assert(lines.some(({ level, msg }) => level === "warn" && /^nonsense in .* is not the name/.test(msg)));
      assert.deepEqual(Object.keys(lines[0]), ["level", "ts", "caller", "msg"]);
      assert.match(member.output, /"msg":"published \{Name:filed/);
    });
  },
);

Deno.test("a file that is no configuration is refused with its line, and a value with its name", async () => {
  const says = (text: string) => {
    const read = parseConfigFile("f.yml", text);
    return read.kind === "refused" ? read.says : [...read.values].map((pair) => pair.join("=")).join(" ");
  };
  assert.match(says("name: a\nlist: [1,\nb: 2\n"), /^f\.yml:3: /);
  assert.match(says("- a\n- b\n"), /^f\.yml: not a mapping/);
  assert.match(says("name: {a: 1}\n"), /^f\.yml: name holds a mapping/);
  assert.equal(says("name:\nproxy: off\ncors: [a, b]\n"), "proxy=off cors=a,b");
  assert.equal(says("peer-transport-security:\n  auto-tls: true\n"), "peer-auto-tls=true");

  await withBench(async (bench) => {
    const file = `${bench.root}/f.yml`;
    Deno.writeTextFileSync(file, "name: a\nheartbeat-interval: soon\n");
    const bad = await bench.member([], { ETCD_CONFIG_FILE: file }).ended;
    assert.equal(bad.code, 2);
    assert.match(
      bad.output,
      /^error: invalid value "soon" for heartbeat-interval in .*f\.yml: must be a whole/,
    );
    const none = await bench.member(["--config-file", `${bench.root}/none`]).ended;
    assert.match(none.output, /^error: cannot read --config-file .*none: .*; name a file/);
  });
});

Deno.test("levels, text and outputs of the log are what the flags say", async () => {
  await withBench(async (bench) => {
    const [one, two] = freePorts(2) as [[number, number], [number, number]];
    const quiet = bench.member([...aloneFlags(bench, "quiet", one), "--log-level", "error"]);
    const loud = bench.member([
      ...aloneFlags(bench, "loud", two),
      "--log-level=debug",
      "--log-outputs=stdout",
    ]);
    await loud.printed(/ D \| raft: \{/);
    await loud.printed(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{6} I \| etcdserver: published /m);
    assert.equal(quiet.output, "");
    const bad = await bench.member(["--logger=zap", `--log-outputs=${bench.root}`]).ended;
    assert.match(bad.output, /^error: --log-outputs: cannot write to .*; name stderr, stdout or a file/);
  });
});

etcdctlTest("members meet over unix sockets, also where a dead one has left its file", async () => {
  await withBench(async (bench) => {
    const ports = freePorts(2);
    // The name of such a socket is "host:port", in the directory of the process; that is the project's, here.
    const urls = ports.map(([, peer]) => `unix://flotilla.test.unix:${peer}`);
    const cluster = urls.map((url, i) => `u${i}=${url}`).join(",");
    const files = ports.map(([, peer]) => new URL(`../../flotilla.test.unix:${peer}`, import.meta.url));
    Deno.listen({ transport: "unix", path: files[0]!.pathname }).close();
    try {
      const members = ports.map(([client], i) =>
        // deno-fmt-ignore
        bench.member([
          "--name", `u${i}`, "--data-dir", `${bench.root}/u${i}`,
          "--listen-client-urls", `http://127.0.0.1:${client}`,
          "--advertise-client-urls", `http://127.0.0.1:${client}`,
          "--listen-peer-urls", urls[i]!, "--initial-advertise-peer-urls", urls[i]!,
          "--initial-cluster", cluster,
        ])
      );
      await Promise.all(members.map((member) => member.ready()));

      assert.equal(await etcdctl(`127.0.0.1:${ports[0]![0]}`, "put", "a", "b"), "OK\n");
      assert.equal(await etcdctl(`127.0.0.1:${ports[1]![0]}`, "get", "a"), "a\nb\n");
    } finally {
      for (const file of files) {
        try {
          Deno.removeSync(file);
        } catch {
          // Never made.
        }
      }
    }
  });
});

Deno.test("systemd is told when the member is ready", async () => {
  await withBench(async (bench) => {
    const [ports] = freePorts(1) as [[number, number]];
    const socket = `${bench.root}/notify`;
    const listen = `const s = Deno.listenDatagram({ transport: "unixpacket", path: ${
      JSON.stringify(socket)
    } });
      console.log("listening");
      console.log(new TextDecoder().decode((await s.receive())[0]));`;
    const systemd = bench.run(Deno.execPath(), ["eval", "--unstable-net", listen]);
    await systemd.printed(/listening/);

    const member = bench.member(aloneFlags(bench, "notified", ports), { NOTIFY_SOCKET: socket });
    await systemd.printed(/READY=1/);

    assert.match(member.output, /enabled capabilities/);
    // Nobody listening is no reason not to serve.
    await member.kill();
    const again = await bench.member(seatFlags(bench, "notified", ports), { NOTIFY_SOCKET: `${socket}.none` })
      .ready();
    await again.printed(/failed to notify systemd for readiness/);
  });
});
