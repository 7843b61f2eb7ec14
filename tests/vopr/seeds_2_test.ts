import assert from "node:assert/strict";
import { failuresAmong } from "./seeds.ts";

Deno.test("every second of 300 seeds, from 2: faults, then calm, and every rule holds", () => {
  assert.deepEqual(failuresAmong(2, 2), []);
});
