// A member watched live: what the stream tells of an election and a put, that it is off unless asked for, and that a
// reader that does not read costs nothing.

import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import type http from "node:http";
import type { Input, Output } from "../../core/member/io.ts";
import { message } from "../../core/raft/message.ts";
import type { MemberId } from "../../core/base/ids.ts";
import { type TraceBeat, TraceDesk } from "../../core/member/trace_beat.ts";
import type { MemberView } from "../../core/member/view.ts";
import { TRACE_PATH, TraceStream } from "../../workers/deno/trace_stream.ts";
import { eventually, freePorts, withCluster } from "./member_process.ts";
import { aloneFlags, withBench } from "./tools.ts";

const ids = ["0000000000000001", "00000000000000b2", "00000000000000c3"] as MemberId[];
const [self, peer, third] = ids as [MemberId, MemberId, MemberId];

const view = {
  id: self,
  name: "infra1",
  role: "follower",
  term: 2,
  leader: peer,
  votes: [{ voter: peer, granted: true }],
  progress: [{ peer, heardTicksAgo: 3 }],
  log: Array.from(
    { length: 40 },
    (_, i) => ({ index: i + 1, term: 2, kind: "normal", label: "x", safety: "applied" }),
  ),
  timer: {},
} as unknown as MemberView;

Deno.test("a beat counts messages by link and kind, tells what is rare, and stays small", () => {
  const desk = new TraceDesk(self);
  const heartbeat: Input = {
    kind: "receive",
    message: message({ kind: "heartbeat", from: peer, to: self, term: 2 }),
  };
  const no: Output = {
    kind: "send",
    message: message({ kind: "voteReply", from: self, to: third, term: 3, reject: true }),
  };
  const toItself: Output = {
    kind: "send",
    message: message({ kind: "propose", from: self, to: self, term: 0 }),
  };
  const cast = (granted: boolean): Output => ({
    kind: "trace",
    event: { kind: "voteCast", for: third, term: 3, pre: false, granted, reason: "" },
  });
  const applied: Output = { kind: "trace", event: { kind: "applied", index: 9, revision: 4 } };
  desk.see([heartbeat, heartbeat], [no, toItself, applied, ...Array.from({ length: 70 }, () => cast(false))]);

  const beat = desk.beat(view);

  assert.deepEqual(beat.messages, [
    { from: "b2", to: "1", kind: "heartbeat", reject: false, count: 2 },
    { from: "1", to: "c3", kind: "voteReply", reject: true, count: 1 },
  ]);
  assert.deepEqual(beat.events[0], { kind: "vote", for: "c3", term: 3, pre: false, granted: false });
  assert.equal(beat.events.length, 64);
  assert.equal(beat.untold, 6);
  assert.equal(beat.glance.log.length, 16);
  assert.equal(beat.glance.log.at(-1)?.index, 40);
  assert.deepEqual(beat.glance.votes, [{ voter: "b2", granted: true }]);
  assert.deepEqual(desk.beat(view).messages, [], "each beat begins anew");
});

/** An answer whose reader takes `waiting` bytes too few. */
class StubResponse extends EventEmitter {
  writableLength = 0;
  lines: string[] = [];
  status = 0;
  body = "";
  writeHead(status: number): this {
    this.status = status;
    return this;
  }
  flushHeaders(): void {}
  write(line: string): void {
    this.lines.push(line);
  }
  end(body = ""): void {
    this.body = body;
  }
  destroy(): void {
    this.emit("close");
  }
}

const request = { resume: () => {}, method: "GET" } as unknown as http.IncomingMessage;

function read(stream: TraceStream, response = new StubResponse()): StubResponse {
  stream.answer(request, response as unknown as http.ServerResponse);
  return response;
}

Deno.test("a reader that does not read misses beats, is told how many, and is let go in the end", async () => {
  let looked = 0;
  const member = { view: () => (looked += 1, view) };
  const stream = new TraceStream(member, self, 2);
  try {
    const stuck = read(stream);
    stuck.writableLength = 1 << 20;
    await eventually(
      "the end of the one that never reads",
      async () => (stream.readerCount === 0 ? true : null),
    );
    assert.deepEqual(stuck.lines, []);

    const quick = read(stream), slow = read(stream);
    slow.writableLength = 1 << 20;
    await eventually("beats of the quick one", async () => (quick.lines.length >= 3 ? true : null));
    assert.deepEqual(slow.lines, []);
    slow.writableLength = 0;
    await eventually("a beat of the slow one", async () => (slow.lines.length >= 1 ? true : null));
    const told = JSON.parse(slow.lines[0]!) as { beat: TraceBeat; missed: number };
    assert.ok(told.missed >= 3, `${told.missed} missed`);
    assert.equal(JSON.parse(quick.lines[0]!).missed, 0);
    assert.equal(told.beat.glance.name, "infra1");

    const crowd = Array.from({ length: 14 }, () => read(stream));
    assert.deepEqual(crowd.map(({ status }) => status), crowd.map(() => 200));
    const refused = read(stream);
    assert.equal(refused.status, 503);
    assert.match(refused.body, /16 readers/);
    for (const one of [quick, slow, ...crowd]) one.destroy();
    assert.equal(stream.readerCount, 0);
    const lookedAtTheEnd = looked;
    stream.see([], []);
    assert.equal(looked, lookedAtTheEnd, "nobody watches, nobody looks");
  } finally {
    stream.close();
  }
});

Deno.test("without its flag there is no trace, and no word of it", async () => {
  await withBench(async (bench) => {
    const [ports] = freePorts(1);
    await bench.member(aloneFlags(bench, "alone", ports!)).ready();
    const url = `http://127.0.0.1:${ports![0]}`;
    const refused = await fetch(url + TRACE_PATH);
    assert.equal(refused.status, 404, await refused.text());
    assert.equal((await (await fetch(`${url}/version`)).json()).trace, undefined);
  });
});

Deno.test("three members tell of heartbeats, a put in the log, and the votes after the leader's death", async () => {
  const options = { extra: ["--experimental-flotilla-trace", "--cors", "http://page.example"] };
  await withCluster(freePorts(3), options, async (cluster) => {
    const release = await (await fetch(`http://${cluster.endpoint(0)}/version`)).json();
    assert.equal(release.trace, TRACE_PATH);
    const watches = await Promise.all(cluster.endpoints.map(async (endpoint) => {
      const response = await fetch(`http://${endpoint}${release.trace}`, {
        headers: { origin: "http://page.example" },
      });
      assert.equal(response.headers.get("access-control-allow-origin"), "http://page.example");
      return watch(response.body!);
    }));
    try {
      const leaderAt = await eventually("a leader by its own word", async () => {
        const at = watches.findIndex(({ beats }) => beats.at(-1)?.glance.role === "leader");
        return at < 0 ? null : at;
      });
      const leader = watches[leaderAt]!.beats.at(-1)!.glance;
      const follower = watches[(leaderAt + 1) % 3]!;
      await eventually(
        "a heartbeat counted at its receiver",
        async () =>
          follower.beats.some(({ messages }) =>
            messages.some(({ kind, from }) => kind === "heartbeat" && from === leader.id)
          ) || null,
      );

      const put = await fetch(`http://${cluster.endpoint(0)}/v3/kv/put`, {
        method: "POST",
        body: JSON.stringify({ key: btoa("x"), value: btoa("7") }),
      });
      assert.equal(put.status, 200, await put.text());
      await eventually(
        "the put in every log, applied",
        async () =>
          watches.every(({ beats }) =>
            beats.at(-1)?.glance.log.some(({ label, safety }) => label === "x=7" && safety === "applied")
          ) || null,
      );

      await cluster.processes[leaderAt]!.kill();
      const survivors = watches.filter((_, at) => at !== leaderAt);
      await eventually(
        "a vote for the successor",
        async () =>
          survivors.some(({ beats }) =>
            beats.some(({ events }) =>
              events.some((event) =>
                event.kind === "vote" && event.granted && !event.pre && event.term > leader.term
              )
            )
          ) || null,
      );
      await eventually(
        "the successor",
        async () => survivors.some(({ beats }) => beats.at(-1)?.glance.role === "leader") || null,
      );
      assert.equal(await watches[leaderAt]!.over, "broken off");
    } finally {
      await Promise.all(watches.map(({ close }) => close()));
    }
  });
});

/** Reads beats as they come. */
function watch(body: ReadableStream<Uint8Array<ArrayBuffer>>) {
  const beats: TraceBeat[] = [];
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  const over = (async () => {
    try {
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return "ended";
        const lines = (rest + value).split("\n");
        rest = lines.pop()!;
        for (const line of lines) beats.push(JSON.parse(line).beat);
      }
    } catch {
      return "broken off";
    }
  })();
  const close = async () => {
    await reader.cancel().catch(() => {});
    await over;
  };
  return { beats, over, close };
}
