import assert from "node:assert/strict";
import { playSeeds } from "./seeds.ts";

Deno.test("every second of the seeds, from 1: every fault there is, then calm, and every rule holds", () => {
  assert.deepEqual(playSeeds(1, 2), { failures: [], undone: [] });
});
