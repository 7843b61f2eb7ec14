// Leases over a cluster in virtual time: when they end, who may ask whom, and what a change of leaders does to them.

import assert from "node:assert/strict";
import { utf8 } from "../../../core/base/bytes.ts";
import { ETCD_ERRORS, isEtcdError } from "../../../core/base/etcd_error.ts";
import type { MemberId } from "../../../core/base/ids.ts";
import { putRequest, rangeRequest } from "../../../core/kv/requests.ts";
import type { ClientRequest, ClientResponse, ClientResult } from "../../../core/member/io.ts";
import { ETCD_RULES } from "../../../core/member/options.ts";
import { ClusterSim, type SimObserver } from "../../../core/sim/cluster_sim.ts";
import { HandsOnMember, optionsOf } from "./hands_on_member.ts";

const TIMING = { tickMs: 20, heartbeatTicks: 1, electionTicks: 10, requestTimeoutTicks: 150 };
const LINK = { delayMsMin: 1, delayMsMax: 5, lossPerMille: 0, duplicatePerMille: 20 };
const ELECTION_MS = TIMING.tickMs * TIMING.electionTicks;
const LEASE = "00000000000000aa";

class Cluster implements SimObserver {
  readonly sim: ClusterSim;
  readonly #answers = new Map<number, ClientResponse>();

  constructor(size: number, seed = 3) {
    this.sim = new ClusterSim({
      seed,
      size,
      timing: TIMING,
      rules: ETCD_RULES,
      link: LINK,
      diskDelayMsMin: 0,
      diskDelayMsMax: 3,
      clockDriftPerMille: 0,
      snapshotCount: 1_000,
      catchUpEntries: 100,
      segmentBytesMax: 65_536,
    }, [this]);
    this.settle();
  }

  onResponse(requestId: number, response: ClientResponse): void {
    this.#answers.set(requestId, response);
  }

  settle(): MemberId {
    assert(this.sim.runUntil((sim) => sim.leader() !== null, 20_000));
    this.sim.runFor(300);
    return this.sim.leader()!;
  }

  get followers(): readonly MemberId[] {
    return this.sim.ids.filter((id) => id !== this.sim.leader() && this.sim.member(id).state === "running");
  }

  ask(member: MemberId, request: ClientRequest): ClientResponse {
    const requestId = this.sim.request(member, request);
    assert(this.sim.runUntil(() => this.#answers.has(requestId), 10_000), `${request.kind} got no answer`);
    return this.#answers.get(requestId)!;
  }

  result<Kind extends ClientResult["kind"]>(member: MemberId, request: ClientRequest, kind: Kind) {
    const response = this.ask(member, request);
    assert(response.kind === "ok" && response.result.kind === kind, JSON.stringify(response));
    return response.result as Extract<ClientResult, { kind: Kind }>;
  }

  /** Runs until the lease is gone everywhere; the virtual time when the last member forgot it. */
  goneAtMs(limitMs: number): number {
    const isGone = (id: MemberId) => this.sim.member(id).member?.machine.kv.lease(LEASE) == null;
    assert(this.sim.runUntil((sim) => sim.ids.every(isGone), limitMs), "the lease lives on");
    return this.sim.nowMs;
  }
}

Deno.test("a lease and its keys live their time and hardly longer, on every member", () => {
  const cluster = new Cluster(3);
  const leader = cluster.sim.leader()!;
  const grantedAtMs = cluster.sim.nowMs;
  cluster.result(leader, { kind: "leaseGrant", id: LEASE, ttl: 2 }, "leaseGrant");
  cluster.result(leader, putRequest({ key: utf8("k"), lease: LEASE }), "put");

  const livedMs = cluster.goneAtMs(5_000) - grantedAtMs;

  assert(livedMs >= 2_000 && livedMs < 2_200, `${livedMs} ms`);
  assert.equal(cluster.result(leader, rangeRequest({ key: utf8("k") }), "range").count, 0);
  const ttl = cluster.result(leader, { kind: "leaseTimeToLive", id: LEASE, keys: true }, "leaseTimeToLive");
  assert.deepEqual([ttl.ttl, ttl.grantedTtl, ttl.keys], [-1, 0, []]);
});

Deno.test("followers pass questions about leases to the leader, whatever the network loses", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const cluster = new Cluster(5, seed);
    const [follower, other] = cluster.followers as [MemberId, MemberId];
    cluster.result(follower, { kind: "leaseGrant", id: LEASE, ttl: 3 }, "leaseGrant");
    cluster.result(other, putRequest({ key: utf8("b"), lease: LEASE }), "put");
    cluster.result(other, putRequest({ key: utf8("a"), lease: LEASE }), "put");
    const grantedAtMs = cluster.sim.nowMs;
    cluster.sim.network.setBase({ ...LINK, lossPerMille: 100 });

    for (let i = 0; i < 8; i++) {
      cluster.sim.runFor(1_000);
      const kept = cluster.result(follower, { kind: "leaseKeepAlive", id: LEASE }, "leaseKeepAlive");
      assert.equal(kept.ttl, 3);
      const left = cluster.result(
        other,
        { kind: "leaseTimeToLive", id: LEASE, keys: true },
        "leaseTimeToLive",
      );
      assert.deepEqual([left.grantedTtl, left.keys.map((key) => key[0])], [3, [0x61, 0x62]]);
      assert(left.ttl >= 1 && left.ttl <= 2, `${left.ttl} s`);
    }
    cluster.sim.network.setBase(LINK);
    assert(cluster.goneAtMs(6_000) - grantedAtMs >= 8_000 + 3_000 - 100);
    assert.equal(cluster.result(follower, { kind: "leaseKeepAlive", id: LEASE }, "leaseKeepAlive").ttl, 0);
    assert.equal(cluster.ask(follower, { kind: "leaseRevoke", id: LEASE }), ETCD_ERRORS.leaseNotFound);
  }
});

Deno.test("a new leader gives a lease its whole time again, and no more than an election on top", () => {
  for (let seed = 1; seed <= 10; seed++) {
    const cluster = new Cluster(3, seed);
    const first = cluster.sim.leader()!;
    cluster.result(first, { kind: "leaseGrant", id: LEASE, ttl: 2 }, "leaseGrant");
    cluster.sim.runFor(1_900);
    cluster.sim.act({ kind: "crash", member: first });
    assert(cluster.sim.runUntil((sim) => sim.leader() !== null, 20_000));
    const electedAtMs = cluster.sim.nowMs;
    cluster.sim.act({ kind: "restart", member: first });

    const livedOnMs = cluster.goneAtMs(20_000) - electedAtMs;

    assert(livedOnMs >= 2_000 + ELECTION_MS, `ended ${livedOnMs} ms after the election`);
    assert(livedOnMs <= 2_000 + 2 * ELECTION_MS, `lived on for ${livedOnMs} ms`);
  }
});

Deno.test("a deposed leader that does not know it promises nobody anything", () => {
  const cluster = new Cluster(3);
  const old = cluster.sim.leader()!;
  cluster.result(old, { kind: "leaseGrant", id: LEASE, ttl: 2 }, "leaseGrant");
  const others = cluster.sim.ids.filter((id) => id !== old);
  cluster.sim.act({ kind: "partition", groups: [[old], others] });

  const response = cluster.ask(old, { kind: "leaseKeepAlive", id: LEASE });

  assert(isEtcdError(response), "answered without a quorum");
});

Deno.test("leases survive the restart of a whole cluster", () => {
  const cluster = new Cluster(3);
  cluster.result(cluster.sim.leader()!, { kind: "leaseGrant", id: LEASE, ttl: 60 }, "leaseGrant");
  for (const member of cluster.sim.ids) cluster.sim.act({ kind: "crash", member });
  for (const member of cluster.sim.ids) cluster.sim.act({ kind: "restart", member });
  const leader = cluster.settle();

  for (const id of cluster.sim.ids) {
    assert.deepEqual(cluster.result(id, { kind: "leaseLeases" }, "leaseLeases").ids, [LEASE]);
  }
  const { ttl } = cluster.result(
    leader,
    { kind: "leaseTimeToLive", id: LEASE, keys: false },
    "leaseTimeToLive",
  );
  assert(ttl >= 58 && ttl <= 60, `${ttl}`);
});

Deno.test("a member is promoted through a follower, once it has caught up", () => {
  const cluster = new Cluster(3);
  const leader = cluster.sim.leader()!;
  const [follower] = cluster.followers as [MemberId];
  const peerUrls = ["http://127.0.0.1:42380"];
  const add: ClientRequest = { kind: "memberAdd", peerUrls, isLearner: true, unixSeconds: 1 };
  const { changed, members } = cluster.result(leader, add, "members");
  const learner = changed!.id;
  assert.deepEqual(
    cluster.ask(follower, { kind: "memberPromote", member: learner }),
    ETCD_ERRORS.learnerNotReady,
  );
  cluster.sim.join({ ...changed!, name: "infra4" }, members);
  cluster.sim.runFor(1_000);

  const promoted = cluster.result(follower, { kind: "memberPromote", member: learner }, "members");

  assert.equal(promoted.members.find(({ id }) => id === learner)?.isLearner, false);
  assert.deepEqual(
    cluster.ask(follower, { kind: "memberPromote", member: learner }),
    ETCD_ERRORS.memberNotLearner,
  );
});

Deno.test("what is granted: a chosen id or one of etcd's kind, never less than an election's time", () => {
  const hands = HandsOnMember.alone();
  const grant = (id: string, ttl: number) => hands.ask({ kind: "leaseGrant", id, ttl });

  const chosen = hands.result({ kind: "leaseGrant", id: "", ttl: -5 }, "leaseGrant");
  assert.match(chosen.id, /^[0-7][0-9a-f]{15}$/);
  assert.equal(chosen.ttl, 2);
  assert.equal(grant(LEASE, 10).kind, "ok");
  assert.equal(grant(LEASE, 10), ETCD_ERRORS.leaseExists);
  assert.equal(grant("00000000000000ab", 9_000_000_001), ETCD_ERRORS.leaseTtlTooLarge);
  assert.equal(
    hands.ask(putRequest({ key: utf8("k"), lease: "00000000000000ff" })),
    ETCD_ERRORS.leaseNotFound,
  );
  const ids = hands.result({ kind: "leaseLeases" }, "leaseLeases").ids;
  assert.deepEqual(ids, [chosen.id, LEASE], "those that end first come first");
});

Deno.test("no more than a thousand leases end in a second", () => {
  const hands = HandsOnMember.alone();
  for (let i = 1; i <= 250; i++) {
    hands.ask({ kind: "leaseGrant", id: i.toString(16).padStart(16, "0"), ttl: 2 });
  }
  const leaseCount = () => hands.member.machine.kv.leases().length;

  hands.tick(20);
  assert.equal(leaseCount(), 250);
  const counts = [1, 2, 3, 4].map(() => (hands.tick(), leaseCount()));

  assert.deepEqual(counts, [150, 50, 0, 0]);
});

Deno.test("a revocation that was lost on the way is proposed again", () => {
  const hands = new HandsOnMember(optionsOf(1));
  hands.ask({ kind: "campaign" });
  hands.tick(2);
  hands.ask({ kind: "leaseGrant", id: LEASE, ttl: 2 });
  hands.tick(20);
  hands.holdsWrites = true;
  hands.tick();
  // Its time is over although the log does not know yet: nobody may revive it.
  hands.swapForCopy();
  const asked = hands.send({ kind: "leaseKeepAlive", id: LEASE });
  hands.holdsWrites = false;
  hands.finishWrite();

  const [answer] = hands.saidTo(asked);
  assert(answer?.response.kind === "ok" && answer.response.result.kind === "leaseKeepAlive");
  assert.equal(answer.response.result.ttl, 0);
  assert.equal(hands.member.machine.kv.lease(LEASE), null);
});
