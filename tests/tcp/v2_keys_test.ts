// The v2 keys: a script of requests answered by one of our members as by real etcd, and what makes them fit for
// discovery: the same on all members, there after a restart, waits that miss nothing, races that one wins.

import assert from "node:assert/strict";
import { eventually, freePorts, withCluster } from "./member_process.ts";
import { aloneFlags, toolTest, withBench } from "./tools.ts";

type Step = readonly [method: string, path: string, form?: Readonly<Record<string, string>>];

const SCRIPT: readonly Step[] = [
  ["PUT", "/d/T/_config/size", { value: "3" }],
  ["GET", "/d/T/_config/size"],
  ["GET", "/d/T"],
  ["PUT", "/d/T/aa?prevExist=false", { value: "x=http://a:1" }],
  ["PUT", "/d/T/aa?prevExist=false", { value: "again" }],
  ["PUT", "/d/T/bb", { value: "y", prevExist: "false" }],
  ["GET", "/d/T?sorted=true"],
  ["GET", "/d?recursive=true&sorted=true&quorum=true"],
  ["GET", "/?recursive=true&sorted=true"],
  ["GET", "/nope"],
  ["GET", "/nope/further"],
  ["PUT", "/d/T/aa/below", { value: "1" }],
  ["PUT", "/d/T", { value: "1" }],
  ["PUT", "/d/T/aa", { value: "2" }],
  ["PUT", "/d/T/aa", { value: "3", prevExist: "true" }],
  ["PUT", "/d/T/aa", { value: "4", prevValue: "3" }],
  ["PUT", "/d/T/aa", { value: "5", prevValue: "9" }],
  ["PUT", "/d/T/zz", { value: "5", prevExist: "true" }],
  ["PUT", "/d/T/zz", { value: "5", prevValue: "1" }],
  ["DELETE", "/d/T/aa?prevValue=9"],
  ["DELETE", "/d/T/aa?prevValue=4"],
  ["DELETE", "/d/T"],
  ["DELETE", "/d/T?dir=true"],
  ["GET", "/d/T/bb?wait=true&waitIndex=2"],
  ["DELETE", "/d/T?recursive=true"],
  ["GET", "/d/T"],
  ["PUT", "/q", { dir: "true" }],
  ["PUT", "/q", { dir: "true", prevExist: "false" }],
  ["PUT", "/q", { dir: "true" }],
  ["GET", "/q"],
  ["DELETE", "/q?dir=true"],
  ["PUT", "/", { value: "1" }],
  ["DELETE", "/?recursive=true"],
  ["GET", "/a?wait=maybe"],
  ["GET", "/a?waitIndex=x"],
  ["PUT", "/a?prevExist=x", { value: "1" }],
  ["PUT", "/a", { value: "1", prevValue: "" }],
  ["PUT", "/a?wait=true", { value: "1" }],
  ["PATCH", "/a"],
  ["PUT", "/%C3%BC", { value: "grüß dich" }],
  ["GET", "/%C3%BC"],
  ["PUT", "/h/_x/y", { value: "1" }],
  ["GET", "/h?recursive=true"],
  ["GET", "/h/_x?recursive=true"],
];

toolTest(["etcd"], "a script of v2 requests is answered as by real etcd, indexes aside", async () => {
  await withBench(async (bench) => {
    const [ours, theirs] = freePorts(2) as [[number, number], [number, number]];
    await Promise.all([
      bench.member(aloneFlags(bench, "ours", ours)).ready(),
      bench.run("etcd", [...aloneFlags(bench, "theirs", theirs), "--enable-v2"]).ready(),
    ]);
    for (const step of SCRIPT) {
      const [own, real] = await Promise.all([ask(ours[0], step), ask(theirs[0], step)]);
      assert.equal(own, real, step.join(" "));
    }
  });
});

Deno.test("v2 keys are the same on every member and there after a restart; a race has one winner", async () => {
  await withCluster(freePorts(3), {}, async (cluster) => {
    const ports = cluster.specs.map(({ clientPort }) => clientPort);
    await ask(ports[0]!, ["PUT", "/t/_config/size", { value: "3" }]);
    // A wait at another member, opened before anything happened.
    const heard = fetch(urlOf(ports[2]!, "/t?wait=true&recursive=true")).then((answer) => answer.json());
    await eventually("the wait to be open", async () => {
      return (await ask(ports[2]!, ["GET", "/t/_config/size"])).startsWith("200") || null;
    });
    await new Promise<void>((turn) => setTimeout(turn, 50));

    const race = await Promise.all(Array.from({ length: 12 }, (_, i) => {
      return ask(ports[i % 3]!, ["PUT", "/t/seat", { value: `claim ${i}`, prevExist: "false" }]);
    }));
    assert.equal(race.filter((answer) => answer.startsWith("201")).length, 1, race.join("\n"));
    assert.equal(race.filter((answer) => answer.includes('"errorCode":105')).length, 11, race.join("\n"));
    const { action, node } = await heard;
    assert.equal(`${action} ${node.key}`, "create /t/seat");

    const everywhere = async () => {
      const answers = await Promise.all(ports.map((port) => exactly(port, "/?recursive=true&sorted=true")));
      return new Set(answers).size === 1 ? answers[0]! : null;
    };
    const before = await eventually("equal keys", everywhere);
    await Promise.all(cluster.processes.map((process) => process!.kill()));
    await Promise.all([0, 1, 2].map((at) => cluster.launch(at).ready()));
    // A v2 read shows what a member has applied: just after a restart, not yet what the new leader will commit.
    await eventually("the keys from before", async () => await everywhere() === before || null);

    // History counts from before the restart, and says when it has been compacted away.
    const past = await fetch(urlOf(ports[1]!, `/t/seat?wait=true&waitIndex=${node.modifiedIndex}`));
    assert.equal((await past.json()).node.value, node.value);
  });
});

Deno.test("odd requests to the v2 keys are refused in words, and the member goes on", async () => {
  await withBench(async (bench) => {
    const [[port, peer]] = freePorts(1) as [[number, number]];
    await bench.member(aloneFlags(bench, "solo", [port, peer])).ready();

    assert.match(
      await ask(port, ["PUT", "/a", { value: "1", ttl: "5" }]),
      /^400 .*"ttl\\" is not served here/,
    );
    assert.match(await ask(port, ["GET", "/a?wait=true&stream=true"]), /^400 .*invalid value for \\"stream/);
    assert.match(
      await ask(port, ["PUT", "/" + "a/".repeat(60), { value: "1" }]),
      /^400 .*more than 32 names/,
    );
    assert.match(await ask(port, ["PUT", "/big", { value: "x".repeat(2_000_000) }]), /^400 .*body too large/);
    assert.match(await ask(port, ["GET", "/%zz"]), /^400 /);

    // What is no URL at all, at either port.
    for (const at of [port, peer]) {
      const odd = await Deno.connect({ hostname: "127.0.0.1", port: at });
      await odd.write(new TextEncoder().encode("GET // HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
      const text = await new Response(odd.readable).text();
      assert.match(text, /^HTTP\/1\.1 404 /);
    }

    // Half a request, then nothing: the client leaves.
    const half = await Deno.connect({ hostname: "127.0.0.1", port });
    await half.write(
      new TextEncoder().encode("PUT /v2/keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nvalue="),
    );
    half.close();
    const waiting = new AbortController();
    const gone = fetch(urlOf(port, "/never?wait=true"), { signal: waiting.signal }).then((answer) =>
      answer.text()
    );
    await new Promise<void>((turn) => setTimeout(turn, 50));
    waiting.abort();
    await assert.rejects(gone);
    assert.match(await ask(port, ["PUT", "/a", { value: "still here" }]), /^201 /);
  });
});

function urlOf(port: number, path: string): string {
  return `http://127.0.0.1:${port}/v2/keys${path}`;
}

/** Status and body, with indexes struck out: theirs count other things. */
async function ask(port: number, [method, path, form]: Step): Promise<string> {
  const answer = await fetch(urlOf(port, path), {
    method,
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
  });
  const body = (await answer.text()).replace(/"(index|modifiedIndex|createdIndex)":\d+/g, '"$1":N');
  return `${answer.status} ${body.trim()}`;
}

async function exactly(port: number, path: string): Promise<string> {
  return await (await fetch(urlOf(port, path))).text();
}
