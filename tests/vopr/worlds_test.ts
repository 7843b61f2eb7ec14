// The sound core in small worlds, all of them. The counts are kept, so that a walk that sees less than it did is noticed.

import assert from "node:assert/strict";
import { BARE_BOUNDS, explore } from "../../core/check/worlds/mod.ts";
import { Atlas } from "../../core/check/worlds/atlas.ts";
import { after, canonical, firstWorld, movesOf, type World } from "../../core/check/worlds/world.ts";
import { SMALL_WORLDS } from "./worlds.ts";

for (const [name, { bounds, worlds }] of Object.entries(SMALL_WORLDS)) {
  Deno.test(`in every small world the paper's promises hold: ${name}`, () => {
    const report = explore(bounds);

    assert.equal(report.finding, null);
    assert(report.complete);
    assert.equal(report.worlds, worlds);
  });
}

Deno.test("fingerprints tell worlds apart, and the core treats members alike whatever they are called", () => {
  const bounds = { ...BARE_BOUNDS, termMax: 1 };
  const atlas = new Atlas(bounds);
  const named = new Map<string, World>();
  const meet = (world: World) => {
    const text = JSON.stringify(world);
    if (!named.has(text)) named.set(text, world);
  };

  meet(firstWorld(atlas));
  for (const world of named.values()) {
    for (const move of movesOf(atlas, world)) {
      const successor = after(atlas, world, move, () => true);
      if (successor.kind === "world") meet(successor.world);
    }
  }
  const unnamed = new Set(
    [...named.values()].map((world) => JSON.stringify(canonical(atlas, world, true).world)),
  );

  assert.equal(explore(bounds, { symmetry: false }).worlds, named.size);
  assert.equal(explore(bounds).worlds, unnamed.size);
  assert(unnamed.size * 5 < named.size, `${unnamed.size} of ${named.size} worlds`);
});

Deno.test("a walk that is cut short says so and keeps what it has", () => {
  const cut = explore(BARE_BOUNDS, { worldsMax: 1_000 });
  const shallow = explore(BARE_BOUNDS, { onDepth: ({ depth }) => depth < 3 });

  assert.deepEqual([cut.complete, cut.finding, cut.worlds >= 1_000], [false, null, true]);
  assert.deepEqual([shallow.complete, shallow.depth], [false, 3]);
});
