// Finding each other by DNS: SRV records on a real name server (dnsmasq), and what is said when they are missing or
// name others.

import assert from "node:assert/strict";
import { etcdctl } from "./etcdctl.ts";
import { freePorts } from "./member_process.ts";
import { type Bench, seatFlags, toolTest, withBench } from "./tools.ts";

const DOMAIN = "flotilla.test";

toolTest(["dnsmasq", "etcdctl"], "three members find each other by their SRV records", async () => {
  await withBench(async (bench) => {
    const [[dnsPort], ...seats] = freePorts(4) as [[number, number], ...[number, number][]];
    const server = await startDns(bench, dnsPort, [
      ...seats.map(([, peer]) => `--srv-host=_etcd-server._tcp.${DOMAIN},localhost,${peer}`),
      ...seats.map(([client]) => `--srv-host=_etcd-client._tcp.${DOMAIN},localhost,${client}`),
    ]);
    const members = seats.map((ports, i) => {
      return bench.member(seatFlags(bench, `infra${i + 1}`, ports, "--discovery-srv", DOMAIN), server);
    });
    await Promise.all(members.map((member) => member.ready()));

    const list = await etcdctl(`127.0.0.1:${seats[0]![0]}`, "member", "list");
    assert.equal(list.match(/started, infra\d, http:\/\/localhost:\d+, /g)?.length, 3, list);
    assert.match(members[0]!.output, /got bootstrap from DNS for etcd-server at infra1=http:\/\/localhost:/);
    assert.equal(await etcdctl(`127.0.0.1:${seats[1]![0]}`, "put", "by", "dns"), "OK\n");
  });
});

toolTest(
  ["dnsmasq"],
  "a suffix of the records' name is heeded; foreign records and none are refused",
  async () => {
    await withBench(async (bench) => {
      const [[dnsPort], seat, [, other]] = freePorts(3) as [
        [number, number],
        [number, number],
        [number, number],
      ];
      const server = await startDns(bench, dnsPort, [
        `--host-record=one.${DOMAIN},127.0.0.1`,
        `--srv-host=_etcd-server-blue._tcp.${DOMAIN},one.${DOMAIN},${seat[1]}`,
        `--srv-host=_etcd-server._tcp.${DOMAIN},one.${DOMAIN},${other}`,
      ]);
      const start = (name: string, ...flags: readonly string[]) => {
        return bench.member(seatFlags(bench, name, seat, ...flags), server);
      };

      // It is found by address, whatever the record calls the host.
      const blue = await start("blue", "--discovery-srv", DOMAIN, "--discovery-srv-name", "blue").ready();
      assert.match(blue.output, new RegExp(`at blue=http://one\\.${DOMAIN}:${seat[1]}`));
      await blue.kill();

      const foreign = await start("foreign", "--discovery-srv", DOMAIN).ended;
      assert.equal(foreign.code, 1);
      assert.match(
        foreign.output,
        /^error: cannot find local etcd member "foreign" in SRV records \(0=.*\); let one of the records lead to/m,
      );
      const none = await start("none", "--discovery-srv", `nobody.${DOMAIN}`).ended;
      assert.match(
        none.output,
        /^error: couldn't resolve during SRV discovery \(.*_etcd-server lookup .*no such host.*\); let _etcd-server/m,
      );
      for (const name of ["foreign", "none"]) {
        assert.throws(
          () => Deno.statSync(`${bench.root}/${name}`),
          Deno.errors.NotFound,
          "nothing is written",
        );
      }
    });
  },
);

Deno.test("a name server that does not answer, or is none, is said", async () => {
  await withBench(async (bench) => {
    const [seat] = freePorts(1) as [[number, number]];
    const flags = seatFlags(bench, "infra1", seat, "--discovery-srv", DOMAIN);
    const odd = await bench.member(flags, { FLOTILLA_NAME_SERVER: "nearby" }).ended;
    assert.match(odd.output, /^error: invalid value "nearby" for FLOTILLA_NAME_SERVER; write it as/);
    const dead = await bench.member(flags, { FLOTILLA_NAME_SERVER: `127.0.0.1:${seat[0]}` }).ended;
    assert.match(dead.output, /^error: couldn't resolve during SRV discovery/);
  });
});

/** The environment that makes a member ask it. */
async function startDns(
  bench: Bench,
  port: number,
  records: readonly string[],
): Promise<Record<string, string>> {
  // deno-fmt-ignore
  const dns = bench.run("dnsmasq", [
    "--keep-in-foreground", "--log-facility=-", "--port", String(port), "--listen-address=127.0.0.1",
    "--bind-interfaces", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", "--pid-file=",
    `--local=/${DOMAIN}/`, "--address=/localhost/127.0.0.1", ...records,
  ]);
  await dns.printed(/started, version/);
  return { FLOTILLA_NAME_SERVER: `127.0.0.1:${port}` };
}
