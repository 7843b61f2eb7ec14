// A proposal happens once, or, when its client was told that it had not happened in time and nobody had taken it, never.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import type { MemberId } from "../../../core/base/ids.ts";
import { putRequest, rangeRequest } from "../../../core/kv/requests.ts";
import type { ClientResponse } from "../../../core/member/io.ts";
import { ETCD_RULES, TEACHING_TIMING } from "../../../core/member/options.ts";
import { ClusterSim } from "../../../core/sim/cluster_sim.ts";

const KEY = utf8("x");

class World {
  readonly answers = new Map<number, ClientResponse>();
  readonly sim = new ClusterSim({
    seed: 7,
    size: 3,
    timing: TEACHING_TIMING,
    rules: ETCD_RULES,
    link: { delayMsMin: 5, delayMsMax: 15, lossPerMille: 0, duplicatePerMille: 0 },
    diskDelayMsMin: 1,
    diskDelayMsMax: 2,
    clockDriftPerMille: 0,
    snapshotCount: 1_000,
    catchUpEntries: 100,
    segmentBytesMax: 65_536,
  }, [{ onResponse: (requestId, response) => void this.answers.set(requestId, response) }]);

  elect(): MemberId {
    assert.ok(this.sim.runUntil((sim) => sim.leader() !== null, 5_000));
    this.sim.runFor(500);
    return this.sim.leader()!;
  }

  versionOfKey(): number {
    const answer = this.sim.member(this.sim.leader()!).member!.read(
      rangeRequest({ key: KEY, serializable: true }),
    );
    assert.ok(answer.kind === "range");
    return answer.kvs[0]?.version ?? 0;
  }
}

Deno.test("a forwarded proposal that the network delivers twice is carried out once", () => {
  const world = new World();
  const leader = world.elect();
  const follower = world.sim.ids.find((id) => id !== leader)!;
  world.sim.act({ kind: "link", from: follower, to: leader, settings: { duplicatePerMille: 1_000 } });

  const requestId = world.sim.request(follower, putRequest({ key: KEY, value: utf8("1") }));
  world.sim.runFor(500);

  assert.equal(world.answers.get(requestId)?.kind, "ok");
  assert.equal(world.versionOfKey(), 1);
});

Deno.test("its second copy does no harm after the leadership has changed hands either", () => {
  const world = new World();
  const leader = world.elect();
  const [follower, heir] = world.sim.ids.filter((id) => id !== leader) as [MemberId, MemberId];
  // The copy reaches the first leader long after it has handed over: it passes it on to the new one.
  world.sim.act({
    kind: "link",
    from: follower,
    to: leader,
    settings: { duplicatePerMille: 1_000, delayMsMin: 10, delayMsMax: 1_500 },
  });
  world.sim.request(follower, putRequest({ key: KEY, value: utf8("1") }));
  assert.ok(world.sim.runUntil(() => world.versionOfKey() === 1, 2_000));

  world.sim.act({ kind: "transfer", to: heir });
  world.sim.runFor(3_000);

  assert.equal(world.sim.leader(), heir);
  assert.equal(world.versionOfKey(), 1);
});

Deno.test("a proposal that nobody took before its client was told so never happens", () => {
  const world = new World();
  const leader = world.elect();
  const followers = world.sim.ids.filter((id) => id !== leader);
  for (const id of [leader, followers[1]!]) world.sim.act({ kind: "crash", member: id });
  world.sim.runFor(1_000);

  const requestId = world.sim.request(followers[0]!, putRequest({ key: KEY, value: utf8("1") }));
  world.sim.runFor(5_000);
  const answer = world.answers.get(requestId);
  for (const id of [leader, followers[1]!]) world.sim.act({ kind: "restart", member: id });
  world.elect();

  assert.ok(answer?.kind === "error" && answer.message === "etcdserver: request timed out");
  assert.equal(world.versionOfKey(), 0);
});
