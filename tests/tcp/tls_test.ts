// TLS on both ports, from files: three members that trust one authority serve etcdctl and curl over it, strangers are
// turned away, and a certificate's common name is a user.

import assert from "node:assert/strict";
import { Authority, type Certificate } from "./certificates.ts";
import { tryEtcdctl } from "./etcdctl.ts";
import { eventually, freePorts } from "./member_process.ts";
import { aloneFlags, type Bench, toolTest, withBench } from "./tools.ts";

const BRISK = ["--heartbeat-interval", "20", "--election-timeout", "200"];

toolTest(["etcdctl", "openssl"], "three members speak TLS with clients and with each other", async () => {
  await withBench(async (bench) => {
    const authority = await Authority.create(bench.root, "ca");
    const own = await authority.sign("member"), strangers = await Authority.create(bench.root, "strangers");
    const seats = freePorts(4);
    const all = seats.slice(0, 3).map(([, peer], i) => `m${i}=https://127.0.0.1:${peer}`).join(",");
    const start = (i: number, name: string, certificate: Certificate) => {
      return bench.member([...secureFlags(bench, name, seats[i]!, all), ...tlsFlags(authority, certificate)]);
    };
    const members = [0, 1, 2].map((i) => start(i, `m${i}`, own));
    await Promise.all(members.map((member) => member.ready()));

    const ctl = trusting(authority, own);
    const endpoint = (i: number) => `https://127.0.0.1:${seats[i]![0]}`;
    const put = await tryEtcdctl(endpoint(0), ...ctl, "put", "a", "b");
    assert.equal(put.stdout, "OK\n", put.stderr);
    assert.equal((await tryEtcdctl(endpoint(1), ...ctl, "get", "a")).stdout, "a\nb\n");
    assert.match(members[0]!.output, /serving client requests on 127\.0\.0\.1:/);

    // Whoever shows nothing, or somebody else's signature, hears nothing.
    for (
      const [who, flags] of Object.entries({
        nobody: [`--cacert=${authority.file}`],
        stranger: trusting(authority, await strangers.sign("member")),
      })
    ) {
      const refused = await tryEtcdctl(
        endpoint(0),
        "--dial-timeout=2s",
        "--command-timeout=2s",
        ...flags,
        "get",
        "a",
      );
      assert.notEqual(refused.code, 0, who);
      assert.equal(refused.stdout, "", who);
    }
    await members[0]!.printed(/rejected connection.*\(.*certificate.*\)/);
    const plain = await tryEtcdctl(endpoint(0).replace("https", "http"), "--command-timeout=2s", "get", "a");
    assert.notEqual(plain.code, 0);

    // The cluster goes on over TLS when one member dies and comes back.
    await members[1]!.kill();
    await eventually("a put without one", async () => {
      const { code } = await tryEtcdctl(endpoint(0), "--command-timeout=1s", ...ctl, "put", "a", "c");
      return code === 0 || null;
    });
    await start(1, "m1", own).ready();
    assert.equal((await tryEtcdctl(endpoint(1), ...ctl, "get", "a")).stdout, "a\nc\n");
  });
});

toolTest(["etcdctl", "openssl"], "the common name of a client's certificate is the user", async () => {
  await withBench(async (bench) => {
    const authority = await Authority.create(bench.root, "ca");
    const own = await authority.sign("member"), ann = await authority.sign("ann");
    const rootCertificate = await authority.sign("root");
    const [ports] = freePorts(1) as [[number, number]];
    await bench.member([
      ...aloneFlags(bench, "solo", ports).map((flag) =>
        flag.replace(`http://127.0.0.1:${ports[0]}`, `https://127.0.0.1:${ports[0]}`)
      ),
      ...[
        "--cert-file",
        own.cert,
        "--key-file",
        own.key,
        "--trusted-ca-file",
        authority.file,
        "--client-cert-auth",
      ],
      ...BRISK,
    ]).ready();
    const endpoint = `https://127.0.0.1:${ports[0]}`;
    const as = (certificate: Certificate, ...command: string[]) =>
      tryEtcdctl(endpoint, ...trusting(authority, certificate), ...command);
    for (
      const command of [
        "user add root --no-password",
        "user grant-role root root",
        "user add ann --no-password",
        "role add reader",
        "role grant-permission reader read a",
        "user grant-role ann reader",
        "put a 1",
        "auth enable",
      ]
    ) {
      const { code, stderr } = await as(rootCertificate, ...command.split(" "));
      assert.equal(code, 0, stderr);
    }

    assert.equal((await as(ann, "get", "a")).stdout, "a\n1\n");
    assert.match((await as(ann, "put", "a", "2")).stderr, /etcdserver: permission denied/);
    assert.equal((await as(rootCertificate, "put", "a", "2")).stdout, "OK\n");
    assert.match((await as(own, "get", "a")).stderr, /etcdserver: permission denied/);
    // The JSON gateway is asked over the same connection, and speaks in nobody's name.
    const client = Deno.createHttpClient({
      caCerts: [Deno.readTextFileSync(authority.file)],
      cert: Deno.readTextFileSync(rootCertificate.cert),
      key: Deno.readTextFileSync(rootCertificate.key),
    });
    const answer = await fetch(`${endpoint}/v3/kv/range`, { method: "POST", body: '{"key":"YQ=="}', client });
    assert.equal((await answer.json()).message, "etcdserver: user name is empty");
    client.close();
  });
});

toolTest(
  ["openssl"],
  "files that are none, or do not belong together, are refused with what to do",
  async () => {
    await withBench(async (bench) => {
      const authority = await Authority.create(bench.root, "ca");
      const one = await authority.sign("one"), other = await authority.sign("other");
      const [ports] = freePorts(1) as [[number, number]];
      const refusal = async (...flags: string[]) => {
        const member = bench.member([...aloneFlags(bench, "solo", ports), ...flags]);
        await member.printed(/^error: .*\n/m);
        const { code, output } = await member.ended;
        assert.equal(code, 1, output);
        return output;
      };

      assert.match(
        await refusal("--cert-file", `${bench.root}/none`, "--key-file", one.key),
        /error: cannot read .*none \(--cert-file\): .*; name a file in PEM form/,
      );
      assert.match(await refusal("--cert-file", one.cert), /KeyFile and CertFile must both be present/);
      assert.match(
        await refusal("--cert-file", one.cert, "--key-file", other.key),
        /cannot be used: .*; name a/,
      );
      assert.match(
        await refusal("--peer-cert-file", one.key, "--peer-key-file", one.key),
        /cannot be used: /,
      );
      assert.throws(() => Deno.statSync(`${bench.root}/solo`), Deno.errors.NotFound);
    });
  },
);

function secureFlags(
  bench: Bench,
  name: string,
  [client, peer]: readonly [number, number],
  all: string,
): string[] {
  const url = `https://127.0.0.1:${client}`, peerUrl = `https://127.0.0.1:${peer}`;
  // deno-fmt-ignore
  return [
    "--name", name, "--data-dir", `${bench.root}/${name}`, "--listen-client-urls", url,
    "--advertise-client-urls", url, "--listen-peer-urls", peerUrl, "--initial-advertise-peer-urls", peerUrl,
    "--initial-cluster", all, ...BRISK,
  ];
}

function tlsFlags({ file }: Authority, { cert, key }: Certificate): string[] {
  return ["", "peer-"].flatMap((side) => {
    return [`--${side}cert-file=${cert}`, `--${side}key-file=${key}`, `--${side}trusted-ca-file=${file}`];
  });
}

function trusting({ file }: Authority, { cert, key }: Certificate): string[] {
  return [`--cacert=${file}`, `--cert=${cert}`, `--key=${key}`];
}
