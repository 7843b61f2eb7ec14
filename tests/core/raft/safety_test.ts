// Many small clusters under loss, reordering, duplication, slow and torn disks, crashes, compaction and changes of the
// configuration, checked after every step against the paper's figure 3; then everything heals and must converge.

import assert from "node:assert/strict";
import { memberIdOf } from "../../../core/base/ids.ts";
import { Prng } from "../../../core/base/prng.ts";
import { utf8 } from "../../../core/base/bytes.ts";
import { RaftNode } from "../../../core/raft/mod.ts";
import { changeOf, TestCluster } from "./cluster.ts";

const STEPS = 3000;
/** How many schedules are tried. */
const SEEDS = 100;

interface Totals {
  leaders: number;
  committed: number;
  crashes: number;
  snapshots: number;
  changes: number;
}

class Trial {
  readonly prng: Prng;
  readonly cluster: TestCluster;
  readonly totals: Totals = { leaders: 0, committed: 0, crashes: 0, snapshots: 0, changes: 0 };
  readonly #leaderOf = new Map<number, string>();
  /** What was committed at each index, by the first member that applied it. */
  readonly #chosen = new Map<number, string>();
  readonly #lastTerm: number[];
  readonly #lastVote: (string | null)[];
  #proposals = 0;

  constructor(seed: number) {
    this.prng = new Prng(seed);
    const flag = () => this.prng.chance(500);
    const checkQuorum = flag();
    this.cluster = new TestCluster({
      size: 5,
      voters: [1, 2, 3],
      seed,
      options: {
        preVote: flag(),
        checkQuorum,
        readOnly: "safe",
        stepDownOnRemoval: flag(),
        inflightMessagesMax: this.prng.between(1, 4),
        messageBytesMax: this.prng.pick([0, 40, Infinity]),
        committedBytesMax: this.prng.pick([30, Infinity]),
      },
    });
    this.#lastTerm = this.cluster.nodes.map(() => 0);
    this.#lastVote = this.cluster.nodes.map(() => null);
    for (const node of this.cluster.nodes) {
      node.onApply = ({ index, term, data }) => {
        const entry = `${term}:${data.join()}`;
        const chosen = this.#chosen.get(index);
        assert(
          chosen === undefined || chosen === entry,
          `${index} was ${chosen} and is ${entry} on ${node.id}`,
        );
        this.#chosen.set(index, entry);
        this.totals.committed = this.#chosen.size;
      };
    }
  }

  run(): void {
    for (let step = 0; step < STEPS; step++) {
      this.#disturb();
      this.cluster.work();
      this.#check();
    }
    this.#heal();
  }

  #disturb(): void {
    const { prng, cluster } = this;
    const node = prng.pick(cluster.nodes);
    const dice = prng.below(1000);
    if (dice < 600) return this.#moveMessage();
    if (dice < 800) {
      if (node.isUp) node.raft.tick();
    } else if (dice < 880) {
      if (node.isUp) node.raft.propose([utf8(`p${this.#proposals++}`)]);
    } else if (dice < 930) {
      if (node.isUp && node.writing !== null) cluster.bag.push(...node.completeWrite());
    } else if (dice < 940) {
      node.slowDisk = prng.chance(500);
    } else if (dice < 955) {
      if (node.isUp) {
        node.crash(prng.chance(500) ? "nothing" : prng.below(3));
        this.totals.crashes += 1;
      }
    } else if (dice < 967) {
      if (!node.isUp) node.restart();
    } else if (dice < 985) {
      if (node.isUp) node.compact();
    } else if (dice < 990) {
      if (node.isUp) node.raft.transferLeadership(prng.pick(cluster.nodes).id);
    } else if (node.isUp) {
      const change = prng.pick(["v4", "v5", "r4", "r5", "l4", "v4 v5", "r4 l5", "l1 v4", "v1", "r1 v5"]);
      node.raft.proposeConfChange(changeOf(change), false);
    }
  }

  /** Delivers, loses or doubles a message from anywhere in the bag. */
  #moveMessage(): void {
    const { prng, cluster } = this;
    if (cluster.bag.length === 0) return;
    const [message] = cluster.bag.splice(prng.below(Math.min(cluster.bag.length, 8)), 1);
    if (prng.chance(60)) {
      if (message!.kind === "snapshot") cluster.reportSnapshot(message!, false);
      return;
    }
    if (prng.chance(40)) cluster.bag.push(message!);
    cluster.deliver(message!);
    if (message!.kind === "snapshot") this.totals.snapshots += 1;
  }

  #check(): void {
    this.cluster.nodes.forEach((node, i) => {
      if (!node.isUp) return;
      const status = node.raft.status();
      if (status.role === "leader") {
        const known = this.#leaderOf.get(status.term);
        assert(known === undefined || known === node.id, `term ${status.term} has two leaders`);
        if (known === undefined) {
          this.#leaderOf.set(status.term, node.id);
          this.totals.leaders += 1;
          this.#checkComplete(node.raft);
        }
      }
      // On disk, neither the term nor a vote within it is ever taken back.
      const { term, vote } = node.disk.hardState;
      assert(term >= this.#lastTerm[i]!, `the term of ${node.id} fell`);
      if (term === this.#lastTerm[i] && this.#lastVote[i] !== null) assert.equal(vote, this.#lastVote[i]);
      this.#lastTerm[i] = term;
      this.#lastVote[i] = vote;
      assert(status.applied <= status.commit && status.commit <= status.lastIndex);
      assert(status.durable <= status.lastIndex);
      this.totals.changes = Math.max(this.totals.changes, status.config.voters.length);
    });
  }

  /** Leader completeness: whoever is elected holds all that was chosen. */
  #checkComplete(raft: RaftNode): void {
    for (const [index, chosen] of this.#chosen) {
      if (index < raft.firstIndex) continue;
      assert.equal(String(raft.termAt(index)), chosen.split(":")[0], `a leader lacks ${index}`);
    }
  }

  #heal(): void {
    const { cluster } = this;
    for (const node of cluster.nodes) {
      node.slowDisk = false;
      if (node.writing !== null) cluster.bag.push(...node.completeWrite());
      if (!node.isUp) node.restart();
    }
    const before = this.#chosen.size;
    let leader: RaftNode | undefined;
    for (let round = 0; round < 300; round++) {
      for (const node of cluster.nodes) node.raft.tick();
      cluster.settle();
      this.#check();
      leader = cluster.nodes.map(({ raft }) => raft).find(({ role, config }) =>
        role === "leader" && config.votersOutgoing.length === 0
      );
      if (leader && round > 100 && leader.propose([utf8("healed")]).kind === "accepted") {
        cluster.settle();
        if (this.#chosen.size > before) break;
      }
    }
    assert(leader, "no leader after healing");
    for (const id of leader.config.voters) {
      const node = cluster.nodes.find((each) => each.id === id)!;
      cluster.settle();
      leader = cluster.nodes.find(({ raft }) => raft.role === "leader")!.raft;
      assert.equal(node.appliedIndex, leader.status().applied, `${id} did not catch up`);
      const reference = cluster.nodes.find(({ raft }) => raft === leader)!;
      assert.deepEqual(node.applied, reference.applied);
    }
  }
}

Deno.test("no schedule of losses, crashes and changes breaks Raft's safety, and a healed cluster converges", () => {
  const sums: Totals = { leaders: 0, committed: 0, crashes: 0, snapshots: 0, changes: 0 };
  for (let seed = 1; seed <= SEEDS; seed++) {
    const trial = new Trial(seed);
    try {
      trial.run();
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
    for (const key of Object.keys(sums) as (keyof Totals)[]) sums[key] += trial.totals[key];
  }

  // The schedules are only worth something if all of this happened in them.
  for (const [what, count] of Object.entries(sums)) assert(count > SEEDS / 2, `only ${count} ${what}`);
});

Deno.test("a node restored from a keyframe goes on exactly as the one it was taken from", () => {
  const cluster = new TestCluster({ size: 3, seed: 5, options: { preVote: true, checkQuorum: true } });
  const leader = cluster.elect(1);
  leader.propose([utf8("a")]);
  cluster.work();
  leader.requestRead(utf8("r"));
  const node = cluster.node(1);
  const state = node.options.prng.state();
  const twin = RaftNode.restore({ ...node.options, prng: new Prng(state) }, leader.capture(), node.host);

  const heard = cluster.bag.filter(({ to }) => to === memberIdOf(1));
  const play = (raft: RaftNode) => {
    const story: unknown[] = [raft.status()];
    for (const message of heard) raft.step(message);
    for (let i = 0; i < 40; i++) {
      raft.tick();
      if (i === 3) raft.propose([utf8("b"), utf8("c")]);
      if (raft.hasReady()) {
        const ready = raft.takeReady();
        story.push(ready);
        if (ready.receipt) raft.written(ready.receipt);
        if (ready.committed.length > 0) raft.applied(ready.committed.at(-1)!.index);
      }
      story.push(raft.status());
    }
    return story;
  };

  assert.deepEqual(play(twin), play(leader));
});
