import assert from "node:assert/strict";
import { playSeeds } from "./seeds.ts";

Deno.test("every second of the seeds, from 2: every fault there is, then calm, and every rule holds", () => {
  assert.deepEqual(playSeeds(2, 2), { failures: [], undone: [] });
});
