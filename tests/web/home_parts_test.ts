// The parts of the tab home that need no browser.

import assert from "node:assert/strict";
import { memberIdOf } from "../../core/base/ids.ts";
import { message } from "../../core/raft/message.ts";
import { encodeMessage } from "../../core/wire/peer_codec.ts";
import { AutoSpeed } from "../../workers/browser/auto_speed.ts";
import { BroadcastNetwork } from "../../workers/browser/broadcast_network.ts";
import { assembleFiles } from "../../workers/browser/chunk_files.ts";
import type { Flight } from "../../workers/browser/cluster_api.ts";
import { clientUrlsOf, clusterIdentity } from "../../workers/browser/cluster_identity.ts";
import { asStoredCluster } from "../../workers/browser/cluster_store.ts";
import { EVENT_COUNT_MAX, Happenings } from "../../workers/browser/happenings.ts";
import type { LinkState } from "../../workers/browser/link_state.ts";

Deno.test("a cluster of nine has nine ids, and addresses that are addresses", () => {
  const { members } = clusterIdentity(9);

  assert.equal(new Set(members.map(({ id }) => id)).size, 9);
  assert.deepEqual(clientUrlsOf(0), ["http://127.0.0.1:2379"]);
  assert.deepEqual(clientUrlsOf(1), ["http://127.0.0.1:22379"]);
  for (const url of members.flatMap(({ peerUrls }, place) => [...peerUrls, ...clientUrlsOf(place)])) {
    assert.ok(URL.canParse(url), url);
  }
});

Deno.test("chunks become files, cut where the next one starts", () => {
  const chunk = (...bytes: number[]) => Uint8Array.from(bytes);

  const assembled = assembleFiles(
    [["a", 0], ["a", 2], ["b", 0], ["c", 0], ["c", 4]],
    [chunk(1, 2, 3, 4), chunk(), chunk(), chunk(5, 6, 7, 8), chunk(9)],
  );

  assert.ok(assembled.kind === "files");
  assert.deepEqual(assembled.files.map(({ file, bytes }) => [file, ...bytes]), [["a", 1, 2], ["b"], [
    "c",
    5,
    6,
    7,
    8,
    9,
  ]]);
});

Deno.test("chunks that no member wrote are reported, whatever they are", () => {
  const one = Uint8Array.of(1);
  const cases: [unknown[], unknown[], RegExp][] = [
    [[["a", 1]], [one], /1 bytes of a are missing at 0/],
    [[["a", 0], ["a", 5]], [one, one], /4 bytes of a are missing at 1/],
    [[["a", 0]], ["text"], /no chunk/],
    [[["a", -1]], [one], /no chunk/],
    [[["a", 0.5]], [one], /no chunk/],
    [[["a", "0"]], [one], /no chunk/],
    [[["a"]], [one], /no chunk/],
    [["a"], [one], /no chunk/],
    [[17], [undefined], /no chunk/],
    [[["a", 0], new Date(0)], [one, one], /no chunk/],
  ];
  for (const [keys, values, expected] of cases) {
    const assembled = assembleFiles(keys, values);

    assert.ok(assembled.kind === "failed", JSON.stringify(keys));
    assert.match(assembled.why, expected);
  }
});

Deno.test("a stored cluster that is not one of ours is none", () => {
  const plan = { size: 3, profile: "teaching", rules: "etcd", seed: 1 };
  const incarnation = "0a1b2c3d-0000-4000-8000-000000000000";
  assert.deepEqual(asStoredCluster({ plan, incarnation }), { plan, incarnation });

  for (
    const value of [
      undefined,
      null,
      7,
      {},
      { plan },
      { plan, incarnation: "../x" },
      { plan: { ...plan, size: 0 }, incarnation },
      { plan: { ...plan, size: 10 }, incarnation },
      { plan: { ...plan, profile: "warp" }, incarnation },
      { plan: { ...plan, seed: -1 }, incarnation },
    ]
  ) assert.equal(asStoredCluster(value), null, JSON.stringify(value));
});

Deno.test("events of batches that overtook each other stand in the order of their time", () => {
  const happenings = new Happenings();
  for (const atMs of [10, 30, 20, 30]) happenings.addEvent(atMs, null, { kind: "committed", index: atMs });

  assert.deepEqual(happenings.events.map(({ atMs, number }) => [atMs, number]), [[10, 1], [20, 3], [30, 2], [
    30,
    4,
  ]]);
  for (let i = 0; i < 2 * EVENT_COUNT_MAX; i++) {
    happenings.addEvent(100 + i, null, { kind: "committed", index: i });
  }
  assert.equal(happenings.events.length, EVENT_COUNT_MAX);
  assert.equal(happenings.events.at(-1)!.atMs, 99 + 2 * EVENT_COUNT_MAX);
});

Deno.test("the clock hurries to the first leader, unless the visitor chose a speed", () => {
  const speed = new AutoSpeed("teaching", 0);
  assert.equal(speed.scale, 1);
  speed.observe(false, 1_000);
  assert.equal(speed.scale, 1);
  speed.observe(true, 1_100);
  assert.equal(speed.scale, 1 / 80);
  speed.observe(false, 1_200);
  assert.equal(speed.scale, 1 / 80, "a lost leader is worth watching");

  const chosen = new AutoSpeed("teaching", 0);
  chosen.choose(1 / 10);
  chosen.observe(true, 10);
  assert.equal(chosen.scale, 1 / 10);

  const hopeless = new AutoSpeed("teaching", 0);
  hopeless.observe(false, 20_001);
  assert.equal(hopeless.scale, 1 / 80);
});

/** Two members' networks over real channels, on a clock that the test moves. */
class TwoNetworks {
  readonly ids = [memberIdOf(1), memberIdOf(2)] as const;
  readonly flights: Flight[] = [];
  readonly lost: string[] = [];
  readonly unreachable: string[] = [];
  readonly snapshots: boolean[] = [];
  readonly received: Uint8Array[] = [];
  readonly networks: readonly [BroadcastNetwork, BroadcastNetwork];
  nowMs = 0;
  readonly #agenda: { atMs: number; act: () => void }[] = [];
  #arrived = Promise.withResolvers<void>();

  constructor() {
    const incarnation = crypto.randomUUID();
    const make = (self: 0 | 1) =>
      new BroadcastNetwork({
        self: this.ids[self],
        cluster: clusterIdentity(3).clusterId,
        incarnation,
        startId: 1,
        plan: { size: 3, profile: "teaching", rules: "etcd", seed: 1 },
        links: { cuts: [], down: [] },
        agenda: {
          at: (atMs, act) => {
            this.#agenda.push({ atMs, act });
            this.#arrived.resolve();
          },
        },
        now: () => this.nowMs,
        onFrame: (frame) => this.received.push(frame),
        onFlight: (flight) => this.flights.push(flight),
        onLost: (messageId) => this.lost.push(messageId),
        onUnreachable: (peer) => this.unreachable.push(peer),
        onSnapshotSent: (_peer, ok) => this.snapshots.push(ok),
      });
    this.networks = [make(0), make(1)];
  }

  /** One sends to two, in term `term`. */
  send(term: number, kind: "heartbeat" | "snapshot" = "heartbeat"): void {
    const [from, to] = this.ids;
    const snapshot = kind === "heartbeat" ? null : {
      data: Uint8Array.of(1),
      meta: {
        index: 1,
        term: 1,
        confState: { voters: [from], learners: [], votersOutgoing: [], learnersNext: [], autoLeave: false },
      },
    };
    this.networks[0].send(to, encodeMessage(message({ kind, from, to, term, snapshot })));
  }

  /** Resolves when something more was put on the agenda. */
  async more(count: number): Promise<void> {
    while (this.#agenda.length < count) {
      await this.#arrived.promise;
      this.#arrived = Promise.withResolvers();
    }
  }

  moveTo(atMs: number): void {
    this.nowMs = atMs;
    for (const item of [...this.#agenda].sort((a, b) => a.atMs - b.atMs)) {
      if (item.atMs > atMs) continue;
      this.#agenda.splice(this.#agenda.indexOf(item), 1);
      item.act();
    }
  }

  setLinks(links: LinkState): void {
    for (const network of this.networks) network.setLinks(links);
  }

  close(): void {
    for (const network of this.networks) network.close();
  }
}

Deno.test("a frame lands 9 to 15 virtual milliseconds after it was sent, and none overtakes another", async () => {
  const two = new TwoNetworks();
  for (let term = 1; term <= 50; term++) two.send(term);
  await two.more(50);

  const flightTimes = two.flights.map(({ sentAtMs, deliverAtMs }) => deliverAtMs - sentAtMs);
  assert.ok(flightTimes.every((ms) => ms >= 9 && ms <= 15), String(flightTimes));
  assert.deepEqual(flightTimes, flightTimes.toSorted((a, b) => a - b));
  two.moveTo(8);
  assert.equal(two.received.length, 0);
  two.moveTo(15);
  assert.equal(two.received.length, 50);
  two.close();
});

Deno.test("a cut link loses what is sent and what is in the air, one way only, and says so once", async () => {
  const two = new TwoNetworks();
  const [from, to] = two.ids;
  two.send(1);
  await two.more(1);
  two.setLinks({ cuts: [{ from, to }], down: [] });
  two.moveTo(20);
  two.send(2);
  two.send(3, "snapshot");
  two.moveTo(21);

  assert.equal(two.received.length, 0);
  assert.deepEqual(two.lost, [two.flights[0]!.messageId]);
  assert.deepEqual(two.flights.map(({ dropped }) => dropped), [false, true, true]);
  assert.deepEqual(two.unreachable, [to]);
  assert.deepEqual(two.snapshots, [false]);

  two.setLinks({ cuts: [{ from: to, to: from }], down: [] });
  two.send(4, "snapshot");
  await two.more(2);
  two.moveTo(50);
  assert.equal(two.received.length, 1);
  assert.deepEqual(two.snapshots, [false, true]);
  two.close();
});
