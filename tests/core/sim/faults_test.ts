import assert from "node:assert/strict";
import { drawHuntPlan, runHunt } from "../../../core/check/hunt.ts";
import { Prng } from "../../../core/base/prng.ts";
import { initialMembers } from "../../../core/sim/cluster_plan.ts";
import { ClusterSim } from "../../../core/sim/cluster_sim.ts";
import { drawWall } from "../../../core/sim/walls.ts";

const CALM = {
  ...drawHuntPlan(3).cluster,
  seed: 3,
  size: 3,
  link: { delayMsMin: 1, delayMsMax: 5, lossPerMille: 0, duplicatePerMille: 0 },
};

function ledCluster(): ClusterSim {
  const sim = new ClusterSim(CALM);
  assert(sim.runUntil(() => sim.leader() !== null, 5_000));
  return sim;
}

Deno.test("the actions of a run, told again from a list, give the same trace as the dice gave", () => {
  for (const seed of [2, 5, 11]) {
    const drawn = runHunt(seed);
    const told = runHunt(seed, drawHuntPlan(seed), { script: drawn.actions });

    assert.equal(told.traceHash, drawn.traceHash, `seed ${seed}`);
    assert.deepEqual(told.actions, drawn.actions);
  }
});

Deno.test("a full disk stops its member at the next write; with room again it comes back and loses nothing", () => {
  const sim = ledCluster();
  const leader = sim.leader()!;
  const committed = sim.member(leader).member!.commit;

  sim.act({ kind: "fillDisk", member: leader });
  sim.act({ kind: "elect", member: sim.ids.find((id) => id !== leader)! });
  sim.runFor(2_000);
  const { state, why } = sim.member(leader);
  const nothing = sim.act({ kind: "restart", member: leader });
  sim.runFor(1_000);
  const stillFull = sim.member(leader).state;
  sim.act({ kind: "freeDisk", member: leader });
  sim.act({ kind: "restart", member: leader });
  sim.runFor(2_000);

  assert.equal(state, "stopped");
  assert.match(why!, /no space left/);
  assert.equal(nothing, null);
  assert.equal(stillFull, "stopped");
  assert.equal(sim.member(leader).state, "running");
  assert(sim.member(leader).member!.commit >= committed);
});

Deno.test("rot in what was durable is noticed at the next start, and the member is not let in", () => {
  let refusedCount = 0;
  for (let draw = 1; draw <= 20; draw++) {
    const sim = ledCluster();
    const member = sim.ids[0]!;
    sim.act({ kind: "corruptDisk", member, how: draw % 2 === 0 ? "rot" : "misdirect", draw });
    sim.act({ kind: "crash", member });
    sim.act({ kind: "restart", member });
    if (sim.member(member).state === "refused") refusedCount += 1;
    assert(sim.member(member).damaged);
  }

  // A stretch overwritten by its own bytes has not changed.
  assert(refusedCount >= 18, `${refusedCount} of 20`);
});

Deno.test("a ring leaves each member its two neighbours, a bridge leaves one member both sides", () => {
  const ids = initialMembers(5).map(({ id }) => id).sort();
  const heardBy = (shape: "ring" | "bridge") => {
    const cuts = new Set(
      drawWall(shape, ids, null, new Prng(1)).map((action) =>
        action.kind === "cut" ? `${action.from}${action.to}` : ""
      ),
    );
    return ids.map((to) => ids.filter((from) => from !== to && !cuts.has(`${from}${to}`)).length);
  };

  assert.deepEqual(heardBy("ring"), [2, 2, 2, 2, 2]);
  assert.deepEqual(heardBy("bridge").sort(), [2, 2, 2, 2, 4]);
});
