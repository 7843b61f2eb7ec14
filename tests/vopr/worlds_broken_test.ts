// The small worlds, held to their word: what goes wrong without a rule, they find, in as few moves as can be.

import assert from "node:assert/strict";
import { explore } from "../../core/check/worlds/mod.ts";
import { BROKEN_WORLDS, NOTICED } from "./worlds.ts";

for (const [key, { bounds, invariant }] of BROKEN_WORLDS) {
  Deno.test(`small worlds miss "${key}"`, () => {
    const { finding } = explore(bounds, { watched: NOTICED });

    assert.equal(finding?.invariant, invariant);
  });
}

Deno.test("a promise that was not on disk is noticed as it is given", () => {
  for (const key of ["voteOnDiskFirst", "onDiskBeforeAcknowledged"] as const) {
    const { finding } = explore(BROKEN_WORLDS.get(key)!.bounds, {
      watched: new Set(["durableBeforeAnswer"]),
    });

    assert.equal(finding?.invariant, "durableBeforeAnswer");
  }
});

Deno.test("the shortest way to two leaders of a term is told move by move, in names that stay", () => {
  const { finding } = explore(BROKEN_WORLDS.get("oneVotePerTerm")!.bounds);

  assert.deepEqual(finding?.story, [
    "A campaigns",
    "B campaigns",
    "C receives from A: vote in term 1, log ends at 0/0",
    "A receives from B: vote in term 1, log ends at 0/0",
    "A receives from C: voteReply of term 1",
    "B receives from A: voteReply of term 1",
  ]);
});
