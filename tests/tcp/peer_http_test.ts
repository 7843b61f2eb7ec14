// The peer port: two members' networks over loopback, and what strangers get to hear.

import assert from "node:assert/strict";
import { clusterId, type MemberId, memberIdOf } from "../../core/base/ids.ts";
import type { MemberInfo } from "../../core/member/io.ts";
import { message } from "../../core/raft/message.ts";
import { decodeMessage, encodeMessage } from "../../core/wire/peer_codec.ts";
import { askMembers } from "../../workers/deno/first_start.ts";
import { FrameReader, isLinkHeartbeat, joinFrames, LINK_HEARTBEAT } from "../../workers/deno/peer_frames.ts";
import { PeerHttp } from "../../workers/deno/peer_http.ts";
import { freePorts } from "./member_process.ts";

const CLUSTER = clusterId("00000000000000cc");
const A = memberIdOf(0xa), B = memberIdOf(0xb);

Deno.test("messages arrive whole and in order, and a lost peer is reported once", async () => {
  const [a, b] = await twoPeers();
  try {
    a.host.setRoster([b.address]);
    b.host.setRoster([a.address]);
    // Until the streams are up, messages go by POST: slower, but none is lost.
    a.host.send(B, heartbeat(1));
    await b.received(1);
    await until(() => a.host.connectedCount === 1 && b.host.connectedCount === 1);

    for (let commit = 2; commit <= 200; commit++) a.host.send(B, heartbeat(commit));
    await b.received(200);
    assert.deepEqual(b.commits, Array.from({ length: 200 }, (_, i) => i + 1));

    b.host.close();
    await until(() => a.unreachable.length > 0);
    for (let i = 0; i < 50; i++) a.host.send(B, heartbeat(1));
    assert.deepEqual(a.unreachable, [B]);
    assert.equal(a.host.droppedCount, 50);
  } finally {
    a.host.close();
    b.host.close();
  }
});

Deno.test("a snapshot travels by itself and its end is reported", async () => {
  const [a, b] = await twoPeers();
  try {
    a.host.setRoster([b.address]);
    b.host.setRoster([a.address]);
    const data = new Uint8Array(5_000_000).fill(3);
    const confState = {
      voters: [A, B],
      learners: [],
      votersOutgoing: [],
      learnersNext: [],
      autoLeave: false,
    };
    const snapshot = { meta: { index: 7, term: 2, confState }, data };

    a.host.send(B, encodeMessage(message({ kind: "snapshot", from: A, to: B, term: 2, snapshot })));
    await until(() => a.snapshotsSent.length > 0);

    const frame = decodeMessage(b.frames[0]!);
    assert(frame.kind === "snapshot");
    assert.equal(frame.snapshot!.data.length, data.length);
    b.host.close();
    a.host.send(B, encodeMessage(message({ kind: "snapshot", from: A, to: B, term: 2, snapshot })));
    await until(() => a.snapshotsSent.length > 1);
    assert.deepEqual(a.snapshotsSent, [true, false]);
  } finally {
    a.host.close();
    b.host.close();
  }
});

Deno.test("strangers are refused with etcd's statuses, and counted", async () => {
  const [a, b] = await twoPeers();
  try {
    a.host.setRoster([b.address]);
    a.removed.add(memberIdOf(0xdead));
    const own = { "X-Etcd-Cluster-ID": "cc" };
    const rows: [path: string, headers: Record<string, string>, status: number][] = [
      ["/raft/stream/message/b", {}, 412],
      ["/raft/stream/message/b", { "X-Etcd-Cluster-ID": "dd" }, 412],
      ["/raft/stream/message/b", { ...own, "X-Raft-To": "b" }, 412],
      ["/raft/stream/message/dead", own, 410],
      ["/raft/stream/message/f", own, 404],
      ["/raft/elsewhere", own, 404],
    ];

    for (const [path, headers, status] of rows) {
      const response = await fetch(a.address.peerUrls[0] + path, { headers });
      await response.body?.cancel();
      assert.equal(response.status, status, `${path} ${JSON.stringify(headers)}`);
    }

    assert.equal(a.host.strangerCount, rows.length);
    assert.deepEqual(a.frames, []);
  } finally {
    a.host.close();
    b.host.close();
  }
});

Deno.test("the list of members survives the way through JSON, 64-bit ids and all", async () => {
  const [a, b] = await twoPeers();
  try {
    const answer = await askMembers(["http://127.0.0.1:1", a.address.peerUrls[0]!], null);

    assert.deepEqual(answer, { clusterId: CLUSTER, members: MEMBERS });
    assert.equal(await askMembers(["http://127.0.0.1:1"], null), null);
  } finally {
    a.host.close();
    b.host.close();
  }
});

Deno.test("frames come out alike wherever the stream was cut, and none beyond the limit", () => {
  const sent = [LINK_HEARTBEAT, new Uint8Array(100).fill(1), new Uint8Array(0), new Uint8Array(3).fill(2)];
  const stream = joinFrames(sent);

  for (let cut = 0; cut <= stream.length; cut++) {
    const reader = new FrameReader(100);
    const frames = [...reader.take(stream.slice(0, cut))!, ...reader.take(stream.slice(cut))!];

    assert.deepEqual(frames, sent);
  }
  assert.equal(new FrameReader(99).take(stream), null);
  assert(isLinkHeartbeat(LINK_HEARTBEAT));
  assert(!isLinkHeartbeat(heartbeat(1)));
});

const MEMBERS: readonly MemberInfo[] = [
  {
    id: "fd422379fda50e48" as MemberId,
    name: "infra3",
    peerUrls: ["http://x:1"],
    clientUrls: ["http://x:2"],
    isLearner: false,
  },
  { id: A, name: "", peerUrls: ["http://y:1", "http://z:1"], clientUrls: [], isLearner: true },
];

class Peer {
  readonly host = new PeerHttp();
  readonly frames: Uint8Array[] = [];
  readonly unreachable: MemberId[] = [];
  readonly snapshotsSent: boolean[] = [];
  readonly removed = new Set<MemberId>();
  readonly address: { id: MemberId; peerUrls: string[] };

  constructor(id: MemberId, port: number) {
    this.address = { id, peerUrls: [`http://127.0.0.1:${port}`] };
  }

  async listen(port: number): Promise<this> {
    const endpoint = { url: this.address.peerUrls[0]!, scheme: "http", host: "127.0.0.1", port } as const;
    assert.equal(await this.host.listen([{ endpoint, flag: "listen-peer-urls" }]), null);
    this.host.start({ id: this.address.id, clusterId: CLUSTER, peerUrls: this.address.peerUrls }, {
      onFrame: (frame) => this.frames.push(frame.slice()),
      onUnreachable: (peer) => this.unreachable.push(peer),
      onSnapshotSent: (_peer, ok) => this.snapshotsSent.push(ok),
      listMembers: (onList) => onList(MEMBERS),
      isRemoved: (id) => this.removed.has(id),
      onGone: () => {},
      warn: () => {},
    });
    return this;
  }

  get commits(): number[] {
    return this.frames.map((frame) => {
      const decoded = decodeMessage(frame);
      return decoded.kind === "heartbeat" ? decoded.commit : -1;
    });
  }

  received(count: number): Promise<void> {
    return until(() => this.frames.length >= count);
  }
}

function twoPeers(): Promise<[Peer, Peer]> {
  const [[portA, portB]] = freePorts(1) as [[number, number]];
  return Promise.all([new Peer(A, portA).listen(portA), new Peer(B, portB).listen(portB)]);
}

function heartbeat(commit: number): Uint8Array {
  return encodeMessage(message({ kind: "heartbeat", from: A, to: B, term: 2, commit }));
}

async function until(isSo: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 10_000; !isSo();) {
    assert(performance.now() < deadline, "not within ten seconds");
    await new Promise<void>((turn) => setTimeout(turn, 2));
  }
}
