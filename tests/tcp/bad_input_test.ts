// What a member answers to a wrong start: one clear line on standard error with the cause and the remedy, an exit code
// that is not 0, and nothing half-written.

import assert from "node:assert/strict";
import { utf8 } from "../../core/base/bytes.ts";
import { KV } from "../../core/wire/gen/rpc_pb.ts";
import {
  type Ended,
  freePorts,
  memberFlags,
  MemberProcess,
  type MemberSpec,
  taskArguments,
  withClient,
} from "./member_process.ts";

interface BadStart {
  readonly name: string;
  /** Changes to the flags of a sound start. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly extra?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly says: RegExp;
}

const BAD_STARTS: readonly BadStart[] = [
  {
    name: "an unknown flag",
    extra: ["--nonsense", "1"],
    says: /flag provided but not defined: -nonsense; --help/,
  },
  { name: "an argument that is no flag", extra: ["start"], says: /'start' is not a valid flag; .*--help/ },
  { name: "a flag without its value", extra: ["--wal-dir"], says: /flag needs an argument: -wal-dir; write/ },
  {
    name: "a malformed URL",
    flags: { "--listen-client-urls": "127.0.0.1:2379" },
    says: /invalid value "127.0.0.1:2379" for --listen-client-urls: URL scheme must be http.*; write it as/,
  },
  {
    name: "a malformed URL in the environment",
    extra: [],
    env: { ETCD_MAX_TXN_OPS: "many" },
    says: /invalid value "many" for ETCD_MAX_TXN_OPS: must be a whole number/,
  },
  {
    name: "an initial cluster without this member",
    flags: { "--initial-cluster": "infra2=http://127.0.0.1:22380" },
    says: /couldn't find local name "infra1" in the initial cluster configuration; add infra1=/,
  },
  {
    name: "an initial cluster with another URL for this member",
    flags: { "--initial-cluster": "infra1=http://127.0.0.1:1" },
    says:
      /--initial-cluster has infra1=http:\/\/127.0.0.1:1 but missing from --initial-advertise-peer-urls.*agree/,
  },
  {
    name: "two members with one URL",
    flags: { "--initial-cluster": "infra1=http://127.0.0.1:1,infra2=http://127.0.0.1:1" },
    says: /has duplicate url .* of infra1 and infra2\); each member needs/,
  },
  {
    name: "an election timeout too short for its heartbeat",
    extra: ["--heartbeat-interval", "1000"],
    says: /--election-timeout\[1000ms\] should be at least as 5 times as --heartbeat-interval\[1000ms\]; set/,
  },
  {
    name: "a cluster to join that nobody answers for",
    flags: { "--initial-cluster-state": "existing" },
    says: /cannot fetch cluster info from peer urls: .*; check that --initial-cluster/,
  },
];

for (const { name, flags, extra, env, says } of BAD_STARTS) {
  Deno.test(`a member does not start with ${name}, and says why`, async () => {
    await withSpec(async (spec) => {
      const args = memberFlags({ ...spec, extra });
      for (const [flag, value] of Object.entries(flags ?? {})) args[args.indexOf(flag) + 1] = value;

      const ended = await MemberProcess.withFlags(args, { ...env }).ended;

      assertRefused(ended, says);
      assert.throws(() => Deno.statSync(spec.dataDir), Deno.errors.NotFound, "nothing may be written");
    });
  });
}

Deno.test("a member whose port is taken says which, and writes nothing", async () => {
  await withSpec(async (spec) => {
    for (const port of [spec.clientPort, spec.peerPort]) {
      const taken = Deno.listen({ hostname: "127.0.0.1", port });

      const ended = await MemberProcess.start(spec).ended;
      taken.close();

      const flag = port === spec.clientPort ? "--listen-client-urls" : "--listen-peer-urls";
      assertRefused(
        ended,
        new RegExp(`cannot listen on http://127.0.0.1:${port} \\(${flag}\\): the port is taken; stop`),
      );
      assert.throws(() => Deno.statSync(spec.dataDir), Deno.errors.NotFound, "nothing may be written");
    }
  });
});

Deno.test("two members cannot share a data directory", async () => {
  await withSpec(async (spec) => {
    const first = await MemberProcess.start(spec).ready();
    const [[clientPort, peerPort]] = freePorts(1) as [[number, number]];

    const ended = await MemberProcess.start({ ...spec, clientPort, peerPort }).ended;

    assertRefused(ended, /data-dir .* is in use: another process holds .*; stop the member that runs on it/);
    await first.kill();
  });
});

Deno.test("a data directory that cannot be one is refused", async () => {
  await withSpec(async (spec) => {
    Deno.writeTextFileSync(spec.dataDir, "not a directory");

    const ended = await MemberProcess.start(spec).ended;

    assertRefused(
      ended,
      /cannot use data-dir .*is not a directory; make it a directory that this user can read/,
    );
  });
});

Deno.test("a data directory that another member of another cluster wrote is refused", async () => {
  await withSpec(async (spec) => {
    await startAndKill(spec);
    const [[clientPort, peerPort]] = freePorts(1) as [[number, number]];
    const initialCluster = `other=http://127.0.0.1:${peerPort}`;

    const ended = await MemberProcess.start({ ...spec, name: "other", clientPort, peerPort, initialCluster })
      .ended;

    assertRefused(
      ended,
      /was written by member "infra1" \([0-9a-f]+\) of cluster [0-9a-f]+ at .*; give this member a/,
    );
  });
});

Deno.test("a restart ignores the initial flags and says so", async () => {
  await withSpec(async (spec) => {
    await startAndKill(spec);

    const again = await MemberProcess.start({
      ...spec,
      initialCluster: "x=http://127.0.0.1:1",
      token: "other",
    }).ready();

    assert.match(
      again.output,
      /--initial-cluster-state, --initial-cluster-token ignored, they count on a first start only/,
    );
    assert.equal(await readFoo(spec), "bar");
    await again.kill();
  });
});

Deno.test("a torn log is mended, and the member says so", async () => {
  await withSpec(async (spec) => {
    await startAndKill(spec);
    const path = segmentPath(spec);
    const whole = Deno.readFileSync(path);
    // What a crash leaves of a write whose last bytes had not arrived.
    Deno.writeFileSync(
      path,
      Uint8Array.from([...whole, ...whole.subarray(whole.length - 40, whole.length - 17)]),
    );

    const again = await MemberProcess.start(spec).ready();

    assert.match(again.output, /mended the log: its last write was torn, 23 bytes .* were cut off/);
    assert.equal(await readFoo(spec), "bar");
    await again.kill();
  });
});

Deno.test("a rotten log is refused with what is lost and what to do", async () => {
  await withSpec(async (spec) => {
    await startAndKill(spec);
    const path = segmentPath(spec);
    const bytes = Deno.readFileSync(path);
    bytes[Math.floor(bytes.length / 2)]! ^= 1;
    Deno.writeFileSync(path, bytes);

    const ended = await MemberProcess.start(spec).ended;

    assertRefused(ended, /data-dir .*remove this member from the cluster, and add it again/);
    assert.deepEqual(Deno.readFileSync(path), bytes, "the evidence must stay as it was");
  });
});

Deno.test("a member whose disk is full stops with a line, and goes on where it was when there is room", async () => {
  await withSpec(async (spec) => {
    // A limit on the size of files stands in for a full disk; the signal that comes with it is ignored, so that the
    // write fails as it would on a full disk.
    const command = `trap '' XFSZ; ulimit -f 64; exec "$0" "$@"`;
    const flags = [...taskArguments(), ...memberFlags(spec)];
    const cramped = await new MemberProcess("sh", ["-c", command, Deno.execPath(), ...flags]).ready();
    let acknowledged = 0;

    await withClient(`127.0.0.1:${spec.clientPort}`, async (client) => {
      const value = new Uint8Array(1024);
      for (;;) {
        const ok = await client.call(KV.method.put, { key: utf8(`full/${acknowledged}`), value }).then(
          () => true,
          () => false,
        );
        if (!ok) break;
        acknowledged += 1;
      }
    });
    const ended = await cramped.ended;

    assert.equal(ended.code, 1, ended.output);
    assert.match(ended.output, /error: the disk failed: .*; nothing acknowledged is lost: free space/);
    const roomy = await MemberProcess.start(spec).ready();
    const range = { key: utf8("full/"), rangeEnd: utf8("full0"), countOnly: true };
    const { count } = await withClient(
      `127.0.0.1:${spec.clientPort}`,
      (client) => client.call(KV.method.range, range),
    );
    assert(count >= acknowledged && acknowledged > 5, `${count} of ${acknowledged} acknowledged keys`);
    await roomy.kill();
  });
});

Deno.test("a member ends cleanly on SIGTERM and SIGINT, and its ports are free at once", async () => {
  await withSpec(async (spec) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      const member = await MemberProcess.start(spec).ready();

      const { code } = await member.kill(signal);

      assert.equal(code, 0);
    }
  });
});

Deno.test("flags also come from the environment, with one dash, and with an equals sign", async () => {
  await withSpec(async (spec) => {
    const flags = memberFlags(spec).map((text, at, all) =>
      at % 2 === 0 ? `${text.slice(1)}=${all[at + 1]}` : ""
    );
    const given = flags.filter((flag) => flag !== "" && !flag.startsWith("-name"));

    const member = await MemberProcess.withFlags(given, { ETCD_NAME: spec.name }).ready();

    assert.match(
      member.output,
      /published \{Name:infra1 ClientURLs:\[http:\/\/127.0.0.1:\d+\]\} to cluster [0-9a-f]+/,
    );
    await member.kill();
  });
});

Deno.test("--version and --help answer without starting anything", async () => {
  const version = await MemberProcess.withFlags(["--version"]).ended;
  const help = await MemberProcess.withFlags(["--help"]).ended;

  assert.equal(version.code, 0);
  assert.match(version.output, /^etcd Version: 3\.4\.23\nFlotilla Version: \d+\.\d+\.\d+\n$/);
  assert.equal(help.code, 0);
  assert.match(help.output, /--initial-cluster-token/);
});

/** A cluster of one that nothing speaks against; its data directory does not exist yet. */
async function withSpec(body: (spec: MemberSpec) => Promise<void>): Promise<void> {
  const root = Deno.makeTempDirSync({ prefix: "flotilla-start-" });
  const [[clientPort, peerPort]] = freePorts(1) as [[number, number]];
  try {
    await body({
      name: "infra1",
      clientPort,
      peerPort,
      dataDir: `${root}/infra1`,
      initialCluster: `infra1=http://127.0.0.1:${peerPort}`,
      token: "t",
      state: "new",
    });
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

/** A member that has lived, holds foo=bar, and was killed. */
async function startAndKill(spec: MemberSpec): Promise<void> {
  const member = await MemberProcess.start(spec).ready();
  await withClient(`127.0.0.1:${spec.clientPort}`, (client) => {
    return client.call(KV.method.put, { key: utf8("foo"), value: utf8("bar") });
  });
  await member.kill();
}

async function readFoo(spec: MemberSpec): Promise<string> {
  const { kvs } = await withClient(`127.0.0.1:${spec.clientPort}`, (client) => {
    return client.call(KV.method.range, { key: utf8("foo") });
  });
  return new TextDecoder().decode(kvs[0]?.value);
}

function segmentPath(spec: MemberSpec): string {
  const directory = `${spec.dataDir}/member/wal`;
  const [segment] = [...Deno.readDirSync(directory)].filter(({ name }) => name.endsWith(".wal"));
  return `${directory}/${segment!.name}`;
}

function assertRefused({ code, output }: Ended, says: RegExp): void {
  assert.notEqual(code, 0, output);
  assert.match(output, says);
  assert.equal(output.trimEnd().split("\n").length, 1, `one line, not:\n${output}`);
}
