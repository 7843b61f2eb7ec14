// Every decoder against inputs that once broke one, and against spoiled ones. `deno task fuzz` draws others, for longer.

import assert from "node:assert/strict";
import { Prng } from "../../core/base/prng.ts";
import { corpusFolders, corpusOf } from "./corpus.ts";
import { fuzz, tryInput } from "./fuzz.ts";
import { mutateBytes } from "./mutate_bytes.ts";
import type { Target } from "./target.ts";
import { allTargets } from "./targets/mod.ts";
import { watched } from "./watch.ts";

const FRESH_COUNT = 400;
const SEED = 2353835758;
const TARGETS = await allTargets();

for (const target of TARGETS) {
  Deno.test(`${target.name}: honest inputs are valid, kept ones break nothing`, async () => {
    for (const seed of target.seeds()) assert.equal(await tryInput(target, seed), true, "a seed is refused");
    for (const { name, bytes } of corpusOf(target.name)) {
      const outcome = await tryInput(target, bytes);
      assert.ok(typeof outcome === "boolean", `${name}: ${JSON.stringify(outcome)}`);
    }
  });

  Deno.test(`${target.name}: ${FRESH_COUNT} spoiled inputs break nothing`, async () => {
    // The same inputs each time: a test tells of the code, not of the day. The task draws fresh ones.
    const seed = SEED;

    const tally = await watched({ target: target.name, seed, countMax: FRESH_COUNT, msMax: Infinity });

    const says = tally.findings.map(({ why, input }) => `${why}\ninput: ${input.toHex()}`).join("\n\n");
    assert.equal(tally.findings.length, 0, `deno task fuzz --seed ${seed} --target ${target.name}\n${says}`);
    assert.equal(tally.inputCount, FRESH_COUNT);
  });
}

Deno.test("every folder of the corpus belongs to a target", () => {
  const names = new Set(TARGETS.map(({ name }) => name));
  assert.deepEqual(corpusFolders().filter((folder) => !names.has(folder)), []);
});

/** A decoder that trusts the length it is told. */
const trusting = (run: Target["run"]): Target => ({
  name: "trusting",
  seeds: () => [Uint8Array.of(0, 0, 0, 2, 7, 7)],
  mutators: [mutateBytes],
  run,
});

Deno.test("a crash and a waste of memory are noticed, and one seed finds one thing", async () => {
  const crashing = trusting((bytes) => {
    const length = new DataView(bytes.buffer).getUint32(0);
    return bytes.subarray(4)[length - 1]! >= 0;
  });
  const greedy = trusting((bytes) => new Uint8Array(bytes.length < 4 ? 1 : 64 * 1024 * 1024).length > 0);
  const options = { seed: 5, corpus: [], goesOn: (count: number) => count < 200 };

  const [first, second] = [await fuzz(crashing, options), await fuzz(crashing, options)];
  const spent = await fuzz(greedy, options);

  assert.ok(first.findings.length > 0);
  assert.deepEqual(
    first.findings.map(({ input }) => input),
    second.findings.map(({ input }) => input),
  );
  assert.match(spent.findings[0]!.why, /bytes of input cost \d+ bytes of memory/);
});

Deno.test("a spoiled input is another input, and the one it came from stays as it was", () => {
  const prng = new Prng(1);
  const original = Uint8Array.from({ length: 40 }, (_, i) => i);
  const copy = original.slice();

  const spoiled = Array.from({ length: 200 }, () => mutateBytes(prng, original, [original]));

  assert.deepEqual(original, copy);
  assert.ok(spoiled.filter((bytes) => String(bytes) !== String(copy)).length > 150);
});
